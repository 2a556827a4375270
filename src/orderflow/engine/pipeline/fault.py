"""Whose fault an unforeseen error is, and what it was about."""

from __future__ import annotations

import traceback

from orderflow.errors import OrderflowError, RuleFailed

__all__ = ["told"]


def told(error: Exception, subject: str) -> OrderflowError:
    """The error, where it is one of ours; else one that names what raised it, and the subject."""
    if isinstance(error, OrderflowError):
        return error
    what = "".join(traceback.format_exception_only(error)).strip()
    found = RuleFailed(f"{_name(error)} raised {what} ({subject}); nothing changed")
    found.__cause__ = error
    return found


def _name(error: Exception) -> str:
    """The first function on the way to the error that is not orderflow's own."""
    for frame, line in traceback.walk_tb(error.__traceback__):
        module, code = str(frame.f_globals.get("__name__", "")), frame.f_code
        if module.partition(".")[0] != "orderflow":
            return f"{code.co_qualname} ({module}, line {line})"
    return "orderflow"
