"""Whose fault an unforeseen error is, and what it was about."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from orderflow.errors import OrderflowError, RuleFailed, raised

__all__ = ["as_rule_failure", "rule_errors_of"]

_OURS = sys.stdlib_module_names | {
    "attr",
    "attrs",
    "msgspec",
    "orderflow",
    "pydantic",
    "pydantic_core",
    "sqlalchemy",
    "tenacity",
    "transitions",
}
"""What we call to do our own work: an error in it is not its fault, but of who gave it its task."""
_ASKS_RULES = (
    "orderflow.kernel.",
    "orderflow.workflow.",
    "orderflow.engine.clock.",
    "orderflow.engine.pipeline.prepare.Preparer._provided",
    "orderflow.engine.pipeline.stock._lost",
    "orderflow.inventory.",
)
"""Where only rules of an application are called: one that raises an error of ours is at fault, too,
and not who asked; a store of an application's may say what ours says."""


@contextmanager
def rule_errors_of(subject: str) -> Iterator[None]:
    """Raise what is no error of ours as one that names what raised it, and the subject."""
    try:
        yield
    except raised() as error:
        found = as_rule_failure(error, subject)
        raise found from found.__cause__


def as_rule_failure(error: BaseException, subject: str) -> OrderflowError:
    """The error, where it is one of ours; else one that names what raised it, and the subject."""
    rule, where = _rule(error)
    is_a_rules = bool(rule) and where.startswith(_ASKS_RULES)
    if isinstance(error, RuleFailed) or (isinstance(error, OrderflowError) and not is_a_rules):
        return error
    what = " ".join("".join(traceback.format_exception_only(error)).split())
    found = RuleFailed(f"{rule} raised {what}" if rule else f"{what} (in {where})", subject, rule)
    found.__cause__ = error
    return found


def _rule(error: BaseException) -> tuple[str, str]:
    """The first function on the way to the error that is an application's; and our last one.

    None is an application's where a rule gave back what it may not, or has no Python code.
    """
    where = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        if _module(frame).partition(".")[0] not in _OURS:
            return f"{frame.f_code.co_qualname} ({_module(frame)}, line {line})", where
        where = f"{_module(frame)}.{frame.f_code.co_qualname}"
    return "", where


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))
