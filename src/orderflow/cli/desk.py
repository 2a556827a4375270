"""The commands for people at work: tasks, pick tours, unmatched items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated

import typer
from rich.table import Table

from orderflow.cli.json_values import plain
from orderflow.cli.session import (
    DB,
    App,
    AsJson,
    Db,
    answer,
    app,
    check_rules,
    fail,
    open_engine,
)
from orderflow.model.work import Task
from orderflow.ports import UnmatchedItem
from orderflow.text import without_passwords

__all__ = ["completing"]

TaskKey = Annotated[str, typer.Argument(metavar="TASK", help="The task's key, from `tasks`.")]
By = Annotated[str, typer.Option("--by", help="Who does it.")]


def completing(task: Task, db: str) -> str:
    """The command line that completes a task."""
    form = "".join(f" --set {field.name}=…" for field in task.fields if field.required)
    return f"orderflow complete '{task.key}' --by NAME{form} --db {without_passwords(db)}"


@app.command()
def tasks(
    context: typer.Context,
    role: Annotated[str | None, typer.Option(help="Only tasks of this role.")] = None,
    claimed_by: Annotated[str | None, typer.Option(help="Only what this person claimed.")] = None,
    db: Db = DB,
    app_name: App = "",
    as_json: AsJson = False,
) -> None:
    """List what people are asked to do."""
    found = list(open_engine(context, db, app_name).tasks(role, claimed_by))
    answer(as_json, plain(found), *(map(_task, found) if found else ["nothing is to be done"]))


def _task(task: Task) -> str:
    whose = f" ({task.assignee})" if task.assignee else ""
    form = ", ".join(f.name + ("" if f.required else " (if any)") for f in task.fields)
    fill = f"\n  fill in: {form}" if form else ""
    return f"{task.key}\n  {task.role}{whose}: {task.instructions}{fill}"


@app.command()
def claim(
    context: typer.Context,
    task: TaskKey,
    by: By,
    db: Db = DB,
    app_name: App = "",
    as_json: AsJson = False,
) -> None:
    """Keep a task for one person."""
    found = open_engine(context, db, app_name).claim(task, by=by)
    answer(as_json, plain(found), f"{found.key} is {found.assignee}'s")


@app.command()
def reassign(
    context: typer.Context,
    task: TaskKey,
    to: Annotated[str, typer.Option(help="Who gets it; empty: nobody.")],
    by: By,
    db: Db = DB,
    app_name: App = "",
    as_json: AsJson = False,
) -> None:
    """Give a task to somebody else."""
    found = open_engine(context, db, app_name).reassign(task, to, by=by)
    answer(as_json, plain(found), f"{found.key} is {found.assignee or 'nobody'}'s")


@app.command()
def complete(
    context: typer.Context,
    task: TaskKey,
    by: By,
    given: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="Fill in a field.")
    ] = None,
    db: Db = DB,
    app_name: App = "",
    as_json: AsJson = False,
) -> None:
    """Complete a task: what its step commands is done, and what follows from it at once."""
    engine = open_engine(context, db, app_name)
    owner = (engine.store.task(task) or ("", None))[0]
    if (kept := engine.store.order(owner.removeprefix("order:"))) is not None:
        check_rules(engine, kept)
    order = engine.complete(task, by=by, data=_form(given or []))
    if not app_name:
        engine.worker.run_until_idle()
    found = engine.explain(order.id)
    following = [wait.sentence for wait in found.pending]
    value = {"order": order.id, "status": found.order.status, "waits": following}
    told = "\n  ".join([f"{order.id} is {found.order.status}", *following])
    answer(as_json, value, told)


def _form(given: list[str]) -> Mapping[str, str]:
    if wrong := [text for text in given if "=" not in text]:
        fail(f"--set takes FIELD=VALUE, got {', '.join(wrong)}")
    fields = [text.split("=", 1) for text in given]
    names = Counter(name for name, _ in fields)
    if twice := [name for name, times in names.items() if times > 1]:
        fail(f"--set gives a field once, got more of {', '.join(twice)}")
    return dict(fields)


@app.command("walk", hidden=True)  # its old name
@app.command("pick-tour")
def pick_tour(
    context: typer.Context,
    by: By,
    limit: Annotated[int, typer.Option(min=1, help="At most so many tasks.")] = 20,
    db: Db = DB,
    app_name: App = "",
    as_json: AsJson = False,
) -> None:
    """Claim pick tasks of several orders, and list the one tour that does them all."""
    found = open_engine(context, db, app_name).plan_pick_tour(by=by, limit=limit)
    table = Table("location", "sku", "units")
    for stop in found.stops:
        table.add_row(stop.key.location, stop.key.sku, str(stop.quantity))
    then = [f"then complete {picking.task}" for picking in found.picks]
    answer(as_json, plain(found), table, *then)


@app.command("inbox", hidden=True)  # its old name
@app.command()
def unmatched(
    context: typer.Context,
    dismiss: Annotated[str, typer.Option(help="Drop what is kept under this reference.")] = "",
    by: Annotated[str, typer.Option(help="Who drops it.")] = "",
    db: Db = DB,
    app_name: App = "",
    as_json: AsJson = False,
) -> None:
    """List observations that match no order or parcel yet, and payloads that cannot be read."""
    engine = open_engine(context, db, app_name)
    if dismiss:
        engine.dismiss(dismiss, by=by)
    found = engine.unmatched()
    told = map(_kept, found) if found else ["nothing is unmatched"]
    answer(as_json, [_item(item) for item in found], *told)


def _kept(item: UnmatchedItem) -> str:
    kind = item.observation.body.kind if item.observation else f"unreadable: {item.error}"
    return f"{item.kept_at:%Y-%m-%d %H:%M}  {item.reference}  {kind}"


def _item(item: UnmatchedItem) -> object:
    fact = item.observation.model_dump(mode="json") if item.observation else None
    told = {"reference": item.reference, "kept_at": item.kept_at.isoformat(), "observation": fact}
    return told | {"payload": item.payload, "error": item.error}
