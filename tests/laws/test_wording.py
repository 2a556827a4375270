"""Every event has its sentence in every language: for people, without what only code knows."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, get_type_hints

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow.errors import InvalidInput
from orderflow.model import events as ev
from orderflow.model.events import KINDS
from orderflow.model.ledger import Bucket
from orderflow.model.parcel import ParcelStatus
from orderflow.model.phases import OrderPhase
from orderflow.model.returns import Disposition
from orderflow.model.state import PaymentOutcome, RefundStatus
from orderflow.wording import LANGUAGES, Language, Wording, wording
from orderflow.wording.wording import _KEYS, _fields_of
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law

EVENTS = {kind.__name__: kind for kind in KINDS.values()}
FOR_CODE = re.compile(r"[{}<>\[\]=\"']|None|True|False|\d{4}-\d\d-\d\d|datetime|Decimal")
"""What a person never reads: what a template or a repr leaves, and a date as machines write it."""

KEYS = frozenset(_KEYS.values())
_KEY = st.sampled_from(["A-1:late:20260105T090000.0", "A-1-F1:pick:0", "A-1-F1:ask_back:2:task"])
_TEXTS = st.sampled_from(["A-1", "MUG", "north"])
_MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


def drawn(kind: type[Any]) -> st.SearchStrategy[Any]:
    """An event of a kind, with plain texts and moments of our days."""
    hints = get_type_hints(kind)
    given = {name: _KEY if name in KEYS else _of(hints[name]) for name in _names(kind)}
    return st.builds(kind, **given)


def _names(kind: Any) -> list[str]:
    return [field.name for field in attrs.fields(kind)]


def _of(hint: Any) -> st.SearchStrategy[Any]:
    plain: dict[Any, st.SearchStrategy[Any]] = {
        str: _TEXTS,
        int: st.integers(1, 9),
        datetime: _MOMENTS,
        date: st.dates(date(2020, 1, 1), date(2030, 1, 1)),
        Decimal: st.decimals(0, 9, places=2),
    }
    if hint in plain:
        return plain[hint]
    if isinstance(hint, type) and attrs.has(hint):
        return drawn(hint)
    parts: list[Any] = [*getattr(hint, "__args__", ())]
    if parts and type(None) in parts:
        return st.none() | st.one_of([_of(part) for part in parts if part is not type(None)])
    if getattr(hint, "__origin__", None) is tuple:
        return st.lists(_of(parts[0]), min_size=1, max_size=3).map(tuple)
    if parts:
        return st.dictionaries(_of(parts[0]), _of(parts[1]), min_size=1, max_size=3)
    if hasattr(hint, "_fields"):
        hints = get_type_hints(hint)
        return st.builds(hint, **{name: _of(hints[name]) for name in hint._fields})
    return st.from_type(hint)


EVERY = st.sampled_from(sorted(EVENTS)).flatmap(lambda name: drawn(EVENTS[name]))
LANGUAGE = pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)


@LANGUAGE
def test_every_event_has_a_template_of_fields_that_it_has(language: Language) -> None:
    assert {name.removesuffix("/not") for name in language.templates} == EVENTS.keys()
    for name, template in language.templates.items():
        known = _names(EVENTS[name.removesuffix("/not")])
        for field in _fields_of(template):
            first = field.partition(".")[0]
            assert first in known or _KEYS[first] in known, f"{name}: {field}"


@LANGUAGE
def test_a_language_lacks_nothing_that_another_has(language: Language) -> None:
    for other in LANGUAGES.values():
        assert language.templates.keys() == other.templates.keys()
        for name, template in language.templates.items():
            assert {*_fields_of(template)} == {*_fields_of(other.templates[name])}, name


@LANGUAGE
@given(data=st.data())
def test_a_sentence_is_for_people(language: Language, data: st.DataObject) -> None:
    event = data.draw(EVERY)
    said = Wording(language, "EUR").of(event)
    assert said == said.strip()
    assert said
    assert not FOR_CODE.search(said), f"{type(event).__name__}: {said}"


@LANGUAGE
def test_every_word_of_code_is_written_for_people(language: Language) -> None:
    for kind in (Bucket, Disposition, OrderPhase, ParcelStatus, PaymentOutcome, RefundStatus):
        for each in kind:
            assert "_" not in language.word(each.value), each.value


def test_sums_are_in_the_orders_money_and_moments_in_the_readers_zone() -> None:
    paid = ev.PaymentRecorded(PaymentOutcome.CAPTURED, 1250, "p1", 1250)
    assert Wording(currency="EUR").of(paid) == "payment captured: 12.50 EUR (p1)"
    dated = ev.DeliveryDated(datetime(2026, 1, 5, 23, 30, tzinfo=UTC))
    east = timezone(timedelta(hours=1))
    assert Wording(zone=east).of(dated) == "delivered 6 January 2026, 00:30"
    german = Wording(LANGUAGES["de"], "EUR", east)
    assert german.of(paid) == "Zahlung eingezogen: 12,50 EUR (p1)"
    assert german.of(dated) == "zugestellt 6. Januar 2026, 00:30 Uhr"


def test_what_is_empty_is_left_out_with_its_words() -> None:
    opened = ev.FulfillmentOrderOpened("A-1-F1", "own", "", ANY, "open", ANY)
    assert Wording().of(opened) == "A-1-F1 is assigned to own"
    assert Wording().of(attrs.evolve(opened, location="main")).endswith(" own at main")


ANY: Any = None


@given(text=st.text())
def test_a_text_of_others_is_no_template(text: str) -> None:
    assert Wording().of(ev.NoteAdded(text)) == text


def test_an_application_says_it_in_its_own_words() -> None:
    own = Wording(own={"HoldPlaced": "stopped[ because of {reason}]"})
    assert own.of(ev.HoldPlaced("fraud", "fraud")) == "stopped because of fraud"
    assert own.of(ev.HoldPlaced("fraud", "")) == "stopped"


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ({"HoldPlaced": "{why}"}, "HoldPlaced: got 'why', one of hold, on, reason, until is exp"),
        ({"Held": "held"}, "Held: got 'Held', the name of an event is expected"),
    ],
)
def test_a_template_of_what_is_not_there_is_refused(own: dict[str, str], told: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(told)):
        Wording(own=own)


# --- mutants: each breaks what a law says -----------------------------------------------------


def shows_names_of_code(patch: Patch) -> None:
    """A status is shown as it is called in code."""
    patch.setattr(Language, "word", lambda _self, name: name)


def keeps_the_brackets(patch: Patch) -> None:
    """What is optional is shown as the template has it."""
    patch.setattr(wording, "_OPTIONAL", re.compile("(never)"))


LAWS: dict[Mutate, Law] = {
    shows_names_of_code: law(test_every_word_of_code_is_written_for_people, LANGUAGES["en"]),
    keeps_the_brackets: law(test_what_is_empty_is_left_out_with_its_words),
}
MUTANTS = Mutants("wording", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
