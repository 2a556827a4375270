"""The commands that look after a database: the doctor, and forgetting a person."""

from __future__ import annotations

from typing import Annotated

import typer

from orderflow.cli.opening import (
    DB,
    App,
    AsJson,
    Db,
    answer,
    app,
    open_engine,
    open_store,
    out,
)
from orderflow.cli.printing import DOCUMENTS, Documents
from orderflow.engine.doctor import examine, mend, mend_of
from orderflow.stores import FileDocuments

__all__: list[str] = []


@app.command()
def doctor(
    context: typer.Context,
    db: Db = DB,
    app_name: App = "",
    mends: Annotated[
        bool,
        typer.Option("--mend", help="Put back what orders wait for, and count stock again, first."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check a database against the promises; exit code 1 says that something is off."""
    engine = open_engine(context, db, app_name)
    if mends:
        mend(engine)
    findings = list(examine(engine))
    found = [
        {"promise": f.promise, "subject": f.subject, "what": f.what, "mend": mend_of(f)}
        for f in findings
    ]
    told = [
        f"{f.subject}: {f.what}{f' (promise {f.promise})' if f.promise else ''}\n"
        f"  mend: {mend_of(f)}"
        for f in findings
    ]
    answer(as_json, found, *(told or ["nothing is off"]))
    raise typer.Exit(1 if findings else 0)


@app.command()
def migrate_store(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="FROM", help="The database to copy.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="An empty database.")],
    app_name: App = "",
    as_json: AsJson = False,
) -> None:
    """Copy a database into another one, and have the doctor look at the copy."""
    from orderflow.stores.sql.copy import move  # noqa: PLC0415 (seldom needed)

    moved = move(open_store(context, source), open_store(context, target, create=True))
    if not as_json:
        out.print(f"{sum(moved.values())} rows of {len(moved)} tables are copied", highlight=False)
    doctor(context, target, app_name, as_json=as_json)


@app.command()
def forget(
    context: typer.Context,
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's id.")],
    documents: Documents = DOCUMENTS,
    db: Db = DB,
    app_name: App = "",
    as_json: AsJson = False,
) -> None:
    """Erase a person everywhere; what is still open is erased when it is over."""
    found = open_engine(context, db, app_name, FileDocuments(documents)).forget(customer)
    waiting = [
        f"{order} waits: something is still open; see orderflow explain {order}"
        for order in found.waiting
    ]
    value = {"erased": list(found.erased), "waiting": list(found.waiting)}
    answer(as_json, value, f"{len(found.erased)} orders are erased", *waiting)
