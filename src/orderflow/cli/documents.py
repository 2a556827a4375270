"""The commands that print labels, packing slips and pick lists."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from orderflow.cli.session import (
    DB,
    App,
    AsJson,
    Db,
    OrderId,
    app,
    fail,
    load,
    open_engine,
    out,
    print_json,
)
from orderflow.engine import Engine
from orderflow.errors import NotFound
from orderflow.model.document import Address
from orderflow.model.ledger import Bucket
from orderflow.model.order import Order
from orderflow.stores import FileDocuments, SqlNumbers

if TYPE_CHECKING:
    from orderflow.documents import Printer

__all__ = ["DOCUMENTS", "Documents", "printer_for"]

Documents = Annotated[
    Path,
    typer.Option("--documents", envvar="ORDERFLOW_DOCUMENTS", metavar="DIR", help="Their folder."),
]
Parcel = Annotated[str, typer.Option(help="Only this parcel's.")]
DOCUMENTS = Path("documents")
_SENDER = Address(
    name="orderflow demo shop",
    lines=("1 Quay Street",),
    city="Bristol",
    postal_code="BS1 4DJ",
    country="GB",
)
_PREFIX = "9521234"
"""A GS1 prefix reserved for examples."""


def printer_for(folder: Path, db: str) -> Printer:
    """The standard shop's printer: files in a folder, SSCCs counted in the database."""
    try:
        from orderflow.documents import Printer, Style  # noqa: PLC0415 (an extra)
    except ImportError as error:
        fail(str(error))
    numbers = SqlNumbers(db)
    return Printer(FileDocuments(folder), Style(_SENDER), numbers=numbers, gs1_prefix=_PREFIX)


def _open(context: typer.Context, db: str, app_name: str, folder: Path) -> tuple[Engine, Printer]:
    """The engine, and the application's printer or the standard shop's."""
    engine = open_engine(context, db, app_name)
    theirs = engine.worker.performers.own.get("document")
    printer = printer_for(folder, db)
    return engine, theirs if isinstance(theirs, type(printer)) else printer


def _again(kind: str) -> Callable[..., None]:
    """The command that prints a kind of document of an order's parcels."""

    def command(
        context: typer.Context,
        order: OrderId,
        parcel: Parcel = "",
        documents: Documents = DOCUMENTS,
        db: Db = DB,
        app_name: App = "",
        as_json: AsJson = False,
    ) -> None:
        engine, printer = _open(context, db, app_name, documents)
        found = load(engine, order)
        _print(printer, found, kind, _parcels(found, parcel), documents, as_json)

    return command


app.command("label", help="Print the labels of an order's parcels again.")(_again("label"))
app.command("slip", help="Print the packing slips of an order's parcels again.")(
    _again("packing-slip")
)


@app.command()
def picklist(
    context: typer.Context,
    order: Annotated[str, typer.Argument(metavar="[ORDER]", help="Of this order.")] = "",
    by: Annotated[str, typer.Option(help="One list for the walk of this person.")] = "",
    documents: Documents = DOCUMENTS,
    db: Db = DB,
    app_name: App = "",
    as_json: AsJson = False,
) -> None:
    """Print what is to be picked: of one order, or for one person's walk through many."""
    if bool(order) == bool(by):
        fail("name an order, or a person with --by")
    engine, printer = _open(context, db, app_name, documents)
    if by:
        _print_pick_tour(engine, printer, by, documents, as_json)
        return
    found = load(engine, order)
    filed = printer.store.filed(found.id)
    picked = [
        fo
        for fo in found.fulfillment_orders
        if f"{fo}-pick-list" in filed or found.ledger.total(Bucket.ALLOCATED, fo=fo)
    ]
    _print(printer, found, "pick-list", picked, documents, as_json)


def _print_pick_tour(
    engine: Engine, printer: Printer, by: str, folder: Path, as_json: bool
) -> None:
    """Print a pick tour's list; it covers several orders, so it is filed with none."""
    from orderflow.documents import pick_list, pick_list_of  # noqa: PLC0415 (an extra)

    walk = engine.plan_pick_tour(by=by)
    work = [(engine.order(each.order), each.fo, each.units) for each in walk.picks]
    day, style = engine.clock.now().date(), printer.style
    number = f"{by}-{day:%Y%m%d}"
    facts = pick_list_of(number, day, work, printer.bins, style.language)
    if not facts.lines:
        fail(f"there is nothing to pick for {by}", 1)
    files = FileDocuments(folder)
    files.file("walks", number, pick_list(facts, style))
    _say([files.path("walks", number)], as_json)


def _parcels(order: Order, only: str) -> list[str]:
    """The parcels that we packed: a partner's parcels have its own documents."""
    if only:
        return [only]
    fos, views = order.fulfillment_orders, order.state.parcels.values()
    return [view.id for view in views if not fos[view.fo].notices]


def _print(
    printer: Printer, order: Order, kind: str, subjects: list[str], folder: Path, as_json: bool
) -> None:
    files, written = FileDocuments(folder), []
    if not subjects:
        fail(f"{order.id} is {order.status}: it has no {kind}", 1)
    try:
        for subject in subjects:
            content = printer.document(order, kind, subject)
            files.file(order.id, f"{subject}-{kind}", content)
            written.append(files.path(order.id, f"{subject}-{kind}"))
    except NotFound as error:
        fail(str(error))
    _say(written, as_json)


def _say(written: list[Path], as_json: bool) -> None:
    if as_json:
        print_json([str(path) for path in written])
        return
    for path in written:
        out.print(Text(str(path)), soft_wrap=True)
