"""The commands."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel
from rich.console import RenderableType

from orderflow.cli import commands, erasure, maintenance  # noqa: F401 (their commands)
from orderflow.cli.desk import completing
from orderflow.cli.documents import printer_for
from orderflow.cli.follower import Follower
from orderflow.cli.json_values import plain
from orderflow.cli.run import Unreadable, place_and_work, read_orders
from orderflow.cli.session import (
    DB,
    App,
    AsJson,
    Db,
    OrderId,
    answer,
    app,
    err,
    fail,
    load,
    note_rules,
    open_engine,
    open_store,
    out,
    print_json,
)
from orderflow.cli.views import explanation_text, order_text, timeline_lines
from orderflow.engine import CommandCheck
from orderflow.kernel.decision.workflows import (
    DIGITAL,
    FULFILLMENT_ORDER,
    HANDOVER,
    IN_HOUSE,
    ORDER,
    PICKUP,
    REMOTE,
    RETURN,
)
from orderflow.model.commands import Command, ReceiveStock
from orderflow.model.document import NewOrder
from orderflow.model.observations import Observation
from orderflow.model.reading import read
from orderflow.runtimes.links import link
from orderflow.text import without_passwords
from orderflow.wording import LANGUAGES, Wording

__all__ = ["app"]


@app.command()
def run(  # noqa: PLR0913, PLR0917 (one for each option)
    context: typer.Context,
    orders: Annotated[Path, typer.Argument(metavar="ORDERS.jsonl", help="One order a line.")],
    db: Db = DB,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same run.")] = None,
    stock: Annotated[int, typer.Option(min=0, help="Opening stock of an unknown SKU.")] = 25,
    follow: Annotated[str, typer.Option(metavar="ORDER", help="Print its timeline live.")] = "",
    documents: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write each order's documents there.")
    ] = None,
    manual: Annotated[bool, typer.Option("--manual", help="People do every step.")] = False,
    as_json: AsJson = False,
) -> None:
    """Place a file of orders and work them to the end, in a simulated world."""
    if stock:
        read(ReceiveStock, {"sku": "any", "location": "main", "quantity": stock}, "--stock")
    try:
        found = read_orders(orders)
    except Unreadable as error:
        fail(str(error))
    follower = Follower(follow, out)
    report = place_and_work(
        found,
        open_store(context, db, create=True),
        seed,
        stock,
        follower,
        err,
        manual=manual,
        printer=printer_for(documents, db) if documents else None,
    )
    shown: list[RenderableType] = [report.table()]
    if documents:
        shown.append(f"documents are in {documents}")
    for task in report.tasks:
        shown.append(f"{task.role}: {task.instructions}\n  {completing(task, db)}")
    answer(as_json, report.as_dict(), *shown)
    if follow and not follower.seen:
        fail(f"--follow: there is no order {follow}; this run placed {', '.join(report.placed)}")
    raise typer.Exit(report.exit_code)


@app.command()
def show(
    context: typer.Context, order: OrderId, db: Db = DB, app_name: App = "", as_json: AsJson = False
) -> None:
    """Show an order and where its units stand."""
    found = load(open_engine(context, db, app_name), order)
    value = {
        "id": found.id,
        "status": found.status,
        "stage": found.stage,
        "overlays": sorted(found.overlays),
        "payment_status": found.payment_status,
        "return_status": found.return_status,
        "document": found.document.model_dump(mode="json"),
        "state": plain(found.state),
    }
    answer(as_json, value, order_text(found))


@app.command()
def explain(
    context: typer.Context,
    order: OrderId,
    db: Db = DB,
    app_name: App = "",
    temporal: Annotated[
        str,
        typer.Option(
            envvar="ORDERFLOW_TEMPORAL",
            metavar="URL",
            help="Link to drivers: http://localhost:8233/namespaces/default/workflows/orderflow",
        ),
    ] = "",
    by: Annotated[str, typer.Option(help="Offer what this person may do.")] = "",
    as_json: AsJson = False,
) -> None:
    """Explain what an order waits for, and which commands would be accepted now."""
    engine = open_engine(context, db, app_name)
    load(engine, order)
    found = engine.explain(order, by=by) if by else engine.explain(order)
    owners = [f"order:{order}", *(f"parcel:{parcel}" for parcel in found.order.state.parcels)]
    pages = without_passwords(temporal)
    drivers = [link(pages, owner) for owner in owners] if temporal else []
    value = {
        "id": order,
        "status": found.order.status,
        "waits": plain(found.pending),
        "offered": [_command(offer) for offer in found.allowed],
        "blocked": [
            {"command": _command(offer), "refusals": plain(offer.refusals)}
            for offer in found.blocked
        ],
        "silent": list(found.idle_parts),
        "faults": list(found.faults),
        "drivers": drivers,
    }
    note_rules(engine)
    answer(as_json, value, explanation_text(found))
    for driver in [] if as_json else drivers:
        out.print(f"  driver: {driver}", soft_wrap=True)  # a link stays whole


def _command(offer: CommandCheck) -> object:
    return offer.command.model_dump(mode="json")


@app.command()
def timeline(
    context: typer.Context,
    order: OrderId,
    db: Db = DB,
    app_name: App = "",
    language: Annotated[
        str, typer.Option(metavar="|".join(LANGUAGES), help="In which language.")
    ] = "en",
    as_json: AsJson = False,
) -> None:
    """Tell what happened to an order, oldest first."""
    if language not in LANGUAGES:
        raise typer.BadParameter(f"{language!r} is none of {', '.join(LANGUAGES)}")
    engine = open_engine(context, db, app_name)
    wording = Wording(LANGUAGES[language], load(engine, order).document.currency)
    entries = list(engine.journal(order))
    lines = chain.from_iterable(timeline_lines(entry, wording) for entry in entries)
    answer(as_json, plain(entries), *lines)


_WORKFLOWS = {
    flow.name: flow
    for flow in (ORDER, FULFILLMENT_ORDER, IN_HOUSE, REMOTE, PICKUP, HANDOVER, DIGITAL, RETURN)
}


@app.command()
def diagram(
    workflow: Annotated[str, typer.Argument(help="One of: " + ", ".join(_WORKFLOWS))] = "order",
    as_json: AsJson = False,
) -> None:
    """Draw a standard workflow as Mermaid text, or list its transitions with --json."""
    flow = _WORKFLOWS.get(workflow)
    if flow is None:
        fail(f"there is no workflow {workflow}; there are: {', '.join(_WORKFLOWS)}")
    if as_json:
        names = ("source", "trigger", "dest", "asks")
        rows = [dict(zip(names, row, strict=True)) for row in flow.table()]
        stamp = {"name": flow.name, "version": flow.version, "fingerprint": flow.fingerprint}
        print_json({**stamp, "transitions": rows})
    else:
        print(flow.mermaid())


_SCHEMAS: dict[str, type[BaseModel]] = {
    "order": NewOrder,
    "command": Command,
    "observation": Observation,
}


@app.command()
def schema(
    name: Annotated[str, typer.Argument(help="One of: " + ", ".join(_SCHEMAS))] = "order",
    as_json: AsJson = False,  # noqa: ARG001 (a schema is JSON either way; every command has the flag)
) -> None:
    """Print the JSON Schema of what others send."""
    model = _SCHEMAS.get(name)
    if model is None:
        fail(f"there is no schema {name}; there are: {', '.join(_SCHEMAS)}")
    print_json(model.model_json_schema())
