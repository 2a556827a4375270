"""Shared by all commands: options, the shop's database and engine, output."""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError
from rich.console import RenderableType
from rich.text import Text
from typer.core import TyperGroup

from orderflow.cli.console import SafeConsole
from orderflow.cli.visit import Visitor, visit
from orderflow.engine import Engine
from orderflow.engine.card.reader import NotOnCard
from orderflow.errors import (
    NotFound,
    OrderflowError,
    Refused,
    StoreUnavailable,
    UnknownWorkflow,
)
from orderflow.model.order import Order
from orderflow.model.reading import unreadable
from orderflow.ports import DocumentStore
from orderflow.stores import SqlStore
from orderflow.text import UNSAFE, without_passwords

__all__ = [
    "DB",
    "GIVE",
    "App",
    "AsJson",
    "Db",
    "OrderId",
    "answer",
    "app",
    "check_rules",
    "err",
    "fail",
    "load",
    "note_rules",
    "open_engine",
    "open_store",
    "out",
    "print_json",
    "said",
]


class _Commands(TyperGroup):
    """The commands: orderflow's errors become a sentence and an exit code."""

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]  # click's own is it
        try:
            return super().invoke(ctx)
        except (typer.Abort, BrokenPipeError):
            raise
        except OrderflowError as error:
            fail(said(error), 1 if isinstance(error, Refused | NotFound) else 2)
        except Exception as error:  # unforeseen bad input, or a bug
            if hasattr(error, "exit_code") or os.environ.get("ORDERFLOW_TRACEBACK"):
                raise  # the framework's own errors have an exit code
            fail(said(error))


app = typer.Typer(
    help="Orders from placement to confirmed delivery.",
    no_args_is_help=True,
    cls=_Commands,
    pretty_exceptions_enable=False,
)
out, err = SafeConsole(), SafeConsole(stderr=True)

Db = Annotated[
    str, typer.Option("--db", envvar="ORDERFLOW_DB", help="Database URL, e.g. sqlite:///shop.db")
]
App = Annotated[
    str,
    typer.Option(
        "--app",
        envvar="ORDERFLOW_APP",
        metavar="MODULE:FUNCTION",
        help="Makes your engine from a store; without it the card of its rules is read.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
OrderId = Annotated[str, typer.Argument(metavar="ORDER", help="The order's id.")]
DB = "sqlite:///orderflow.db"
GIVE = "give the application, --app MODULE:FUNCTION"
_IN_URL = re.compile(r":[^/\s].*@", re.DOTALL)
_IN_QUERY = re.compile(r"([?&][^=&]*(?:password|passwd|pwd|secret|token)=)[^&]*", re.IGNORECASE)


def open_engine(
    context: typer.Context, db: str, app_name: str, documents: DocumentStore | None = None
) -> Engine:
    """The application's engine; without an application, that of its stored card."""
    store = open_store(context, db)
    if not app_name:
        return visit(store, documents)
    module, _, function = app_name.partition(":")
    sys.path.insert(0, "")  # as `python -m` does: modules in the working directory are found
    try:
        made = getattr(importlib.import_module(module), function)(store)
    except (Exception, SystemExit) as error:  # whatever the application's own code raises
        what = f"{type(error).__name__}: {error}"
        fail(f"cannot make an engine with {app_name}, as in shop.app:make_engine: {what}")
    if not isinstance(made, Engine):
        fail(f"{app_name} made {made!r}, not an Engine")
    return made


def without_secrets(url: str) -> str:
    """A URL without its passwords, even if it is malformed.

    >>> without_secrets("postgresql://u:se same@db/x?sslpassword=o'pen&a=1")
    'postgresql://u:***@db/x?sslpassword=***&a=1'
    """
    return _IN_QUERY.sub(r"\1***", _IN_URL.sub(":***@", url))


def open_store(context: typer.Context, db: str, *, create: bool = False) -> SqlStore:
    """The store, closed when the command ends; only commands that fill one *create* it."""
    try:
        store = SqlStore(db, create=create)
    except (OrderflowError, ValueError) as error:
        fail(f"cannot open {without_secrets(db)}: {said(error).replace(db, without_secrets(db))}")
    context.call_on_close(store.close)
    return store


def load(engine: Engine, order: str) -> Order:
    """The order; ends with exit code 2 where there is none."""
    try:
        return engine.order(order)
    except NotFound as error:
        fail(str(error))


def check_rules(engine: Engine, order: Order) -> None:
    """End with exit code 2 where a change of the order needs rules that are not known here."""
    if not isinstance(engine, Visitor):
        return
    known = {} if engine.by_card else engine.rules.strategies
    for fo in order.fulfillment_orders.values():
        there = known[fo.strategy].locations if fo.strategy in known else ()
        if not fo.phase.final and fo.location not in there:
            fail(f"{fo.id} is worked by {fo.strategy} at {fo.location}: {GIVE}")
    if engine.by_card:
        fail(f"{order.id} is changed by its own rules alone: {GIVE}")


def note_rules(engine: Engine) -> None:
    """Print a note where the order's rules are those of a card, or a guess."""
    if not isinstance(engine, Visitor):
        return
    what = "by the card of its rules; for what is not checked" if engine.by_card else ""
    if engine.lacks:
        what = f"not checked by its own rules, but by the standard shop's ({engine.lacks})"
    if what:
        err.print(Text(f"{what}: {GIVE}"), soft_wrap=True)


def said(error: Exception) -> str:
    """An error's message, without the part about storing where nothing was to be stored."""
    match error:
        case StoreUnavailable(may_be_stored=False):
            return error.reason
        case UnknownWorkflow():
            return f"{error}; here: give the application that has it, --app MODULE:FUNCTION"
        case NotOnCard():
            return f"not checked: {error}; {GIVE}"
        case OrderflowError():
            return str(error)
        case ValidationError():
            return str(unreadable(error, error.title))
        case RecursionError():
            return "what was given is nested too deep"
        case OSError():
            return str(error)
    where = "with ORDERFLOW_TRACEBACK=1 it says where"
    return f"{type(error).__name__}: {error} ({where})"


def fail(what: str, code: int = 2) -> NoReturn:
    """Print an error, and end."""
    err.print(Text(without_passwords(what)))
    raise typer.Exit(code)


def print_json(value: object) -> None:
    """Print a value as JSON; characters that may harm a terminal are escaped."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    print(UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def answer(as_json: bool, value: object, *shown: RenderableType) -> None:
    """Print a command's result: *value* as JSON, or *shown* for people, line by line."""
    if as_json:
        print_json(value)
    for part in () if as_json else shown:
        out.print(part)
