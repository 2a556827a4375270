"""The command that gives an order any command, or previews it."""

from __future__ import annotations

import difflib
import json
from typing import Annotated, Any, NoReturn, get_args

import typer

from orderflow.cli.json_values import plain
from orderflow.cli.session import (
    DB,
    App,
    AsJson,
    Db,
    OrderId,
    answer,
    app,
    check_rules,
    fail,
    load,
    open_engine,
    print_json,
)
from orderflow.errors import Refusal, Refused
from orderflow.model.commands import Command, OrderCommandBody, Override
from orderflow.model.reading import read
from orderflow.wording import Wording

__all__: list[str] = []


@app.command("command")
def give(  # noqa: PLR0913, PLR0917 (one for each option)
    context: typer.Context,
    order: OrderId,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="As in `orderflow schema command`.")],
    body: Annotated[str, typer.Argument(metavar="JSON", help="The command's fields.")] = "{}",
    by: Annotated[str, typer.Option("--by", help="Who asks.")] = "support",
    preview: Annotated[bool, typer.Option("--preview", help="Only say what it would do.")] = False,
    db: Db = DB,
    app_name: App = "",
    as_json: AsJson = False,
) -> None:
    """Give an order a command: cancel, edit, place_hold, request_return, and all the others."""
    wanted = {"subject": order, "actor": by, "body": {**_fields(body), "kind": _known(kind)}}
    command = read(Command, wanted, f"the command {kind}")
    engine = open_engine(context, db, app_name)
    before = load(engine, order)
    check_rules(engine, before)
    asked = engine.ask(command)
    if isinstance(asked, tuple):
        _refused(asked, as_json)
    after = asked.order
    if not preview:
        try:
            after = engine.submit(command)
        except Refused as refused:  # another process was faster than the check above
            _refused(refused.refusals, as_json)
    wording = Wording(currency=before.document.currency)
    told = [wording.of(event) for event in asked.events]
    head = f"{order} {'would be' if preview else 'is'} {after.status} (was {before.status})"
    value = {"before": before.status, "after": after.status, "events": plain(asked.events)}
    answer(as_json, value, "\n  ".join([head, *told]))


_KINDS = [each.model_fields["kind"].default for each in (*get_args(OrderCommandBody), Override)]


def _known(kind: str) -> str:
    """The kind, if it is that of a command about an order."""
    if kind not in _KINDS:
        near = difflib.get_close_matches(kind, _KINDS, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        others = "orders are placed by `orderflow run`, stock is changed by engine.change_stock"
        fail(f"{kind} is no command about an order; {hint}there are: {', '.join(_KINDS)}; {others}")
    return kind


def _fields(body: str) -> dict[str, Any]:
    right = """a JSON object is expected, such as '{"lines": {"1": 1}}'"""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        fail(f"got {body[:200]}, {right}: {error}")
    if not isinstance(found, dict):
        fail(f"got {body}, {right}")
    return found


def _refused(refusals: tuple[Refusal, ...], as_json: bool) -> NoReturn:
    if as_json:
        print_json({"refusals": plain(refusals)})
        raise typer.Exit(1)
    fail("\n".join(f"{refusal.sentence} [{refusal.code}]" for refusal in refusals), 1)
