"""Errors, as values and as exceptions.

::

    OrderflowError
    ├── InvalidInput        input cannot be read; lists every problem
    ├── InvalidWorkflow     a workflow that cannot work; lists every finding with its repair
    ├── UnknownWorkflow     an order is stamped with a workflow that is not registered
    ├── NotRegistered       a strategy or watcher that this release of the application lacks
    ├── Refused             a command was refused; nothing changed; lists every reason
    ├── RuleFailed          a guard, hook, policy, strategy or provider of yours is at fault
    ├── NotFound            no order, parcel or task has this id
    ├── Conflict            others kept changing the same thing; nothing changed; send again
    │   └── StaleTransaction  your own transaction lost to another: roll it back, begin again
    ├── PortFailed          a port failed; the worker tries again
    │   └── NeedsPerson     a person must do it; the worker opens the task at once
    ├── StoreUnavailable    a database cannot be used; says whether the command may be stored
    │   ├── StoreReadOnly   it may not be written
    │   ├── StoreFull       there is no room left
    │   ├── StoreLocked     others kept it locked for too long
    │   └── ConnectionLost  it went away; when that was in mid-commit, the command may be stored
    ├── UnreadableRow       a row of the database was damaged, or is of a later release
    └── SchemaMismatch      the database was written by another release of the library
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import attrs

from orderflow.renamed import old_names
from orderflow.text import legible, shortened, shown, without_passwords

__all__ = [
    "Conflict",
    "ConnectionLost",
    "InvalidInput",
    "InvalidWorkflow",
    "NeedsPerson",
    "NotFound",
    "NotRegistered",
    "OrderflowError",
    "PortFailed",
    "Problem",
    "Refusal",
    "Refused",
    "RuleFailed",
    "SchemaMismatch",
    "StaleTransaction",
    "StoreFull",
    "StoreLocked",
    "StoreReadOnly",
    "StoreUnavailable",
    "UnknownWorkflow",
    "UnreadableRow",
]


def ends_process(error: BaseException) -> bool:
    """Whether an error ends the process: an interrupt or an exit, or a group of them."""
    if isinstance(error, BaseExceptionGroup):
        return all(map(ends_process, error.exceptions))
    return isinstance(error, KeyboardInterrupt | SystemExit)


def raised() -> tuple[type[BaseException], ...]:
    """The exceptions to catch around an application's code: all but those that end the process.

    Time limits and cancelled coroutines of libraries are not Exceptions; here they are mistakes,
    since nobody asked for them. This reads the error that is being handled.
    """
    error = sys.exception()
    return () if error is None or ends_process(error) else (BaseException,)


_PART = 1_000
"""Characters of one part of an error's text."""


@attrs.frozen
class Refusal:
    """One reason why a command is refused: a stable code and a sentence to act on.

    >>> str(Refusal("order.on_hold", "the order is on hold: fraud"))
    'order.on_hold: the order is on hold: fraud'
    """

    code: str
    sentence: str

    def __str__(self) -> str:
        return f"{shortened(self.code, _PART)}: {shortened(self.sentence, _PART)}"


@attrs.frozen
class Problem:
    """One fault of an input or a workflow.

    Attributes:
        field: Where, as a dotted path: ``lines.0.quantity``.
        value: The value as given.
        expected: What would be right.
    """

    field: str
    value: object
    expected: str

    def __str__(self) -> str:
        field, expected = (legible(shortened(of, _PART)) for of in (self.field, self.expected))
        return f"{field}: got {_shown(self.value)}, {expected}"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.field, _that_travels(self.value), self.expected)


def _shown(value: object) -> str:
    return value.text if isinstance(value, _Shown) else shown(value)


@attrs.frozen
class _Shown:
    """The text of a value that cannot be pickled."""

    text: str


def _that_travels(value: object) -> object:
    """The value if pickling keeps it, else its text."""
    shown = _shown(value)
    try:
        if _shown(pickle.loads(pickle.dumps(value))) == shown:
            return value
    except Exception:  # any value may come, and fail in any way
        pass
    return _Shown(shown)


def _again(kind: type[OrderflowError], args: tuple[Any, ...], own: dict[str, Any]) -> Exception:
    """An error rebuilt without its constructor, whose arguments differ from its ``args``."""
    error = kind.__new__(kind, *args)
    error.__dict__.update(own)
    return error


class OrderflowError(Exception):
    """The root of errors caused by input, data and databases; a program's mistakes are TypeErrors.

    All can be pickled and copied, with text and attributes. The text has at most some thousand
    characters, whatever was given; the attributes are whole.
    """

    def __init__(self, *told: object) -> None:
        super().__init__(*(shortened(each) if isinstance(each, str) else each for each in told))

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.args, self.__dict__)


class InvalidInput(OrderflowError, ValueError):
    """Input that cannot be read. ``problems`` lists every field, its value and what is right."""

    def __init__(self, what: str, problems: Iterable[Problem]) -> None:
        self.what = what
        self.problems = tuple(problems)
        super().__init__(what + ": " + "; ".join(map(str, self.problems)))


class InvalidWorkflow(OrderflowError, ValueError):
    """A workflow that cannot work. ``findings`` lists every fault and its repair."""

    def __init__(self, name: str, findings: Iterable[Problem]) -> None:
        self.name = name
        self.findings = tuple(findings)
        super().__init__(
            f"workflow {name!r}: " + "; ".join(f"{f.field}: {f.expected}" for f in self.findings)
        )


class UnknownWorkflow(OrderflowError, LookupError):
    """An order is stamped with a workflow (name, version, fingerprint) that is not registered."""


class NotRegistered(OrderflowError, LookupError):
    """A strategy or a watcher that is not registered: another release of the application has it."""


class Refused(OrderflowError):
    """A command was refused and changed nothing. ``refusals`` names every reason."""

    def __init__(self, refusals: Iterable[Refusal]) -> None:
        self.refusals = tuple(refusals)
        super().__init__("; ".join(map(str, self.refusals)))

    @property
    def codes(self) -> frozenset[str]:
        """The stable codes of all reasons."""
        return frozenset(refusal.code for refusal in self.refusals)


class RuleFailed(OrderflowError):
    """A guard, hook, policy, routing, strategy or provider of yours is at fault. Nothing changed.

    The original error is the ``__cause__``. ``rule`` is the function that raised it; empty if it
    returned a wrong value, or has no Python code: then see the text. ``subject`` is what it was
    called for: ``order:A-1``.
    """

    def __init__(self, what: str, subject: str, rule: str = "") -> None:
        self.rule, self.subject = rule, subject
        about = shortened(subject, _PART)
        super().__init__(legible(f"{shortened(what)}; asked about {about}, nothing changed"))


class NotFound(OrderflowError, LookupError):
    """Nothing has this id."""


class Conflict(OrderflowError):
    """Others kept changing the same thing. Nothing changed; sending again is safe."""


class StaleTransaction(Conflict):
    """The host's own transaction lost a race: what it read is outdated, or it has already failed.

    Nothing can be stored in it any more: roll it back, and repeat all that it did in a new one.
    """


class PortFailed(OrderflowError):
    """A port failed; the worker tries again with the same key."""


class NeedsPerson(PortFailed):
    """A person must do it: trying again would not help. The worker opens the task at once."""


class StoreUnavailable(OrderflowError):
    """A database cannot be opened, read or written.

    ``reason`` is the database's message. ``may_be_stored`` is True only if it failed in mid-commit.
    Either way the same command may be sent again *with the same id*: if it was stored, its first
    answer is returned again. If ``permanent`` is True, first repair what ``reason`` names: a
    driver, a URL, a table, a permission.
    """

    def __init__(self, what: str, *, may_be_stored: bool = False, permanent: bool = False) -> None:
        self.reason = shortened(without_passwords(legible(what)))
        self.may_be_stored, self.permanent = may_be_stored, permanent
        known = "it may have been stored" if may_be_stored else "nothing was stored"
        advice = ": sending it again with the same id is safe"
        if permanent:
            advice = ", and nothing will be until this is mended"
        super().__init__(f"{self.reason}; {known}{advice}")


class StoreReadOnly(StoreUnavailable):
    """The database may not be written: a read-only file, or a standby server."""


class StoreFull(StoreUnavailable):
    """The database has no room left."""


class StoreLocked(StoreUnavailable):
    """Others kept the database, or a row of it, locked for longer than the store waits."""


class ConnectionLost(StoreUnavailable):
    """The database went away. If that was in mid-commit, the commit may or may not be stored."""


class UnreadableRow(OrderflowError, ValueError):
    """A stored row cannot be read: it was changed by hand, or a later release wrote it.

    ``table`` and ``key`` name it; the fault is the ``__cause__``. ``orderflow doctor`` names every
    such row, and how to repair it.
    """

    def __init__(self, table: str, key: str, what: str) -> None:
        self.table, self.key = table, key
        row = legible(shortened(key, _PART))
        super().__init__(f"{row} in {table} cannot be read ({what}): see `orderflow doctor`")


class SchemaMismatch(OrderflowError):
    """The database was written by a release of the library that this one does not know."""


if not TYPE_CHECKING:  # type checkers know only the new names
    __getattr__ = old_names(__name__)
