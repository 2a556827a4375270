"""What answers late, or in another way than hoped: nothing of it is lost, nothing goes silent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from tempfile import TemporaryDirectory
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderflow import IN_HOUSE, ORDER, REMOTE, RETURN, InHouse, OrderPhase, Phase, State, Transition
from orderflow.engine.pipeline.envelope import Envelope, LoadedSubjects, Prepared
from orderflow.engine.pipeline.prepare import Preparer
from orderflow.fulfillment import Dropship, ThirdParty
from orderflow.kernel.decision.cursor import DraftCursor
from orderflow.model import events as ev
from orderflow.model.commands import Cancel, Confirm, Fire, PlaceHold, RequestReturn
from orderflow.model.observations import (
    GoodsReturned,
    GoodsShipped,
    InvoiceLine,
    InvoiceReceived,
    ObservationBody,
    RequestAnswered,
    RequestReceived,
    ReturnAnswered,
    ReturnInspected,
)
from orderflow.model.phases import ReturnPhase
from orderflow.model.state import OpenTask
from orderflow.model.work import effect_key
from orderflow.ports import EffectAnswer, EffectAttempt, PartnerCancellation, Store
from orderflow.stores import MemoryStore, SqlStore
from orderflow.testing import FakePartner
from orderflow.workflow import EffectOf, PartnerAnswer, TaskFor, Workflow
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, replace
from tests.shop import Shop

DAY = timedelta(days=1)
ASKED = EffectOf("ask", "expert", DAY)


class Expert:
    """Performs an application's own effect: each time with the next of its answers."""

    def __init__(self, *answers: Callable[[EffectAttempt], EffectAnswer]) -> None:
        self.answers, self.keys = list(answers), list[str]()

    def perform(self, effect: EffectAttempt) -> EffectAnswer:
        self.keys.append(effect.key)
        return self.answers.pop(0)(effect) if self.answers else None


def own_order(wait: EffectOf | PartnerAnswer = ASKED) -> Workflow[Any]:
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


def own_work(wait: EffectOf | PartnerAnswer = ASKED) -> type[InHouse]:
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
    shop = Shop(own_work(PartnerAnswer("expert", DAY, role="kitchen"))()).place()
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
    class Silent(FakePartner):
        def accept_return(self, request: Any) -> None:
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


# --- a state is entered anew ---------------------------------------------------------------------


def circle(flow: Workflow[Any], phase: Any, enters: tuple[str, str], leaves: str) -> Workflow[Any]:
    """A workflow in which an expert is asked again after each time that somebody amends."""
    trigger, source = enters
    return flow.extend(
        name="circle",
        states=[
            State("asking", phase, ASKED),
            State("amending", phase, TaskFor("sales", trigger="amended")),
        ],
        transitions=[
            Transition(trigger, source, "asking"),
            Transition("no", "asking", "amending"),
            Transition("amended", "amending", "asking"),
            Transition("answered", "asking", leaves),
            *(Transition("cancel", at, "cancelled") for at in ("asking", "amending")),
        ],
        without=[enters],
    )


def circling_order(expert: Expert) -> Shop:
    flow = circle(ORDER, OrderPhase.PLACED, ("place", "draft"), "placed")
    return Shop(lifecycle=flow, performers={"ask": expert})


def circling_work(expert: Expert) -> Shop:
    class House(InHouse):
        code = "house"
        workflow = circle(IN_HOUSE, Phase.WORKING, ("picked", "picking"), "packing")

    return Shop(House(), performers={"ask": expert})


@pytest.mark.parametrize("circling", [circling_order, circling_work])
@settings(max_examples=5)
@given(late=st.lists(st.booleans(), min_size=1, max_size=4))
def test_who_is_asked_in_a_state_is_asked_each_time_that_it_is_entered(
    circling: Callable[[Expert], Shop], late: list[bool]
) -> None:
    expert = Expert(*[(lambda _deed: None) if each else no for each in late], answers)
    shop = circling(expert).place()
    of = None if circling is circling_order else "A-1-F1"
    for each in late:
        if each:
            shop.does(Fire(trigger="no", on=of))
        shop.completes("amending")
    assert len(expert.keys) == len(set(expert.keys)) == len(late) + 1
    assert expert.keys[0].endswith(":ask:0" if of is None else ":ask:1")
    assert shop.order.status == "shipped"


# --- an answer places a hold ---------------------------------------------------------------------


def holds(_deed: EffectAttempt) -> EffectAnswer:
    """Somebody has to look first."""
    return PlaceHold(hold="look", reason="look")


def no(effect: EffectAttempt) -> EffectAnswer:
    """It is to be amended."""
    of = effect.order
    return Fire(trigger="no", on=None if effect.subject == of.id else effect.subject)


def answers(effect: EffectAttempt) -> EffectAnswer:
    """What the workflow goes on with."""
    of = effect.order
    return Fire(trigger="answered", on=None if effect.subject == of.id else effect.subject)


def held_confirmation(expert: Expert, store: Store) -> Shop:
    return Shop(store=store, performers={"confirm": expert}).place()


def held_order(expert: Expert, store: Store) -> Shop:
    return Shop(store=store, lifecycle=own_order(), performers={"ask": expert}).place()


def held_work(expert: Expert, store: Store) -> Shop:
    return Shop(own_work()(), store=store, performers={"ask": expert}).place()


def held_return(expert: Expert, store: Store) -> Shop:
    shop = Shop(store=store, returns=own_return(), performers={"ask": expert}).place()
    shop.delivers()
    shop.does(RequestReturn(lines={"1": 2}))
    shop.says(GoodsReturned(lines={"1": 2}, rma="A-1-R1"))
    return shop


HELD = [held_confirmation, held_order, held_work, held_return]


@pytest.mark.parametrize(
    ("held", "sql"), [*((held, False) for held in HELD), (held_confirmation, True)]
)
@settings(max_examples=2)
@given(times=st.integers(1, 3), days=st.integers(0, 3))
def test_who_answers_with_a_hold_is_asked_again_under_the_same_key(
    held: Callable[[Expert, Store], Shop], sql: bool, times: int, days: int
) -> None:
    with TemporaryDirectory() as place:
        store = SqlStore(f"sqlite:///{place}/shop.db") if sql else MemoryStore()
        _held_again(held, store, times, days)


def _held_again(held: Callable[[Expert, Store], Shop], store: Store, times: int, days: int) -> None:
    last = (lambda _deed: Confirm()) if held is held_confirmation else answers
    expert = Expert(*[holds] * times, last)
    shop = held(expert, store)
    for _ in range(times):
        shop.passes(days=days)
        assert shop.order.state.holds
        shop.completes("hold")
    assert not shop.order.state.holds
    assert len(expert.keys) == times + 1
    assert len(set(expert.keys)) == 1
    assert not {"hold", "ask", "confirm"} & shop.tasks()


# --- a fact is an answer, and not all that was asked for -----------------------------------------


PART = [
    GoodsShipped(fo="A-1-F1", notice="N", lines={"1": 1}, tracking_number="T"),
    GoodsShipped(fo="A-1-F1", notice="N", lines={"1": 1}, carrier="post", tracking_number="T"),
    InvoiceReceived(
        fo="A-1-F1", number="I", lines=[InvoiceLine(line="1", quantity=1, unit_cost="1")]
    ),
    RequestReceived(fo="A-1-F1", reference="R"),
    RequestAnswered(fo="A-1-F1"),
]


def asked_back(said: ObservationBody | None) -> Shop:
    """A supplier is asked for a unit, and says something else."""

    class Supplier(FakePartner):
        def cancel(self, request: PartnerCancellation) -> ObservationBody | None:
            super().cancel(request)
            return said

    party = Supplier()
    shop = Shop(Dropship(party)).place()
    shop.says(RequestAnswered(fo="A-1-F1"))
    shop.does(Cancel(lines={"1": 1}))
    shop.passes(hours=5)
    assert len(party.cancellations) == 1
    return shop


def own_asked(said: ObservationBody | None) -> Shop:
    """A performer of an application's own effect tells what it heard of the partner."""
    expert = Expert(lambda _deed: said)

    class Supplier(Dropship):
        code = "supplier"
        workflow = REMOTE.extend(
            name="asks",
            states=[State("asking", Phase.WORKING, ASKED)],
            transitions=[
                Transition("accept", "submitted", "asking"),
                Transition("answered", "asking", "accepted"),
                Transition("despatched", "asking", "fulfilled"),
                Transition("close", "asking", "incomplete"),
                Transition("cancel", "asking", "cancelled"),
            ],
            without=[("accept", "submitted")],
        )

    shop = Shop(Supplier(FakePartner(prompt=True)), performers={"ask": expert}).place()
    shop.passes(hours=5)
    assert len(expert.keys) == 1
    return shop


@pytest.mark.parametrize(
    ("asked", "said"),
    [*((asked_back, said) for said in PART), *((own_asked, said) for said in PART[2:])],
)
def test_what_an_answer_tells_besides_is_as_true_as_told_by_itself(
    asked: Callable[[ObservationBody | None], Shop], said: ObservationBody
) -> None:
    answered, told = asked(said), asked(None)
    told.says(said)
    answered.work()
    assert answered.order.ledger == told.order.ledger
    for name in ("parcels", "tasks", "cancellations", "taken"):
        ours, theirs = (list(getattr(s.order.state, name)) for s in (answered, told))
        assert ours == theirs, name
    fo, other = (shop.order.fulfillment_orders["A-1-F1"] for shop in (answered, told))
    assert (fo.notices, fo.invoices) == (other.notices, other.invoices)
    assert fo.reference == other.reference


@settings(max_examples=3)
@given(more=st.integers(1, 3))
def test_what_an_answer_tells_is_kept_where_it_is_not_enough(more: int) -> None:
    said = ReturnInspected(rma="A-1-R1", restock={"1": 2 + more})
    expert = Expert(*[lambda _deed: said] * 20)
    shop = Shop(performers={"close_return": expert}).place()
    shop.delivers()
    shop.does(RequestReturn(lines={"1": 2}))
    shop.says(GoodsReturned(lines={"1": 2}, rma="A-1-R1"))
    for _ in range(8):
        shop.passes(days=1)
    assert shop.order.state.returns["A-1-R1"].findings
    assert {"exception.return_inspected", "close_return"} <= shop.tasks()
    assert len(expert.keys) == 8


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


def asks_once(patch: Patch) -> None:
    """A state that is entered anew waits for what was done before."""
    patch.setattr(DraftCursor, "_begin_anew", lambda *_asked: None)


def done_effects_are_wanted_again(patch: Patch) -> None:
    """The key of a second pick is the key of the first, which is done."""
    replace(patch, "an effect's key", lambda subject, name, _round: effect_key(subject, name, 0))


def takes_a_hold_for_an_answer(patch: Patch) -> None:
    """What nobody waits for is answered, though it waits behind a hold."""
    patch.setattr(Preparer, "_is_unanswered", lambda *_asked: False)


def refuses_facts(patch: Patch) -> None:
    """A fact that is no answer to its question is not taken down."""
    prepare = Preparer._order

    def refusing(preparer: Preparer, envelope: Envelope, reading: LoadedSubjects) -> Any:
        found: Any = prepare(preparer, envelope, reading)
        if isinstance(found, Prepared) and isinstance(found.answer, tuple):
            return found.answer
        return found

    patch.setattr(Preparer, "_order", refusing)


def takes_no_part(patch: Patch) -> None:
    """Who says something else is asked again and again."""
    replace(patch, "who may answer later", lambda *_asked: False)


ANEW = test_who_is_asked_in_a_state_is_asked_each_time_that_it_is_entered
HELD_BACK = test_who_answers_with_a_hold_is_asked_again_under_the_same_key
LATE = test_who_is_late_is_asked_after_until_the_answer_comes
LAWS: dict[Mutate, Law] = {
    asks_for_nothing: law(LATE, late_taking_back, [3, 3, 3]),
    asks_for_ever: law(LATE, late_order, [3, 3, 3]),
    asks_support: law(LATE, late_work, [3, 3, 3]),
    takes_a_hold_for_an_answer: Law(
        "promise 5", law(HELD_BACK, held_confirmation, False, 1, 1).check
    ),
    done_effects_are_wanted_again: Law("promise 5", law(ANEW, circling_work, [False]).check),
    asks_once: Law("promise 5", law(ANEW, circling_order, [False]).check),
    refuses_facts: law(test_what_an_answer_tells_is_kept_where_it_is_not_enough, 1),
    takes_no_part: law(
        test_what_an_answer_tells_besides_is_as_true_as_told_by_itself, asked_back, PART[0]
    ),
}
MUTANTS = Mutants("answers", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
