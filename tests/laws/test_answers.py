"""What answers late, or in another way than hoped: nothing of it is lost, nothing goes silent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderflow import IN_HOUSE, ORDER, RETURN, InHouse, OrderPhase, Phase, State, Transition
from orderflow.fulfillment import ThirdParty
from orderflow.model import events as ev
from orderflow.model.commands import Fire, RequestReturn
from orderflow.model.observations import (
    GoodsReturned,
    GoodsShipped,
    RequestAnswered,
    ReturnAnswered,
)
from orderflow.model.phases import ReturnPhase
from orderflow.model.state import OpenTask
from orderflow.ports import Deed, Reply
from orderflow.testing import FakeParty
from orderflow.workflow import EffectOf, PartyAnswer, Workflow
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, replace
from tests.shop import Shop

DAY = timedelta(days=1)
ASKED = EffectOf("ask", "expert", DAY)


class Expert:
    """Performs an application's own effect: each time with the next of its answers."""

    def __init__(self, *answers: Callable[[Deed], Reply]) -> None:
        self.answers, self.keys = list(answers), [""]

    def perform(self, deed: Deed) -> Reply:
        self.keys.append(deed.key)
        return self.answers.pop(0)(deed) if self.answers else None


def own_order(wait: EffectOf | PartyAnswer = ASKED) -> Workflow[Any]:
    """An order that an expert approves before it is placed."""
    return ORDER.extend(
        name="approved",
        states=[State("asking", OrderPhase.PLACED, wait)],
        transitions=[
            Transition("place", "draft", "asking"),
            Transition("answered", "asking", "placed"),
            Transition("cancel", "asking", "cancelled"),
        ],
        without=[("place", "draft")],
    )


def own_work(wait: EffectOf | PartyAnswer = ASKED) -> type[InHouse]:
    """A house in which an expert looks at what was picked."""

    class House(InHouse):
        code = "house"
        workflow = IN_HOUSE.extend(
            name="looked-at",
            states=[State("asking", Phase.WORKING, wait)],
            transitions=[
                Transition("picked", "picking", "asking"),
                Transition("answered", "asking", "packing"),
                Transition("cancel", "asking", "cancelled"),
            ],
            without=[("picked", "picking")],
        )

    return House


def own_return() -> Workflow[Any]:
    """A return whose goods an expert looks at."""
    coming = ("requested", "approved", "in_transit", "asking")
    return RETURN.extend(
        name="looked-at",
        states=[State("asking", ReturnPhase.RECEIVED, ASKED)],
        transitions=[
            *(Transition("receive", source, "asking") for source in coming),
            Transition("answered", "asking", "received"),
        ],
        without=[("receive", source) for source in coming if source != "asking"],
    )


# --- a party is late -----------------------------------------------------------------------------


@attrs.frozen
class Late:
    """An order that waits for a party: whose task it is to ask, and how its answer comes."""

    shop: Shop
    role: str
    answers: Callable[[], None]


def late_order() -> Late:
    shop = Shop(lifecycle=own_order(), performers={"ask": Expert()}).place()
    return Late(shop, "support", lambda: shop.does(Fire(trigger="answered")))


def late_work() -> Late:
    shop = Shop(own_work(PartyAnswer("expert", DAY, role="kitchen"))()).place()
    return Late(shop, "kitchen", lambda: shop.does(Fire(trigger="answered", on="A-1-F1")))


def late_effect() -> Late:
    shop = Shop(own_work()(), performers={"ask": Expert()}).place()
    return Late(shop, "support", lambda: shop.does(Fire(trigger="answered", on="A-1-F1")))


def late_return() -> Late:
    shop = Shop(returns=own_return(), performers={"ask": Expert()}).place()
    shop.delivers()
    shop.does(RequestReturn(lines={"1": 2}))
    shop.says(GoodsReturned(lines={"1": 2}, rma="A-1-R1"))
    return Late(shop, "support", lambda: shop.does(Fire(trigger="answered", on="A-1-R1")))


def late_taking_back() -> Late:
    class Silent(FakeParty):
        def take_back(self, request: Any) -> None:
            """Says nothing."""

    shop = Shop(ThirdParty(Silent(), "wh"), stock={})
    shop.stock("MUG", 9, "wh")
    shop.place().says(
        RequestAnswered(fo="A-1-F1"),
        GoodsShipped(fo="A-1-F1", notice="N", lines={"1": 2}, carrier="post", tracking_number="T"),
    )
    parcel = next(iter(shop.order.state.parcels))
    shop.delivers(parcel)
    shop.does(RequestReturn(lines={"1": 2}))
    return Late(shop, "support", lambda: shop.says(ReturnAnswered(rma="A-1-R1")))


def overdue(shop: Shop) -> list[OpenTask]:
    """The open tasks that ask after parties."""
    return [t for t in shop.order.state.tasks.values() if t.name.startswith("overdue.")]


@pytest.mark.parametrize(
    "late", [late_order, late_work, late_effect, late_return, late_taking_back]
)
@settings(max_examples=3)
@given(days=st.lists(st.integers(1, 4), min_size=3, max_size=4))
def test_who_is_late_is_asked_after_until_the_answer_comes(
    late: Callable[[], Late], days: list[int]
) -> None:
    found = late()
    for pause in days:
        found.shop.passes(days=pause)
    assert [task.role for task in overdue(found.shop)] == [found.role]
    opened = [e for e in found.shop.events(ev.TaskOpened) if e.name.startswith("overdue.")]
    assert len(opened) == 1
    found.answers()
    assert not overdue(found.shop)


# --- the mutants ---------------------------------------------------------------------------------


def asks_for_nothing(patch: Patch) -> None:
    """A task that asks after a party ends as soon as it is opened."""
    replace(patch, "a party is still awaited", lambda *_asked: False)


def asks_for_ever(patch: Patch) -> None:
    """A task that asks after a party stays when the answer has come."""
    replace(patch, "a party is still awaited", lambda *_asked: True)


def asks_support(patch: Patch) -> None:
    """Whatever a state says, it is support that asks after a party."""
    replace(patch, "who asks after a party", lambda *_asked: "support")


LATE = test_who_is_late_is_asked_after_until_the_answer_comes
LAWS: dict[Mutate, Law] = {
    asks_for_nothing: law(LATE, late_taking_back, [3, 3, 3]),
    asks_for_ever: law(LATE, late_order, [3, 3, 3]),
    asks_support: law(LATE, late_work, [3, 3, 3]),
}
MUTANTS = Mutants("answers", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
