"""The card of the rules: left by the engine, read by who has no code of the application."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from typing import Any

import attrs
import pytest
import sqlalchemy as sa

from orderflow import IN_HOUSE, Engine, Hooks, InHouse, Line, NewOrder, Refusal, Steps, Transition
from orderflow.calendars import Hours
from orderflow.cli.visit import Visitor, visit
from orderflow.engine.card.reader import BadCard, rules_of
from orderflow.engine.card.writer import card_of
from orderflow.engine.doctor import examine
from orderflow.errors import StoreReadOnly
from orderflow.fulfillment import MANUAL, Cheapest, Digital, Dropship, Handover, Pickup, ThirdParty
from orderflow.kernel.decision.rules import Settings
from orderflow.kernel.decision.step import Step
from orderflow.model.order import Order
from orderflow.money import Money
from orderflow.policies import (
    UNLIMITED,
    Keep,
    Limit,
    ReserveAtPlacement,
    Retention,
    Windows,
    at_placement,
    not_once_packed,
    returnable_within,
    when_paid,
)
from orderflow.simulation import VirtualClock
from orderflow.stores import MemoryStore, SqlStore
from orderflow.testing import FakePartner
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, original, replace

MUG = Line(sku="MUG", quantity=1, stocked=False)


def short(_step: Step) -> Refusal | None:
    """A guard that is code."""
    return None


GUARDED = IN_HOUSE.extend(
    name="guarded",
    transitions=[Transition("pick", "open", "picking", guards=[short], roles={"crew"})],
    without=[("pick", "open")],
)


class Guarded(InHouse):
    """Fulfills on a workflow of its own."""

    code = "guarded"
    workflow = GUARDED


class Choosy(InHouse):
    """Takes what only code can tell."""

    code = "choosy"

    def accepts(self, line: Line) -> Refusal | None:
        """Not rings."""
        return Refusal("choosy.ring", "no rings") if line.sku == "RING" else None


class OwnSteps(Steps):
    """Steps that only code can tell."""


def hooks() -> Hooks:
    """A guard on every pick."""
    found = Hooks()
    found.guard("pick")(short)
    return found


WINDOWS = Windows(
    reminder=timedelta(days=3),
    at_risk=None,
    escalation=timedelta(hours=5, microseconds=7),
    review_hours=Hours("Europe/Berlin", time(8), time(19, 30)),
)
LIMITS = {"clerk": Limit(refund=[Money.of(50, "EUR")], override=UNLIMITED)}
TAX = Keep(because="tax", years=8, days=3, zone="Europe/Berlin")
RETENTION = Retention(rows={"order": TAX}, documents={"*invoice*": Keep(because="tax", days=9)})
RULES: dict[str, Settings] = {
    "the defaults": {},
    "by hand": {"steps": MANUAL},
    "some by hand": {"steps": Steps(manual={"pick"}, when=lambda _order: True)},
    "own steps": {"steps": OwnSteps()},
    "windows": {"windows": WINDOWS},
    "own policies": {"release": lambda _order: True, "amount_due": lambda _order: 5},
    "known policies": {"release": when_paid, "cancellable": not_once_packed},
    "made policies": {"returnable": returnable_within(timedelta(days=9)), "release": at_placement},
    "reserved": {"reserve": ReserveAtPlacement(None), "routing": Cheapest()},
    "hooks": {"hooks": hooks()},
    "limits": {"limits": LIMITS, "roles_of": lambda _actor: frozenset({"clerk"})},
    "retention": {"retention": RETENTION},
}

DATA_ALONE = {"the defaults", "by hand", "windows", "known policies", "reserved"}
"""Those of which the doctor asks nothing that is code."""


def make(store: Any, rules: Settings, kind: type[Engine] = Engine) -> Engine:
    strategies = [
        InHouse("rotterdam", "main"),
        Guarded(),
        Choosy(),
        Pickup(),
        Handover(),
        Digital(),
        Dropship(FakePartner()),
        ThirdParty(FakePartner()),
    ]
    return kind(store, strategies, clock=VirtualClock(), **rules)


@pytest.mark.parametrize("name", RULES)
def test_what_is_read_from_a_card_makes_the_same_card(name: str) -> None:
    engine = make(MemoryStore(), RULES[name])
    card = engine.store.card()
    assert card == card_of(engine.rules)
    assert card is not None
    read = rules_of(card)
    assert card_of(read) == card
    assert read.windows == engine.rules.windows
    assert read.limits == engine.rules.limits
    assert read.retention == engine.rules.retention
    assert {key: m.workflow.fingerprint for key, m in read.machines.items()} == {
        key: m.workflow.fingerprint for key, m in engine.rules.machines.items()
    }


@pytest.mark.parametrize("name", RULES)
def test_who_reads_the_card_judges_as_the_application_or_says_not_checked(name: str) -> None:
    store = MemoryStore()
    engine = make(store, RULES[name])
    for number, sku in (("A-1", "MUG"), ("A-2", "RING")):
        line = MUG.model_copy(update={"sku": sku})
        engine.place(NewOrder(number=number, currency="EUR", lines=(line,)))
    engine.worker.run_until_idle()
    reader = visit(store, clock=engine.clock)
    assert (reader.by_card, reader.lacks) == (True, "")
    assert list(examine(engine)) == []
    found = list(examine(reader))
    assert [each for each in found if each.promise is not None] == []
    for order in ("A-1", "A-2"):
        by_app, by_card = engine.explain(order), reader.explain(order)
        told = any(fault.startswith("not checked: ") for fault in by_card.faults)
        assert told or by_card.pending == by_app.pending
        unknown = {
            str(offer.command)
            for offer in by_card.blocked
            if {refusal.code for refusal in offer.refusals} == {"rule.not_checked"}
        }
        offered = {str(offer.command) for offer in by_app.allowed} - unknown
        assert {str(offer.command) for offer in by_card.allowed} == offered
    assert found == [] or name not in DATA_ALONE
    assert store.card() == card_of(engine.rules)


def test_a_card_is_written_where_it_differs_and_the_last_writer_wins(database: str) -> None:
    store = SqlStore(database)
    make(store, {})
    before = store.card()
    writes: list[str] = []
    sa.event.listen(store._own.engine, "commit", lambda _c: writes.append("commit"))
    make(store, {})
    make(store, {"steps": MANUAL}, Visitor)
    assert (store.card(), writes) == (before, [])
    other = make(store, {"steps": MANUAL})
    assert store.card() == card_of(other.rules)
    assert store.card() != before
    store.close()


def test_nothing_is_left_in_a_transaction_of_the_hosts(database: str) -> None:
    store = SqlStore(database)
    with store._own.engine.begin() as connection:
        make(store.in_transaction(connection), {})
    assert store.card() is None
    store.close()


def test_a_store_that_cannot_be_written_to_is_worked_with_all_the_same() -> None:
    class ReadOnly(MemoryStore):
        def keep_card(self, card: str) -> None:
            raise StoreReadOnly(f"no place for {card:.9}")

    assert list(make(ReadOnly(), {}).orders()) == []


@pytest.mark.parametrize("card", ["", "{", "[]", '{"card": 99}', '{"card": 1}', "null"])
def test_a_card_that_cannot_be_read_is_no_card(card: str) -> None:
    store = MemoryStore()
    make(store, {}).place(NewOrder(number="A-1", currency="EUR", lines=(MUG,)))
    store.keep_card(card)
    with pytest.raises(BadCard):
        rules_of(card)
    reader = visit(store, clock=VirtualClock(datetime(2026, 1, 5, 9, tzinfo=UTC)))
    assert reader.lacks.startswith("the card of the rules cannot be read")
    assert reader.explain("A-1").pending
    list(examine(reader))


def test_no_field_of_the_windows_is_left_out() -> None:
    told = json.loads(card_of(make(MemoryStore(), {}).rules))
    assert set(told["windows"]) == {field.name for field in attrs.fields(Windows)}
    left = set(Settings.__annotations__) - {"steps", "hooks", "lifecycle", "returns", "workflows"}
    assert left == set(told["policies"]) | {"windows", "limits", "retention"}


def test_a_document_is_the_one_that_was_placed() -> None:
    store = MemoryStore()
    engine = make(store, {})
    placed = engine.place(NewOrder(number="A-1", currency="EUR", lines=(MUG,)), id="place-1")
    other = placed.document.model_copy(update={"attributes": {"engraving": "by hand"}})
    store._orders["A-1"] = Order(other, placed.state)
    assert [found.what for found in examine(engine)] == [
        "its document is not the one that was placed"
    ]


# --- mutants -------------------------------------------------------------------------------------


def forgets_the_windows(patch: Patch) -> None:
    """A card tells of no window that an application has set."""
    tell = original("the windows on a card")
    replace(patch, "the windows on a card", lambda _windows: tell(Windows()))


def answers_for_code(patch: Patch) -> None:
    """What only the application can tell is answered by who reads the card."""
    replace(patch, "code on a card", lambda _what, _name: lambda *_given: None)


def believes_every_document(patch: Patch) -> None:
    """A document is not compared with what was placed."""
    replace(patch, "a document is as it was placed", lambda _store, _order: True)


LAWS: dict[Mutate, Law] = {
    forgets_the_windows: law(test_what_is_read_from_a_card_makes_the_same_card, "windows"),
    answers_for_code: law(
        test_who_reads_the_card_judges_as_the_application_or_says_not_checked, "own policies"
    ),
    believes_every_document: law(test_a_document_is_the_one_that_was_placed),
}
MUTANTS = Mutants("card", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    print(mutant.breaks(LAWS[mutant.how]))
