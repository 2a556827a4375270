"""Our fulfillment strategies keep their contract, and each mutant breaks the law that names it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis.strategies import SearchStrategy

from orderflow import (
    RETURN,
    Digital,
    Dropship,
    FulfillmentStrategy,
    Handover,
    InHouse,
    Line,
    Pickup,
    Refusal,
    ThirdParty,
)
from orderflow.model.commands import Pick
from orderflow.model.ledger import Bucket
from orderflow.model.observations import GoodsShipped, LabelBought
from orderflow.ports import EffectAnswer, EffectAttempt, PartnerRequest
from orderflow.simulation import SimulatedCarrier, VirtualClock
from orderflow.testing import (
    FakeCarrier,
    FakePartner,
    FakeWarehouse,
    FulfillmentStrategyContract,
    lines,
)
from tests.mutants import Mutant, Mutants, caught, kept

COUNT = itertools.count()


class TestInHouse(FulfillmentStrategyContract):
    def make_strategy(self) -> InHouse:
        return InHouse(warehouse=FakeWarehouse(short={"CUP"}), carrier=FakeCarrier())

    def line(self) -> SearchStrategy[Line]:
        """What its warehouse may be short of is kept in stock."""
        return lines(["CUP", "POT"]).map(lambda ln: ln.model_copy(update={"stocked": True}))


class TestSimulatedCarrier(FulfillmentStrategyContract):
    def make_strategy(self) -> InHouse:
        return InHouse("north", "south", carrier=SimulatedCarrier(VirtualClock(), seed=4))


class TestPickup(FulfillmentStrategyContract):
    def make_strategy(self) -> Pickup:
        return Pickup()


class TestHandover(FulfillmentStrategyContract):
    def make_strategy(self) -> Handover:
        return Handover()


class TestDigital(FulfillmentStrategyContract):
    def make_strategy(self) -> Digital:
        return Digital()


class TestDropship(FulfillmentStrategyContract):
    def make_strategy(self) -> Dropship:
        return Dropship(FakePartner(), cost=lambda _line: Decimal(2))


class TestThirdParty(FulfillmentStrategyContract):
    def make_strategy(self) -> ThirdParty:
        return ThirdParty(FakePartner(), "rotterdam")


# --- mutants -------------------------------------------------------------------------------------


class NewCodeEachTime(InHouse):
    def __init__(self) -> None:
        super().__init__()
        self.code = f"in_house_{next(COUNT)}"


class Nowhere(InHouse):
    def __init__(self) -> None:
        super().__init__()
        self.locations = ()


class OnAReturnsWorkflow(InHouse):
    workflow = RETURN


class TakesNothing(InHouse):
    def accepts(self, line: Line) -> Refusal | None:
        return Refusal("mine.no", f"not {line.sku}")


class SaysNo(InHouse):
    def accepts(self, line: Line) -> Any:
        return None if line.ships else False


class ChangesItsMind(InHouse):
    def accepts(self, line: Line) -> Refusal | None:
        return None if next(COUNT) % 2 else Refusal("mine.busy", f"no more {line.sku}")


class GivesNoReason(InHouse):
    def accepts(self, line: Line) -> Refusal | None:
        return None if line.ships else Refusal("mine.no", "")


class CostsAFloat(InHouse):
    def cost(self, line: Line) -> Any:
        return 0.1 * line.quantity


class PaysUs(InHouse):
    def cost(self, line: Line) -> Decimal:
        return -line.unit_price


class Divides(InHouse):
    def accepts(self, line: Line) -> Refusal | None:
        return None if 6 // (line.quantity - 2) else Refusal("mine.few", "too few")


class ForgetsTheLabel(InHouse):
    def perform(self, effect: EffectAttempt) -> EffectAnswer:
        if effect.name == "label":
            raise KeyError(effect.subject)
        return super().perform(effect)


class SaysDone(InHouse):
    def perform(self, effect: EffectAttempt) -> Any:
        return True if effect.name == "pick" else super().perform(effect)


class NewLabelEachTime(InHouse):
    def perform(self, effect: EffectAttempt) -> EffectAnswer:
        if effect.name == "label" and effect.parcel is not None:
            number = f"N{next(COUNT)}"
            return LabelBought(parcel=effect.parcel.id, carrier="mine", tracking_number=number)
        return super().perform(effect)


class ShipsOneMore(Dropship):
    def __init__(self) -> None:
        super().__init__(FakePartner())

    def perform(self, effect: EffectAttempt) -> EffectAnswer:
        if effect.name != "submit":
            return super().perform(effect)
        request: PartnerRequest = self.request(effect)
        lines = {line.line: line.quantity + 1 for line in request.lines}
        return GoodsShipped(fo=request.number, notice="N", lines=lines, tracking_number="T1")


class PicksNothing(InHouse):
    def perform(self, effect: EffectAttempt) -> EffectAnswer:
        if effect.name == "pick":
            units = effect.order.units(Bucket.ALLOCATED, fo=effect.subject)
            return Pick(fo=effect.subject, short=units)
        return super().perform(effect)


class PicksOneMore(InHouse):
    def perform(self, effect: EffectAttempt) -> EffectAnswer:
        if effect.name == "pick":
            units = effect.order.units(Bucket.ALLOCATED, fo=effect.subject)
            return Pick(fo=effect.subject, units={line: n + 1 for line, n in units.items()})
        return super().perform(effect)


def the_class() -> Any:
    return InHouse


class EmptiesTheOrder(InHouse):
    def perform(self, effect: EffectAttempt) -> EffectAnswer:
        if effect.name == "label":
            object.__setattr__(effect.order.state, "reason", "mine")
        return super().perform(effect)


MUTANTS = Mutants(
    "strategies",
    (
        NewCodeEachTime,
        Nowhere,
        OnAReturnsWorkflow,
        TakesNothing,
        SaysNo,
        ChangesItsMind,
        GivesNoReason,
        CostsAFloat,
        PaysUs,
        Divides,
        ForgetsTheLabel,
        SaysDone,
        PicksOneMore,
        the_class,
        NewLabelEachTime,
        ShipsOneMore,
        PicksNothing,
        EmptiesTheOrder,
    ),
)


@MUTANTS.each
def test_mutant_is_caught_by_the_law_that_names_it(
    mutant: Mutant[Callable[[], FulfillmentStrategy]],
) -> None:
    told = mutant.breaks(kept(FulfillmentStrategyContract, mutant.law, make_strategy=mutant.how))
    assert f"law {mutant.law}: " in told
    assert "because " in told


def test_a_counter_example_tells_the_life_as_a_story() -> None:
    law = "it_ships_exactly_what_was_ordered"
    broken = kept(FulfillmentStrategyContract, law, make_strategy=ShipsOneMore)
    told = caught(broken, "more left than was ordered")
    story = told.partition("What happened:\n")[2]
    assert "a customer orders" in story
    assert "-F1 is assigned to dropship" in story
    assert "overage: " in story
