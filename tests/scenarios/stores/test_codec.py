"""What the codec writes is read again as it was, in this release and in later ones."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from types import MappingProxyType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow.model.document import PERSONAL_FIELDS, NewOrder
from orderflow.model.events import KINDS, UPCASTERS, Entry, Event, NoteAdded, UnitsMoved
from orderflow.model.frozen_mapping import Frozen
from orderflow.model.ledger import Bucket, Ledger, Slot
from orderflow.model.messages import STORED, MessageBody, SettleStock, StockGranted, stored_name
from orderflow.model.observations import Observation, TrackingReported
from orderflow.model.parcel import Parcel, ParcelStatus
from orderflow.model.state import OrderState
from orderflow.model.stock import StockKey
from orderflow.stores import codec
from orderflow.testing import orders
from tests.renaming import renamed

NOW = datetime(2026, 1, 5, 9, 0, 0, 7, tzinfo=UTC)
texts = st.text(max_size=5)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    Any: plain,
    str: texts,
    int: st.integers(-(2**40), 2**40),
    bool: st.booleans(),
    type(None): st.none(),
    datetime: st.datetimes(timezones=st.just(UTC)),
    date: st.dates(),
    Decimal: st.decimals(allow_nan=False, allow_infinity=False),
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of an annotation."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in SIMPLE:
        return SIMPLE[hint]
    if origin in (UnionType, Union):
        return st.one_of(*map(values, arguments))
    if origin is tuple:
        return st.lists(values(arguments[0]), max_size=2).map(tuple)
    if origin is Mapping:
        return st.dictionaries(values(arguments[0]), values(arguments[1]), max_size=2)
    if hint is Ledger:
        return st.dictionaries(values(Slot), st.integers(1, 9), max_size=3).map(Ledger)
    if issubclass(hint, Enum):
        return st.sampled_from(hint)
    hints = get_type_hints(hint)
    names = [f.name for f in attrs.fields(hint)] if attrs.has(hint) else hint._fields
    return st.builds(hint, **{name: values(hints[name]) for name in names})


@given(state=values(OrderState))
def test_a_state_comes_back_in_its_order(state: OrderState) -> None:
    text = codec.encode_state(state)
    loaded = codec.decode_state(text)
    assert loaded == state
    assert codec.encode_state(loaded) == text
    assert list(loaded.lines) == list(state.lines)
    assert list(loaded.ledger.items()) == list(state.ledger.items())


@given(parcel=values(Parcel))
def test_a_parcel_comes_back(parcel: Parcel) -> None:
    assert codec.decode_parcel(codec.encode_parcel(parcel)) == parcel


@pytest.mark.parametrize("kind", KINDS.values(), ids=[kind.__name__ for kind in KINDS.values()])
@given(data=st.data())
def test_each_kind_of_event_comes_back(kind: type[Event], data: st.DataObject) -> None:
    events = data.draw(st.lists(values(kind), min_size=1, max_size=2).map(tuple))
    facts = data.draw(values(Mapping[str, Any]))
    entry = Entry("order:A-1", 3, NOW, "ana", "m1", events, facts)
    assert codec.decode_entry(codec.encode_entry(entry)) == entry


@pytest.mark.parametrize("kind", get_args(MessageBody))
@given(data=st.data())
def test_each_message_comes_back(kind: type[Any], data: st.DataObject) -> None:
    body = data.draw(values(kind))
    found = codec.decode_body(codec.encode_body(body))
    assert found == body
    assert type(found) is kind


def test_a_fact_comes_back_as_a_message() -> None:
    body = TrackingReported(tracking_number="T1", status=ParcelStatus.IN_TRANSIT, place="Linz")
    fact = body.at(NOW, id="scan-1")
    assert codec.decode_body(codec.encode_body(fact)) == fact
    assert codec.decode_observation(codec.encode_observation(fact)) == fact


@given(document=orders())
def test_a_document_comes_back_from_its_two_texts(document: NewOrder) -> None:
    shared, personal = codec.encode_document(document)
    assert set(msgspec.json.decode(personal)) == PERSONAL_FIELDS
    assert set(msgspec.json.decode(shared)) == set(NewOrder.model_fields) - PERSONAL_FIELDS
    assert codec.decode_document(shared, personal) == document


def test_free_attributes_stay_frozen() -> None:
    given = {"gift": {"paper": ["red", None]}, "weight": 1.5}
    document = NewOrder(currency="GBP", attributes=given)
    loaded = codec.decode_document(*codec.encode_document(document))
    assert loaded == document
    assert isinstance(loaded.attributes["gift"], Frozen)
    assert loaded.attributes["gift"]["paper"] == ("red", None)


def test_the_stored_form_of_a_journal_entry_is_this() -> None:
    moved = UnitsMoved(2, Slot("1", Bucket.OPEN), Slot("1", Bucket.ALLOCATED, "F1"))
    entry = Entry("order:A-1", 3, NOW, "ana", "m1", (moved, NoteAdded("é")), {"limit": 5})
    text = (
        '{"subject":"order:A-1","version":3,"at":"2026-01-05T09:00:00.000007Z","actor":"ana",'
        '"cause":"m1","events":[[5,1,{"dest":["1","allocated","F1","",""],"quantity":2,'
        '"source":["1","open","","",""]}],[24,1,{"text":"é"}]],"facts":{"limit":5}}'
    )
    assert codec.encode_entry(entry) == text
    assert codec.decode_entry(text) == entry


def test_the_stored_form_of_a_message_is_this() -> None:
    text = '{"kind":"SettleStock","body":{"key":["MUG","main"]}}'
    assert codec.encode_body(SettleStock(StockKey("MUG", "main"))) == text


def test_an_event_of_an_earlier_version_is_brought_up_to_date(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = codec.encode_entry(Entry("order:A-1", 1, NOW, "ana", "m1", (NoteAdded("tall"),)))
    number = NoteAdded.number
    monkeypatch.setattr(NoteAdded, "version", 3)
    monkeypatch.setitem(UPCASTERS, (number, 1), lambda told: {"words": [told["text"]]})
    monkeypatch.setitem(UPCASTERS, (number, 2), lambda told: {"text": told["words"][0] + "!"})
    assert codec.decode_entry(old).events == (NoteAdded("tall!"),)


@pytest.mark.parametrize("event", [[NoteAdded.number, 2, {"text": ""}], [999, 1, {}]])
def test_an_event_of_a_later_release_is_refused(event: list[object]) -> None:
    text = msgspec.json.encode(
        {
            "subject": "order:A-1",
            "version": 1,
            "at": NOW,
            "actor": "ana",
            "cause": "m1",
            "events": [event],
            "facts": {},
        }
    )
    with pytest.raises(msgspec.ValidationError, match="was written by a later release"):
        codec.decode_entry(text.decode())


def test_frozen_data_is_stored_as_plain_data() -> None:
    frozen = MappingProxyType({"paper": MappingProxyType({"colours": ("red", "blue")})})
    text = codec.encode_data(frozen)
    assert codec.decode_data(text) == {"paper": {"colours": ["red", "blue"]}}


def test_what_cannot_be_stored_is_named() -> None:
    with pytest.raises(TypeError, match="a complex cannot be stored"):
        codec.encode_data({"angle": 1j})
    with pytest.raises(TypeError, match="not a dict"):
        codec.encode_body({"kind": "SettleStock"})
    with pytest.raises(TypeError, match="not a StockGranted"):
        codec.encode_body(type("StockGranted", (StockGranted,), {})(StockKey("", ""), "1", 1))


def test_every_event_kind_is_in_its_table() -> None:
    assert all(kind.number == number for number, kind in KINDS.items())


def test_the_names_that_messages_are_stored_under() -> None:
    """They stand for ever. A new one is added; none is taken out or changed."""
    assert list(STORED) == [
        "StockGranted",
        "StockLost",
        "SettleStock",
        "ParcelChanged",
        "OpenParcel",
        "Dispatched",
        "SealParcel",
        "TakeOut",
        "HandOver",
        "Delivered",
        "VoidParcel",
        "HoldParcel",
        "TimerFired",
        "EffectFailed",
        "AnswerDeferred",
        "Observation",
    ]


def test_every_message_is_stored_under_one_name() -> None:
    assert Counter(STORED.values()) == Counter([*get_args(MessageBody), Observation])


@pytest.mark.parametrize("kind", get_args(MessageBody))
def test_a_renamed_class_is_stored_as_before(kind: type[Any]) -> None:
    body = kind(*[None] * len(attrs.fields(kind)))  # no field is looked at
    before = stored_name(body), codec.encode_body(body)
    with renamed(kind):
        assert repr(body).startswith("Renamed0")
        assert (stored_name(body), codec.encode_body(body)) == before
