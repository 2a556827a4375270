"""Whether an unforeseen error is a rule's of the application, and of which subject."""

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
"""Our modules and libraries: their error is the fault of the caller that gave the input."""
_ASKS_RULES = (
    "orderflow.kernel.",
    "orderflow.workflow.",
    "orderflow.engine.clock.",
    "orderflow.engine.pipeline.prepare.Preparer._provided",
    "orderflow.engine.pipeline.stock._lost",
    "orderflow.inventory.",
)
"""Places that call only rules of an application: there, an error of ours is the rule's fault.

An application's store, in contrast, may raise our errors.
"""


@contextmanager
def rule_errors_of(subject: str) -> Iterator[None]:
    """Wrap an application rule's error in RuleFailed, with the rule and the subject."""
    try:
        yield
    except raised() as error:
        found = as_rule_failure(error, subject)
        raise found from found.__cause__


def as_rule_failure(error: BaseException, subject: str) -> OrderflowError:
    """Our own errors as they are; any other as RuleFailed, with the rule and the subject."""
    rule, where = _rule(error)
    is_a_rules = bool(rule) and where.startswith(_ASKS_RULES)
    if isinstance(error, RuleFailed) or (isinstance(error, OrderflowError) and not is_a_rules):
        return error
    what = " ".join("".join(traceback.format_exception_only(error)).split())
    found = RuleFailed(f"{rule} raised {what}" if rule else f"{what} (in {where})", subject, rule)
    found.__cause__ = error
    return found


def _rule(error: BaseException) -> tuple[str, str]:
    """The application's first function on the traceback, and our last one before it.

    The first is empty where a rule returned a wrong value, or has no Python code.
    """
    where = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        if _module(frame).partition(".")[0] not in _OURS:
            return f"{frame.f_code.co_qualname} ({_module(frame)}, line {line})", where
        where = f"{_module(frame)}.{frame.f_code.co_qualname}"
    return "", where


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))
