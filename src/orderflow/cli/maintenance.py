"""The commands that maintain a database: the doctor, and copying it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.progress import Progress

from orderflow.cli.session import (
    DB,
    App,
    AsJson,
    Db,
    answer,
    app,
    err,
    fail,
    open_engine,
    open_store,
    out,
)
from orderflow.cli.visit import Visitor, visit
from orderflow.engine import Engine
from orderflow.engine.clock import SystemClock
from orderflow.engine.doctor import examine, repair, repair_of
from orderflow.engine.doctor.checks import Finding

__all__: list[str] = []


@app.command()
def doctor(
    context: typer.Context,
    db: Db = DB,
    app_name: App = "",
    mends: Annotated[
        bool,
        typer.Option(
            "--repair",
            "--mend",
            help="Put back what orders wait for, and count stock again, first.",
        ),
    ] = False,
    since: Annotated[
        str,
        typer.Option(
            metavar="MOMENT|SPAN",
            help="Only orders changed since 2026-01-31, 2026-01-31T09:00Z, or in the last 36h, 7d.",
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Check a database against the promises; exit code 1 says that something is off."""
    if mends and not app_name:
        fail(_ONLY_ITS_OWN)
    changed = _moment(since) if since else None
    engine = _examiner(context, db, app_name)
    if mends:
        repair(engine)
    findings = _examined(engine, changed)
    found = [
        {"promise": f.promise, "subject": f.subject, "what": f.what, "repair": repair_of(f)}
        for f in findings
    ]
    told = [
        f"{f.subject}: {f.what}{f' (promise {f.promise})' if f.promise else ''}\n"
        f"  repair: {repair_of(f)}"
        for f in findings
    ]
    answer(as_json, found, *(told or ["nothing is off"]))
    raise typer.Exit(1 if findings else 0)


def _examined(engine: Engine, since: datetime | None) -> list[Finding]:
    """The doctor's findings; a terminal shows a progress bar."""
    with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
        bar = progress.add_task("looking at orders", total=None)

        def looked(done: int, of: int) -> None:
            progress.update(bar, completed=done, total=of)

        found = examine(engine, since=since, looked=looked)
        return [_as_far_as_known(engine, finding) for finding in found]


_ONLY_ITS_OWN = (
    "what orders wait for is put back by their own rules alone: give the application, --app "
    "MODULE:FUNCTION (of a database of `orderflow run`: --app orderflow.cli.shop:standard_shop)"
)


def _examiner(context: typer.Context, db: str, app_name: str) -> Engine:
    """The engine with the doctor's rules, whose clock is not in the past."""
    if app_name:
        return open_engine(context, db, app_name)
    return visit(open_store(context, db), clock=SystemClock())


_SPANS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _moment(since: str) -> datetime:
    """The moment of --since: a date, or a time span before now."""
    span = re.fullmatch(r"(\d{1,6})([mhdw])", since)
    try:
        if span:
            return SystemClock().now() - timedelta(**{_SPANS[span[2]]: int(span[1])})
        found = datetime.fromisoformat(since)
    except (ValueError, OverflowError):
        fail(f"--since takes a moment such as 2026-01-31T09:00Z, or 30m, 36h, 7d, 2w; got {since}")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _as_far_as_known(engine: Engine, finding: Finding) -> Finding:
    """A finding; as unchecked where the rules are a guess."""
    lacks = engine.lacks if isinstance(engine, Visitor) else ""
    if not (lacks and finding.ruled):
        return finding
    what = f"not checked: {lacks}; by the standard shop's rules {finding.what}"
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
    from orderflow.stores.sql.copy import copy_database  # noqa: PLC0415 (seldom needed)

    moved = copy_database(open_store(context, source), open_store(context, target, create=True))
    if not as_json:
        out.print(f"{sum(moved.values())} rows of {len(moved)} tables are copied")
    doctor(context, target, app_name, as_json=as_json)
