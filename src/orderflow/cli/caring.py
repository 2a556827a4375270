"""The commands that look after a database: the doctor, and moving it."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from orderflow.cli.opening import (
    DB,
    App,
    AsJson,
    Db,
    answer,
    app,
    err,
    open_engine,
    open_store,
    out,
)
from orderflow.cli.shop import standard_shop
from orderflow.engine.clock import SystemClock
from orderflow.engine.doctor import examine, mend, mend_of
from orderflow.engine.doctor.checks import Finding
from orderflow.simulation import VirtualClock

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
    if not app_name:
        now = max(engine.clock.now(), SystemClock().now())
        engine = standard_shop(engine.store, clock=VirtualClock(now))
    if mends and app_name:
        mend(engine)
    elif mends:
        engine.store.mend(engine.clock.now())
        err.print(Text(_NOT_MENDED), soft_wrap=True)
    findings = [found if app_name else _as_far_as_known(found) for found in examine(engine)]
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


_NOT_MENDED = (
    "stock is counted again; what orders wait for was left as it is, since only your own rules can "
    "tell: --app MODULE:FUNCTION (of a database of `orderflow run`: "
    "--app orderflow.cli.shop:standard_shop)"
)


def _as_far_as_known(finding: Finding) -> Finding:
    """A finding by the standard shop's rules, which need not be those of the orders."""
    if not finding.ruled:
        return finding
    what = f"not checked: by the standard shop's rules {finding.what}"
    return Finding(None, finding.subject, what)


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
