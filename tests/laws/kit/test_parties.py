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
    GoodsShipped,
    InvoiceLine,
    InvoiceReceived,
    ObservationBody,
    RequestAnswered,
)
from orderflow.ports import (
    Carrier,
    Label,
    LabelRequest,
    Partner,
    PartnerCancellation,
    PartnerRequest,
)
from orderflow.simulation import PartnerBehavior, SimulatedCarrier, SimulatedPartner, VirtualClock
from orderflow.testing import (
    CarrierContract,
    FakeCarrier,
    FakePartner,
    PartnerContract,
    ProviderContract,
    SupplierContract,
)
from tests.mutants import Mutant, Mutants, kept

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


def by_the_end_of_time(party: Any) -> list[ObservationBody]:
    found = []
    while (due := party.next_due()) is not None:
        found += [observation.body for observation in party.observations(due + timedelta(days=99))]
    return found


class Simulated:
    capabilities = frozenset({"tells"})
    moods = PartnerBehavior()

    def make_partner(self) -> SimulatedPartner:
        return SimulatedPartner(VirtualClock(), seed=5, moods=self.moods)

    def told(self, party: Partner) -> Iterable[ObservationBody]:
        return by_the_end_of_time(party)


class TestSimulatedSupplier(Simulated, SupplierContract):
    pass


class TestSimulatedProvider(Simulated, ProviderContract):
    pass


class TestForgetfulSupplier(Simulated, SupplierContract):
    moods = PartnerBehavior(late=1, fails=1, repeats=1, reorders=1)


class TestFakeParty(PartnerContract):
    def make_partner(self) -> FakePartner:
        return FakePartner(prompt=True)


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


CARRIERS = Mutants(
    "carriers",
    (
        SellsAgain,
        SellsOneNumber,
        SellsBlanks,
        SellsText,
        FindsEverything,
        FindsNothing,
        VoidsOnce,
    ),
)


@CARRIERS.each
def test_a_broken_carrier_is_caught(mutant: Mutant[Callable[[], Carrier]]) -> None:
    mutant.breaks(kept(CarrierContract, mutant.law, "finds_keys", make_carrier=mutant.how))


# --- mutants: parties ----------------------------------------------------------------------


@attrs.define
class Ships(FakePartner):
    """Ships what it takes, at once; keeps what it told."""

    said: list[ObservationBody] = attrs.field(factory=list)

    def submit(self, request: PartnerRequest) -> ObservationBody | None:
        lines = {line.line: line.quantity for line in request.lines}
        notice = f"N{len(self.said)}"
        self.said.append(GoodsShipped(fo=request.number, notice=notice, lines=lines))
        return None


class ShipsOnRemind(FakePartner):
    said: tuple[ObservationBody, ...] = ()

    def chase(self, key: str, number: str) -> None:
        more = GoodsShipped(fo=number, notice=key, lines={"1": 9})
        self.said = (*self.said, more)


class AnswersForAnother(FakePartner):
    def submit(self, request: PartnerRequest) -> ObservationBody | None:
        return RequestAnswered(fo="A-9-F9")


class AnswersOtherLines(Ships):
    def submit(self, request: PartnerRequest) -> ObservationBody | None:
        return GoodsShipped(fo=request.number, notice="N", lines={"7": 1})


class AnswersOk(FakePartner):
    def submit(self, request: PartnerRequest) -> Any:
        return "ok"


class CountsItsAnswers(FakePartner):
    def submit(self, request: PartnerRequest) -> ObservationBody | None:
        self.asked.append(request)
        return RequestAnswered(fo=request.number, reference=str(len(self.asked)))


class GivesUpAll(FakePartner):
    def cancel(self, request: PartnerCancellation) -> ObservationBody | None:
        return CancellationAnswered(fo=request.number, lines=dict.fromkeys(request.lines, 99))


@attrs.define
class GivesUpAndShips(Ships):
    def cancel(self, request: PartnerCancellation) -> ObservationBody | None:
        return CancellationAnswered(fo=request.number, lines=dict(request.lines))


class ChargesMore(FakePartner):
    said: tuple[ObservationBody, ...] = ()

    def submit(self, request: PartnerRequest) -> ObservationBody | None:
        line = InvoiceLine(line=request.lines[0].line, quantity=1, unit_cost=Decimal(99))
        self.said = (InvoiceReceived(fo=request.number, number="I", lines=(line,)),)
        return None


PARTIES = Mutants(
    "parties",
    (
        Ships,
        ShipsOnRemind,
        AnswersForAnother,
        AnswersOtherLines,
        AnswersOk,
        CountsItsAnswers,
        GivesUpAll,
        GivesUpAndShips,
        ChargesMore,
    ),
)


@pytest.mark.parametrize("contract", [SupplierContract, ProviderContract])
@PARTIES.each
def test_a_broken_party_is_caught(
    mutant: Mutant[Callable[[], Partner]], contract: type[PartnerContract]
) -> None:
    def told(party: Any) -> list[ObservationBody]:
        return list(getattr(party, "said", ()))

    mutant.breaks(kept(contract, mutant.law, "tells", make_partner=mutant.how, told=told))
