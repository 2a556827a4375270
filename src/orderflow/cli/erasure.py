"""The commands about erasing people, and about data that laws keep of them."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Annotated, Any

import typer

from orderflow.cli.desk import By
from orderflow.cli.documents import DOCUMENTS, Documents
from orderflow.cli.json_values import plain
from orderflow.cli.session import DB, GIVE, App, AsJson, Db, OrderId, answer, app, fail, open_engine
from orderflow.cli.visit import Visitor
from orderflow.ports import Restricted
from orderflow.stores import FileDocuments

__all__: list[str] = []


@app.command("forget", hidden=True)  # its old name
@app.command()
def erase(
    context: typer.Context,
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's id.")] = "",
    order: Annotated[str, typer.Option(help="Of one order instead, such as a guest's.")] = "",
    documents: Documents = DOCUMENTS,
    db: Db = DB,
    app_name: App = "",
    as_json: AsJson = False,
) -> None:
    """Erase a person everywhere; what is open, or kept by law, is erased when that is over."""
    if bool(customer) == bool(order):
        fail("give a customer's id, or the order of one: --order A-1")
    engine = open_engine(context, db, app_name, FileDocuments(documents))
    if isinstance(engine, Visitor) and engine.lacks:
        fail(f"what laws keep is not known here ({engine.lacks}): {GIVE}")
    found = engine.erase_order(order) if order else engine.erase(customer)
    told = [f"{len(found.erased)} orders are erased"]
    told += [
        f"{waits} waits: something is still open; see orderflow explain {waits}"
        for waits in found.waiting
    ]
    told += [
        f"{each.order}: {each.kind} is kept until {each.until:%Y-%m-%d %H:%M} UTC ({each.because})"
        for each in found.kept
    ]
    value = {name: plain(getattr(found, name)) for name in ("erased", "waiting", "kept")}
    answer(as_json, value, *told)


@app.command()
def restricted(
    context: typer.Context,
    order: OrderId,
    by: By,
    db: Db = DB,
    app_name: App = "",
    as_json: AsJson = False,
) -> None:
    """Show an auditor what laws keep of an order whose person was forgotten."""
    found = open_engine(context, db, app_name).restricted(order, by=by)
    value = [_told(each) for each in found]
    told = [f"{json.dumps(each, indent=2, ensure_ascii=False)}" for each in value]
    answer(as_json, value, *(told or [f"nothing is kept of {order}"]))


def _told(each: Restricted) -> dict[str, Any]:
    """Retained data as JSON; documents in base64."""
    documents = {name: b64encode(content).decode() for name, content in each.documents.items()}
    told = plain(each.kept) | {"document": plain(each.document), "entries": plain(each.entries)}
    return {**told, "documents": documents}
