"""Whatever may be sent has a bound; from the models themselves, so that no field is left out."""

from __future__ import annotations

import decimal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from orderflow import calendars
from orderflow.calendars import EARLIEST, LATEST
from orderflow.carriers.payload import _Payload
from orderflow.carriers.webhooks import _Event
from orderflow.errors import InvalidInput, Problem
from orderflow.model.commands import Command, Edit
from orderflow.model.content import content_of
from orderflow.model.document import Line, NewOrder
from orderflow.model.observations import LineAnswer, Observation, TrackingReported
from orderflow.model.parcel import ParcelStatus
from orderflow.model.reading import Input, read, read_json
from orderflow.money import CURRENCIES, Money, to_minor
from tests.mutants import Law, Mutants, Mutate, Patch, law, replace
from tests.mutants import Mutant as Broken


def _kinds(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for kind in model.__subclasses__():
        if kind.__module__.startswith("orderflow."):
            yield kind
        yield from _kinds(kind)


_FOUND: set[type[BaseModel]] = {*_kinds(Input), _Event, _Payload}
MODELS = sorted(_FOUND, key=lambda model: model.__name__)
FIELDS = [(model, name) for model in MODELS for name in model.model_fields]
DOORS = [Command, Observation, NewOrder, _Payload]

Schema = dict[str, Any]


def _unbounded(schema: Schema, root: Schema, path: str, seen: frozenset[str]) -> Iterator[str]:
    """Where a value could be as large as one likes."""
    if name := schema.get("$ref"):
        if name not in seen:
            yield from _unbounded(_at(root, name), root, path, seen | {name})
        return
    if schema.keys() & {"const", "enum"}:
        return
    for of in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _unbounded(of, root, path, seen)
    kind = schema.get("type")
    if missing := [key for key in NEEDED.get(kind or "", ()) if not schema.keys() & key]:
        yield f"{path}: a {kind} without {missing}"
    if kind == "array":
        yield from _unbounded(schema["items"], root, f"{path}.0", seen)
    if kind == "object" and "properties" not in schema and "description" not in schema:
        for of in schema.get(
            "patternProperties", {"": schema.get("additionalProperties")}
        ).values():
            yield from _unbounded(of, root, f"{path}.*", seen)
        yield from _unbounded(
            {"type": "string"} | schema.get("propertyNames", {}), root, path, seen
        )
    for name, of in schema.get("properties", {}).items():
        yield from _unbounded(of, root, f"{path}.{name}", seen)


NEEDED: dict[str, tuple[set[str], ...]] = {
    "string": ({"maxLength", "formatMaximum"},),
    "integer": ({"minimum", "exclusiveMinimum"}, {"maximum"}),
    "number": ({"minimum"}, {"maximum"}),
    "array": ({"maxItems"},),
    "object": ({"maxProperties", "properties"},),
}


def _at(root: Schema, reference: str) -> Schema:
    found: Schema = root["$defs"][reference.rpartition("/")[2]]
    return found


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_the_schema_of_what_may_be_sent_bounds_every_value(door: type[BaseModel]) -> None:
    schema = door.model_json_schema()
    assert list(_unbounded(schema, schema, door.__name__, frozenset())) == []


def test_the_law_finds_a_field_without_a_bound() -> None:
    class Mutant(BaseModel):
        text: str
        number: int
        many: tuple[bool, ...]
        named: dict[str, bool]

    schema = Mutant.model_json_schema()
    found = [told.partition(":")[0] for told in _unbounded(schema, schema, "m", frozenset())]
    assert found == ["m.text", "m.number", "m.many", "m.named", "m.named"]


def _deep(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


def _ring() -> Any:
    ring: list[Any] = []
    ring += [ring, ring]
    return ring


MONSTERS: dict[str, Any] = {
    "a long text": "x" * 1_000_000,
    "a long number": "9" * 1_000_000,
    "a number with a long exponent": "1e999990",
    "an endless zero's sister": Decimal("1E+999990"),
    "many places": Decimal("0." + "3" * 900_000),
    "a large number": 10**30,
    "a number too long to print": 10**5000,
    "a number far below": -(10**5000),
    "no number": Decimal("NaN"),
    "a list of many": [0] * 300_000,
    "a list of empty things": [{}] * 300_000,
    "names without end": {f"n{n}": 1 for n in range(90_000)},
    "lists within lists": {"v": _deep(900)},
    "a list in itself": {"v": _ring()},
    "half a character": {"v": "\udcff", "\udcff": 1},
    "before the beginning": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
    "beyond the end": datetime(9999, 12, 31, 23, 59, tzinfo=timezone(-timedelta(hours=12))),
    "for good": "9999-12-31T00:00:00Z",
    "no zone": datetime(2026, 1, 1),
}


DATES = ["promised", "at", "until", "not_before", "occurred_at", "expiry"]
FITS = {("many places", date) for date in DATES} | {("no zone", "expiry")}
FITS |= {(name, date) for name in ("for good", "beyond the end") for date in DATES}
"""What is no monster there: seconds since 1970, and what is without end."""


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("model", "field"), FIELDS, ids=lambda of: getattr(of, "__name__", of))
def test_what_is_out_of_bounds_is_refused_with_its_field(
    model: type[BaseModel], field: str
) -> None:
    for name, monster in MONSTERS.items():
        if (name, field) in FITS:
            continue
        with pytest.raises(InvalidInput) as refused:
            read(model, {"currency": "EUR", "quantity": 1, field: monster})
        named = {problem.field.partition(".")[0] for problem in refused.value.problems}
        assert field in named or (isinstance(monster, str) and _takes(model, field, monster[:9]))
        assert len(str(refused.value)) < 100_000


def _takes(model: type[BaseModel], field: str, text: str) -> bool:
    """Whether it is just a text to this field."""
    with pytest.raises(InvalidInput) as refused:
        read(model, {field: text, "more": "than there is"})
    return field not in {problem.field for problem in refused.value.problems}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("text", ["[" * 1_000_000, '{"v":' * 200_000, "9" * 1_000_000])
@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_text_that_is_no_document_is_refused(door: type[BaseModel], text: str) -> None:
    with pytest.raises(InvalidInput):
        read_json(door, text)


prices = st.decimals(0, 10**7, places=30) | st.decimals(0, 10**7, places=2)
hosts = st.builds(
    decimal.Context,
    prec=st.integers(1, 9),
    rounding=st.sampled_from([decimal.ROUND_UP, decimal.ROUND_FLOOR, decimal.ROUND_HALF_EVEN]),
    capitals=st.sampled_from([0, 1]),
    traps=st.sampled_from([[], [decimal.Inexact], [decimal.Rounded, decimal.Subnormal]]),
)


@given(price=prices, quantity=st.integers(1, 10**7), host=hosts)
def test_money_does_not_depend_on_the_host(
    price: Decimal, quantity: int, host: decimal.Context
) -> None:
    def told() -> list[object]:
        line = Line(sku="S", quantity=quantity, unit_price=price)
        order = NewOrder(currency="EUR", lines=(line,))
        cost = content_of(LineAnswer(line="1", unit_cost=price))
        money = [str(order.total), order.total.amount, Money.of(price, "BHD")]
        return [order.lines[0].amount, cost, *money, to_minor(price, "JPY")]

    right = told()
    with decimal.localcontext(host):
        assert told() == right


@given(st.integers(-(10**40), 10**40), st.sampled_from(sorted(CURRENCIES)))
def test_money_is_told_to_the_last_digit(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert Money.of(str(money.amount), currency) == money == Money.of(money.amount, currency)


@pytest.mark.parametrize("amount", ["1e999990", "0e999990", "NaN", "x", Decimal("1e101"), 0.1])
def test_money_of_what_is_no_amount_is_refused(amount: Any) -> None:
    with pytest.raises(InvalidInput, match="amount"):
        Money.of(amount, "EUR")


@given(
    st.datetimes(datetime(1900, 1, 3), datetime(8999, 12, 29)),
    st.integers(-14, 14),
)
def test_a_moment_is_the_same_in_each_notation(moment: datetime, hours: int) -> None:
    scan = TrackingReported(tracking_number="T1", status=ParcelStatus.IN_TRANSIT)
    at = moment.replace(tzinfo=UTC)
    other = scan.at(at.astimezone(timezone(timedelta(hours=hours))))
    assert other.model_dump_json() == scan.at(at).model_dump_json()
    assert other.occurred_at.tzinfo is UTC


@given(st.datetimes(timezones=st.just(UTC)), st.timedeltas(timedelta()), st.integers(1, 99))
def test_no_period_of_waiting_is_too_long(moment: datetime, span: timedelta, times: int) -> None:
    at = min(max(moment, EARLIEST), LATEST)
    due = calendars.add_span(at, span, times)
    assert at <= due <= LATEST
    if due < LATEST:
        assert (due - at) == span * times


@pytest.mark.parametrize("unseen", ["\u200b", "\u00a0", "\ufeff", "\u202e", "\u2028", "\x85"])
def test_names_that_look_alike_are_one_or_refused(unseen: str) -> None:
    with pytest.raises(ValidationError):
        Line(sku=f"MU{unseen}G", quantity=1)
    assert Line(sku="CAFE\u0301", quantity=1) == Line(sku="CAF\u00c9", quantity=1)
    with pytest.raises(ValidationError, match="spell the same"):
        Edit(quantities={"e\u0301": 1, "\u00e9": 2})


def test_a_value_that_cannot_be_shown_is_named() -> None:
    for monster in (10**5000, _deep(100_000), "x" * 1_000_000):
        assert len(str(Problem("field", monster, "less is right"))) < 500


def counts_as_the_host_does(patch: Patch) -> None:
    """Money is calculated in a context with three digits."""
    replace(patch, "money in a context of its own", decimal.Context(prec=3))


def waits_beyond_the_end(patch: Patch) -> None:
    """A period that ends too late ends at the last moment that Python has."""
    end = datetime.max.replace(tzinfo=UTC)

    def beyond(moment: datetime, span: timedelta, times: int = 1) -> datetime:
        return moment + span * times if span <= (end - moment) / times else end

    replace(patch, "when a period is over", beyond)


LAWS: dict[Mutate, Law] = {
    counts_as_the_host_does: law(test_money_is_told_to_the_last_digit),
    waits_beyond_the_end: law(test_no_period_of_waiting_is_too_long),
}
MUTANTS = Mutants("bounds", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Broken[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
