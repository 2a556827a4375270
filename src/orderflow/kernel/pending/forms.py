"""Forms of tasks: their fields, and how the answers are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from itertools import islice
from typing import Any

from pydantic import TypeAdapter

from orderflow.errors import InvalidInput, Problem
from orderflow.kernel.decision.checks import is_with_partner
from orderflow.model.bounds import MOST_UNITS, Code, Day, Long, Lot
from orderflow.model.commands import Item
from orderflow.model.ledger import Bucket
from orderflow.model.order import Order
from orderflow.model.parcel import ParcelStatus
from orderflow.model.phases import ReturnPhase
from orderflow.model.state import OpenTask, OrderState
from orderflow.model.work import FormField, Task

__all__ = [
    "CANCELLATION_FORM",
    "LABEL",
    "TRACE",
    "Filled",
    "answer_form",
    "pick_form",
    "picked_items",
    "read_form",
    "short_units",
]

Filled = Mapping[str, Any]
"""A filled-in form, read: texts, numbers and dates by field."""

_KINDS = {"lot": "text", "serial": "text", "expiry": "date"}
CANCELLATION_FORM = (FormField("answer", choices=("given up", "refused")),)
"""A partner's answer to a cancellation request."""
ANSWERED = (
    FormField("answer", choices=("accepted", "rejected", "shipped", "waiting")),
    FormField("tracking_number", required=False),
)
"""A partner's answer about its fulfillment order, entered by a person."""
PAID = (FormField("answer", choices=("paid", "waiting")),)
"""Whether the customer's payment arrived, entered by a person."""
COMING = (FormField("answer", choices=("arrived", "not coming", "waiting")),)
"""What became of goods that a customer sent back."""
TAKING_BACK = (FormField("answer", choices=("approved", "refused", "waiting")),)
"""A partner's answer to a request to take back goods that it shipped."""
REFUNDED = (FormField("answer", choices=("paid", "failed", "waiting")),)
"""A bank's answer about a refund."""
LABEL = (FormField("carrier"), FormField("tracking_number"))
"""The label that a person bought."""
TRACE = (
    FormField(
        "status",
        choices=(
            ParcelStatus.IN_TRANSIT,
            ParcelStatus.DELIVERED,
            ParcelStatus.RETURNED_TO_SENDER,
            ParcelStatus.LOST,
        ),
    ),
)
"""A carrier's answer about a parcel, entered by a person."""


def answer_form(state: OrderState, task: OpenTask) -> tuple[FormField, ...]:
    """The form of a task about a silent partner or money; empty for other tasks."""
    if task.name in ("overdue.payment", "overdue.cash", "overdue.reminder"):
        return PAID
    if not task.name.startswith("overdue."):
        return ()
    fo = state.fulfillment_orders.get(task.of)
    if fo is not None and is_with_partner(state, fo):
        return ANSWERED
    rma = state.returns.get(task.of)
    coming = TAKING_BACK if rma and rma.phase is ReturnPhase.REQUESTED else COMING
    forms = (
        (state.cancellations, CANCELLATION_FORM),
        (state.returns, coming),
        (state.refunds, REFUNDED),
    )
    return next((form for subjects, form in forms if task.of in subjects), ())


def pick_form(order: Order, fo: str) -> tuple[FormField, ...]:
    """For each line: units short, and what must be recorded of each unit."""
    return tuple(_pick_fields(order, fo))


def _pick_fields(order: Order, fo: str) -> Iterator[FormField]:
    for line in order.units(Bucket.ALLOCATED, fo=fo):
        yield FormField(f"short.{line}", "number", required=False)
        for ask in order.state.lines[line].asks:
            yield FormField(f"{ask}.{line}", _KINDS[ask])


_TOLD = 100
"""Unknown field names that are reported, at most."""


def read_form(task: Task, data: Mapping[str, str | int | date]) -> Filled:
    """The filled-in values, read by the kind of each field.

    Raises:
        InvalidInput: With every field that is missing, unknown or unreadable.
    """
    fields = {field.name: field for field in task.fields}
    there = ", ".join(fields) or "none"
    strange = (
        Problem(name, value, f"no such field; there are: {there}")
        for name, value in data.items()
        if name not in fields
    )
    problems = list(islice(strange, _TOLD))
    filled: dict[str, Any] = {}
    for field in task.fields:
        given = data.get(field.name, "")
        if given == "":
            if field.required:
                problems.append(Problem(field.name, None, f"a {_wanted(field)} is needed"))
            continue
        try:
            filled[field.name] = _READ[field.kind](field.name, given)
        except ValueError:
            problems.append(Problem(field.name, given, f"a {_wanted(field)} is needed"))
            continue
        if field.choices and given not in field.choices:
            problems.append(Problem(field.name, given, _wanted(field)))
    if problems:
        raise InvalidInput(f"the form of {task.key}", problems)
    return filled


def _wanted(field: FormField) -> str:
    if field.choices:
        return f"one of {', '.join(field.choices)}"
    most = _TEXTS.get(field.name.partition(".")[0], (Long, "text without control characters"))[1]
    return {
        "number": f"whole number, 0 or more, {MOST_UNITS} at most,",
        "date": "date as 2026-12-31",
    }.get(field.kind, most)


_TEXTS: Mapping[str, tuple[Any, str]] = {
    "lot": (Lot, "text of at most 100 characters"),
    "serial": (Long, "list of serial numbers, each of at most 100 characters,"),
    "carrier": (Code, "text of at most 64 characters"),
    "tracking_number": (Code, "text of at most 64 characters"),
}
"""Text fields with a format, and their formats."""


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _text(name: str, given: object) -> object:
    name = name.partition(".")[0]
    text = _adapter(_TEXTS.get(name, (Long, ""))[0]).validate_python(str(given))
    for serial in text.split(",") if name == "serial" else ():
        _adapter(Lot).validate_python(serial.strip())
    return text


def _day(_name: str, given: object) -> object:
    day = given if isinstance(given, date) else date.fromisoformat(str(given))
    return _adapter(Day).validate_python(day)


def _number(_name: str, given: object) -> object:
    found = int(str(given))
    if not 0 <= found <= MOST_UNITS:
        raise ValueError("out of bounds")
    return found


_READ: Mapping[str, Callable[[str, object], object]] = {
    "text": _text,
    "number": _number,
    "date": _day,
}


def short_units(filled: Filled) -> dict[str, int]:
    """The units per line that were not on their shelf."""
    found = {name.removeprefix("short."): n for name, n in filled.items() if _is(name, "short")}
    return {line: units for line, units in found.items() if units}


def picked_items(filled: Filled, units: Mapping[str, int]) -> tuple[Item, ...]:
    """The identified units; commas separate several serial numbers."""
    return tuple(item for line, n in units.items() for item in _items(filled, line, n))


def _items(filled: Filled, line: str, units: int) -> Iterator[Item]:
    lot, expiry = filled.get(f"lot.{line}", ""), filled.get(f"expiry.{line}")
    serials = [part.strip() for part in filled.get(f"serial.{line}", "").split(",") if part.strip()]
    for serial in serials:
        yield Item(line=line, lot=lot, serial=serial, expiry=expiry)
    if not serials and (lot or expiry) and units:
        yield Item(line=line, quantity=units, lot=lot, expiry=expiry)


def _is(name: str, kind: str) -> bool:
    return name.partition(".")[0] == kind
