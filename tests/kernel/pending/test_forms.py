"""Forms: what a person types is read, or every fault in it is named."""

from __future__ import annotations

from datetime import date
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow.errors import InvalidInput
from orderflow.kernel.pending import forms
from orderflow.kernel.pending.forms import (
    answer_form,
    pick_form,
    picked_items,
    read_form,
    short_units,
)
from orderflow.model.commands import Item
from orderflow.model.state import CancellationRequest, OpenTask
from orderflow.model.work import FormField, Task
from tests.kernel.values import NOW, a_refund, a_return, an_order, slot, with_supplier

FIELDS = (
    FormField("units", "number", required=False),
    FormField("until", "date"),
    FormField("answer", choices=("yes", "no")),
)
FORM = Task("t", "ask", "A", "support", "ask", fields=FIELDS)


@given(
    st.integers(0, 99), st.dates(date(1900, 1, 1)), st.sampled_from(["yes", "no"]), st.booleans()
)
def test_what_is_typed_is_read_as_its_kind(
    units: int, until: date, answer: str, as_text: bool
) -> None:
    typed: dict[str, Any] = {"units": str(units), "until": until.isoformat(), "answer": answer}
    values: dict[str, Any] = {"units": units, "until": until, "answer": answer}
    assert read_form(FORM, typed if as_text else values) == values


def test_what_is_not_needed_may_be_left_out() -> None:
    assert read_form(FORM, {"until": "2026-01-31", "answer": "no", "units": ""}) == {
        "until": date(2026, 1, 31),
        "answer": "no",
    }


def test_every_fault_is_named() -> None:
    with pytest.raises(InvalidInput) as told:
        read_form(FORM, {"units": "-1", "answer": "maybe", "colour": "red"})
    assert [(p.field, p.value, p.expected) for p in told.value.problems] == [
        ("colour", "red", "no such field; there are: units, until, answer"),
        ("units", "-1", "a whole number, 0 or more, 10000000 at most, is needed"),
        ("until", None, "a date as 2026-12-31 is needed"),
        ("answer", "maybe", "one of yes, no"),
    ]
    with pytest.raises(InvalidInput, match="there are: none"):
        read_form(attrs.evolve(FORM, fields=()), {"colour": "red"})


def test_a_picker_is_asked_for_what_is_to_be_picked_and_for_what_its_line_asks() -> None:
    order = an_order({slot("allocated", "F"): 2, slot("picked", "F", line="2"): 1})
    lines = {**order.state.lines, "1": attrs.evolve(order.state.lines["1"], asks=("lot", "expiry"))}
    state = attrs.evolve(order.state, lines=lines)
    fields = [
        (field.name, field.kind, field.required)
        for field in pick_form(order.with_state(state), "F")
    ]
    assert fields == [
        ("short.1", "number", False),
        ("lot.1", "text", True),
        ("expiry.1", "date", True),
    ]
    assert pick_form(order, "G") == ()


def test_short_units_are_those_that_are_not_none() -> None:
    assert short_units({"short.1": 2, "short.2": 0, "lot.1": "L"}) == {"1": 2}


def test_units_are_told_apart_by_their_serial_numbers_or_are_one_lot() -> None:
    day = date(2027, 1, 31)
    filled = {"lot.1": "L", "expiry.1": day, "serial.1": "S1, S2 ,", "lot.2": "M", "lot.4": "N"}
    assert picked_items(filled, {"1": 2, "2": 3, "3": 1, "4": 0}) == (
        Item(line="1", lot="L", serial="S1", expiry=day),
        Item(line="1", lot="L", serial="S2", expiry=day),
        Item(line="2", quantity=3, lot="M"),
    )


def form_of(name: str, of: str, **state: Any) -> tuple[FormField, ...]:
    order = an_order({slot("allocated", "S"): 1}, **state)
    return answer_form(order.state, OpenTask("t", name, "support", "why", of))


def test_a_form_asks_for_the_answers_of_whom_a_task_asks_after() -> None:
    fo = with_supplier("S")
    asked = CancellationRequest("C", "S", {"1": 1}, "", False, NOW)
    assert form_of("overdue.dropship", "S", fulfillment_orders={"S": fo}) == forms.ANSWERED
    assert form_of("overdue.dropship", "C", cancellations={"C": asked}) == forms.CANCELLATION_FORM
    assert (
        form_of("overdue.carrier", "R1", returns={"R1": a_return("approved", {})}) == forms.COMING
    )
    assert form_of("overdue.payments", "A-M1", refunds={"A-M1": a_refund(1, 5)}) == forms.REFUNDED
    for money in ("overdue.payment", "overdue.cash", "overdue.reminder"):
        assert form_of(money, "A") == forms.PAID
    for plain, of in (("look", "C"), ("overdue.backorder", "A"), ("overdue.in_house", "S")):
        assert form_of(plain, of, cancellations={"C": asked}) == ()
