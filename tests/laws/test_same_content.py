"""The same content is known again however it is written, and in a later release; another is not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic import AwareDatetime, BaseModel, ValidationError, create_model

from orderflow import Engine, InHouse, Line, NewOrder, Refused
from orderflow.calendars import EARLIEST, LATEST
from orderflow.engine.pipeline.envelope import digest
from orderflow.model.commands import (
    AnyCommand,
    Cancel,
    Command,
    CommandBody,
    Confirm,
    PlaceOrder,
    StockCommand,
)
from orderflow.model.content import content_of
from orderflow.model.document import Address
from orderflow.model.observations import (
    AnyObservation,
    LineAnswer,
    Observation,
    ObservationBody,
    TrackingReported,
)
from orderflow.model.parcel import ParcelStatus
from orderflow.model.reading import read_json
from orderflow.simulation import SequentialIds, VirtualClock
from orderflow.stores import MemoryStore
from orderflow.testing import addresses, lines, orders

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
BODIES: list[type[Any]] = [
    *get_args(get_args(AnyCommand)[0]),
    *get_args(get_args(AnyObservation)[0]),
]
few = settings(max_examples=15)  # of each body
DIGESTS = [
    "64a3f978ef1b7c41ce5bbc7dfae9ba59",
    "547a7e1cf574c9905eb4d0207b05b71a",
    "e888e149df0d3a73f4c23d4e3b1430b2",
]
each_body = pytest.mark.parametrize("body", BODIES, ids=lambda body: body.__name__)
words = st.sampled_from(["A-1", "A-2", "é", "x y", "0"])
SIMPLE: dict[Any, SearchStrategy[Any]] = {
    str: words,
    int: st.integers(1, 99),
    bool: st.booleans(),
    type(None): st.none(),
    date: st.dates(),
    AwareDatetime: st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=2))])),
    Decimal: st.sampled_from(["0", "1", "1.0", "1.50", "2.5", "0.00"]).map(Decimal),
    Any: words,
    NewOrder: orders(attributes=st.dictionaries(words, words, max_size=2)),
    Line: lines().map(lambda line: line.model_copy(update={"id": "9"})),
    Address: addresses(),
}


def values(hint: Any) -> SearchStrategy[Any]:
    """Values of an annotation; of what the kit draws, those of the kit."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in SIMPLE:
        return SIMPLE[hint]
    if origin is Annotated:
        return values(arguments[0])
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (UnionType, Union):
        return st.one_of(*map(values, arguments))
    if origin is tuple:
        return st.lists(values(arguments[0]), max_size=2).map(tuple)
    if origin in (dict, Mapping):
        return st.dictionaries(values(arguments[0]), values(arguments[1]), max_size=2)
    if issubclass(hint, Enum):
        return st.sampled_from(hint)
    return given_to(hint).map(made(hint))


def given_to(model: type[BaseModel]) -> SearchStrategy[dict[str, Any]]:
    """What a model may be made of: each field that has a default is given, or left out."""
    fields = model.model_fields.items()
    return st.fixed_dictionaries(
        {name: values(field.annotation) for name, field in fields if field.is_required()},
        optional={
            name: values(field.annotation) for name, field in fields if not field.is_required()
        },
    )


def made(model: type[BaseModel]) -> Any:
    """What makes the model of what it is given; what it does not take is drawn again."""

    def make(given: dict[str, Any]) -> BaseModel:
        try:
            return model(**given)
        except ValidationError:
            assume(False)
            raise

    return make


def told(body: Any) -> str:
    """The digest of a body in its envelope."""
    if isinstance(body, ObservationBody):
        return digest(body.at(NOW).content())
    subject = "" if isinstance(body, StockCommand | PlaceOrder) or body.kind == "draft" else "A-1"
    return digest(body.to(subject).content())


@each_body
@few
@given(data=st.data())
def test_a_field_of_a_later_release_changes_no_content(
    body: type[Any], data: st.DataObject
) -> None:
    """What was sent before the release is known when it is sent again after it."""
    given = data.draw(given_to(body))
    before = made(body)(given)
    more: Any = {"later": (str, ""), "even_later": (dict[str, int] | None, None)}
    after = create_model(body.__name__, __base__=body, **more)
    assert told(after(**given)) == told(before)
    assert told(after(**given, later="said")) != told(before)


def inside(models: list[type[Any]]) -> list[type[Any]]:
    """The models in the fields of models."""
    hints: list[Any] = [f.annotation for model in models for f in model.model_fields.values()]
    for hint in hints:
        hints += get_args(hint)
    found = [hint for hint in hints if isinstance(hint, type) and issubclass(hint, BaseModel)]
    more = [*dict.fromkeys(model for model in found if model not in models)]
    return [*more, *inside([*models, *more])] if more else []


@pytest.mark.parametrize("model", inside(BODIES), ids=lambda model: model.__name__)
@few
@given(data=st.data())
def test_a_later_field_of_what_is_inside_changes_no_content(
    model: type[Any], data: st.DataObject
) -> None:
    before = data.draw(values(model))
    more: Any = {"later": (str, "")}
    after = create_model(model.__name__, __base__=model, **more)
    assert content_of(after(**dict(before))) == content_of(before)
    assert content_of(after(**dict(before), later="said")) != content_of(before)


@each_body
@few
@given(data=st.data())
def test_another_value_is_another_content(body: type[Any], data: st.DataObject) -> None:
    """Two of a kind have the same digest where they are equal, and only there."""
    given = data.draw(given_to(body))
    one = made(body)(given)
    name = data.draw(st.sampled_from([*body.model_fields]))
    value = data.draw(values(body.model_fields[name].annotation))
    other = made(body)({**given, name: value})
    assert (told(one) == told(other)) == (one == other)


@each_body
@few
@given(data=st.data())
def test_the_same_content_in_another_notation(body: type[Any], data: st.DataObject) -> None:
    """Defaults written out, fields and entries in another order, other zones, more zeros."""
    given = data.draw(given_to(body))
    one = made(body)(given)
    written = {name: getattr(one, name) for name in reversed(body.model_fields)}
    assert told(body(**written)) == told(one)
    assert told(body(**{name: noted(value) for name, value in written.items()})) == told(one)
    assert told(body.model_validate_json(one.model_dump_json())) == told(one)


def noted(value: Any) -> Any:
    """The same, noted in another way."""
    match value:
        case datetime():
            return value.astimezone(timezone(timedelta(hours=-5)))
        case Decimal():
            sign, digits, exponent = value.as_tuple()
            return Decimal((sign, (*digits, 0, 0), int(exponent) - 2))
        case BaseModel():
            fields = type(value).model_fields
            return {name: noted(getattr(value, name)) for name in reversed(fields)}
        case Mapping():
            return {name: noted(value[name]) for name in reversed([*value])}
        case list() | tuple():
            return [noted(item) for item in value]
        case _:
            return value


def test_bodies_without_a_field_differ() -> None:
    plain = [
        body for body in BODIES if not any(f.is_required() for f in body.model_fields.values())
    ]
    assert len({told(body()) for body in plain}) == len(plain) > 5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Cancel(), Confirm()),
        (Cancel(), Cancel(lines={})),
        (Cancel(lines={"1": 1}), Cancel(lines={"1": 2})),
    ],
)
def test_these_differ(one: CommandBody, other: CommandBody) -> None:
    assert told(one) != told(other)


def test_who_asks_and_about_what_counts() -> None:
    asked = [Cancel().to("A-1"), Cancel().to("A-2"), Cancel().to("A-1", by="ana")]
    assert len({digest(command.content()) for command in asked}) == 3
    assert Cancel().to("A-1", id="c1").content() == Cancel().to("A-1", id="c2").content()


@pytest.mark.parametrize("cost", ["0", "-0", "0.00", "0E+9"])
def test_zero_is_zero(cost: str) -> None:
    nothing = LineAnswer(line="1", unit_cost=Decimal("0"))
    assert content_of(LineAnswer(line="1", unit_cost=Decimal(cost))) == content_of(nothing)
    assert content_of(nothing) != content_of(LineAnswer(line="1"))


@pytest.mark.parametrize("cost", ["1.000000000000000000000000000001", "1E+14", "1E+2"])
def test_a_number_counts_to_its_last_digit(cost: str) -> None:
    one = content_of(LineAnswer(line="1", unit_cost=Decimal(cost)))
    assert one != content_of(LineAnswer(line="1", unit_cost=Decimal(1)))
    assert Decimal(one["unit_cost"]) == Decimal(cost)


@pytest.mark.parametrize("moment", [EARLIEST + timedelta(days=1), LATEST - timedelta(days=1)])
@pytest.mark.parametrize("hours", [-14, 0, 14])
def test_every_moment_has_a_content(moment: datetime, hours: int) -> None:
    there = timezone(timedelta(hours=hours))
    sent = TrackingReported(tracking_number="T1", status=ParcelStatus.DELIVERED)
    observed = Observation(occurred_at=moment.replace(tzinfo=there), body=sent)
    assert observed.content() != sent.at(NOW).content()


def test_these_digests_stand_in_databases() -> None:
    """A change makes every command that is sent again ``id_reused``."""
    order = NewOrder(
        number="A-1",
        currency="GBP",
        lines=(Line(sku="MUG", quantity=2, unit_price=Decimal("2.50"), not_before=NOW),),
        attributes={"gift": {"paper": ["red", None]}, "weight": 1.5},
    )
    scan = TrackingReported(tracking_number="T1", status=ParcelStatus.DELIVERED, signed=True)
    assert [told(sent) for sent in (PlaceOrder(order=order), Cancel(), scan)] == DIGESTS


def test_the_engine_knows_a_command_again_by_its_content() -> None:
    engine = Engine(MemoryStore(), [InHouse()], clock=VirtualClock(), ids=SequentialIds())
    mug = Line(sku="MUG", quantity=1, unit_price=Decimal("2.5"))
    first = engine.place(NewOrder(number="A-1", currency="GBP", lines=(mug,)), id="cart")
    again = read_json(
        Command,
        '{"id": "cart", "body": {"kind": "place", "order": {"number": "A-1", "currency": "GBP",'
        ' "gift": false, "lines": [{"unit_price": "2.500", "sku": "MUG", "quantity": 1,'
        ' "ships": true}]}}}',
    )
    assert engine.submit(again).version == first.version
    engine.submit(Cancel().to("A-1", id="c1"))
    version = engine.order("A-1").version
    assert engine.submit(Cancel(reason="customer").to("A-1", id="c1")).version == version
    with pytest.raises(Refused) as refused:
        engine.submit(Cancel(reason="late").to("A-1", id="c1"))
    assert refused.value.codes == {"id_reused"}
