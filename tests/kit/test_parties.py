"""Our carriers and parties keep their contracts, and each mutant breaks the law that names it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest

from orderflow.fulfillment import OwnVan
from orderflow.model.observations import (
    CancellationAnswered,
    Fact,
    GoodsShipped,
    InvoiceLine,
    InvoiceReceived,
    RequestAnswered,
)
from orderflow.ports import Carrier, GiveUp, Label, LabelRequest, Party, PartyRequest
from orderflow.simulation import Moods, SimulatedCarrier, SimulatedParty, VirtualClock
from orderflow.testing import (
    CarrierContract,
    FakeCarrier,
    FakeParty,
    PartyContract,
    ProviderContract,
    SupplierContract,
)
from tests.kit.breaking import what_is_told

COUNT = itertools.count()


class TestOwnVan(CarrierContract):
    def make_carrier(self) -> OwnVan:
        return OwnVan()


class TestSimulatedCarrier(CarrierContract):
    capabilities = frozenset({"finds_keys"})

    def make_carrier(self) -> SimulatedCarrier:
        return SimulatedCarrier(VirtualClock(), seed=3)


class TestFakeCarrier(CarrierContract):
    capabilities = frozenset({"finds_keys"})

    def make_carrier(self) -> FakeCarrier:
        return FakeCarrier()


def by_the_end_of_time(party: Any) -> list[Fact]:
    found = []
    while (due := party.next_due()) is not None:
        found += [observation.body for observation in party.facts(due + timedelta(days=99))]
    return found


class Simulated:
    capabilities = frozenset({"tells"})
    moods = Moods()

    def make_party(self) -> SimulatedParty:
        return SimulatedParty(VirtualClock(), seed=5, moods=self.moods)

    def told(self, party: Party) -> Iterable[Fact]:
        return by_the_end_of_time(party)


class TestSimulatedSupplier(Simulated, SupplierContract):
    pass


class TestSimulatedProvider(Simulated, ProviderContract):
    pass


class TestForgetfulSupplier(Simulated, SupplierContract):
    moods = Moods(late=1, fails=1, repeats=1, reorders=1)


class TestFakeParty(PartyContract):
    def make_party(self) -> FakeParty:
        return FakeParty(prompt=True)


# --- mutants: carriers ----------------------------------------------------------------------


# ruff: noqa: ARG002 (broken on purpose: they do not look)


class SellsAgain(FakeCarrier):
    def buy_label(self, request: LabelRequest) -> Label:
        return Label("mine", f"N{next(COUNT)}")


class SellsOneNumber(FakeCarrier):
    def buy_label(self, request: LabelRequest) -> Label:
        return Label("mine", "N1")


class SellsBlanks(FakeCarrier):
    def buy_label(self, request: LabelRequest) -> Label:
        return Label("mine", f" {request.key}")


class SellsText(FakeCarrier):
    def buy_label(self, request: LabelRequest) -> Any:
        return request.key


class FindsEverything(FakeCarrier):
    def find(self, key: str) -> Label | None:
        return Label("mine", key)


class FindsNothing(FakeCarrier):
    def find(self, key: str) -> Label | None:
        return None


class VoidsOnce(FakeCarrier):
    def void_label(self, key: str, label: Label) -> None:
        if label in self.voided:
            raise LookupError(label.tracking_number)
        super().void_label(key, label)


CARRIERS: dict[Callable[[], Carrier], tuple[str, str]] = {
    SellsAgain: ("the_same_key_buys_one_label", "P1:label:0 bought Label("),
    SellsOneNumber: ("other_keys_buy_other_labels", "two parcels have the number N1"),
    SellsBlanks: ("a_label_can_be_kept", "none blank at its ends"),
    SellsText: ("a_label_can_be_kept", "buy_label gave 'P1:label:0', not a Label"),
    FindsEverything: ("it_finds_nothing_that_was_not_bought", "nothing was bought with P1:label"),
    FindsNothing: ("it_finds_what_was_bought", "and find gives None"),
    VoidsOnce: ("a_deed_may_come_again", "void_label came again and raised LookupError"),
}


@pytest.mark.parametrize("mutant", CARRIERS, ids=lambda mutant: mutant.__name__)
def test_a_broken_carrier_is_caught(mutant: Callable[[], Carrier]) -> None:
    law, message = CARRIERS[mutant]
    kind = type("Knows", (CarrierContract,), {"capabilities": frozenset({"finds_keys"})})
    told = what_is_told(kind, law, make_carrier=mutant)
    assert message in told
    assert f"law {law}: " in told


# --- mutants: parties ----------------------------------------------------------------------


@attrs.define
class Ships(FakeParty):
    """Ships what it takes, at once; keeps what it told."""

    said: list[Fact] = attrs.field(factory=list)

    def submit(self, request: PartyRequest) -> Fact | None:
        lines = {line.line: line.quantity for line in request.lines}
        notice = f"N{len(self.said)}"
        self.said.append(GoodsShipped(fo=request.number, notice=notice, lines=lines))
        return None


class ShipsOnRemind(FakeParty):
    said: tuple[Fact, ...] = ()

    def remind(self, key: str, number: str) -> None:
        more = GoodsShipped(fo=number, notice=key, lines={"1": 9})
        self.said = (*self.said, more)


class AnswersForAnother(FakeParty):
    def submit(self, request: PartyRequest) -> Fact | None:
        return RequestAnswered(fo="A-9-F9")


class AnswersOtherLines(Ships):
    def submit(self, request: PartyRequest) -> Fact | None:
        return GoodsShipped(fo=request.number, notice="N", lines={"7": 1})


class AnswersOk(FakeParty):
    def submit(self, request: PartyRequest) -> Any:
        return "ok"


class CountsItsAnswers(FakeParty):
    def submit(self, request: PartyRequest) -> Fact | None:
        self.asked.append(request)
        return RequestAnswered(fo=request.number, reference=str(len(self.asked)))


class GivesUpAll(FakeParty):
    def give_up(self, request: GiveUp) -> Fact | None:
        return CancellationAnswered(fo=request.number, lines=dict.fromkeys(request.lines, 99))


@attrs.define
class GivesUpAndShips(Ships):
    def give_up(self, request: GiveUp) -> Fact | None:
        return CancellationAnswered(fo=request.number, lines=dict(request.lines))


class ChargesMore(FakeParty):
    said: tuple[Fact, ...] = ()

    def submit(self, request: PartyRequest) -> Fact | None:
        line = InvoiceLine(line=request.lines[0].line, quantity=1, unit_cost=Decimal(99))
        self.said = (InvoiceReceived(fo=request.number, number="I", lines=(line,)),)
        return None


PARTIES: dict[Callable[[], Any], tuple[str, str]] = {
    Ships: ("the_same_key_is_the_same_request", "too many were shipped"),
    ShipsOnRemind: ("a_reminder_does_no_harm", "reminded twice, it shipped {'1': "),
    AnswersForAnother: ("it_speaks_of_what_it_was_asked", "asked for A-1-F1, it says Request"),
    AnswersOtherLines: ("it_speaks_of_what_it_was_asked", "lines ['7'] were not asked for"),
    AnswersOk: ("it_speaks_of_what_it_was_asked", "submit gave 'ok'; give a fact, or None"),
    CountsItsAnswers: ("the_same_key_is_the_same_request", "asked twice, it says"),
    GivesUpAll: ("it_gives_up_what_it_has", "it gives up {'1': 99}"),
    GivesUpAndShips: ("it_gives_up_what_it_has", "of it all the same"),
    ChargesMore: ("it_charges_what_was_agreed", "line 1 costs 99, and "),
}


@pytest.mark.parametrize("contract", [SupplierContract, ProviderContract])
@pytest.mark.parametrize("mutant", PARTIES, ids=lambda mutant: mutant.__name__)
def test_a_broken_party_is_caught(mutant: Callable[[], Any], contract: type[PartyContract]) -> None:
    law, message = PARTIES[mutant]
    kind = type("Tells", (contract,), {"capabilities": frozenset({"tells"})})

    def told(party: Any) -> list[Fact]:
        return list(getattr(party, "said", ()))

    what = what_is_told(kind, law, make_party=mutant, told=told)
    assert message in what
    assert f"law {law}: " in what
