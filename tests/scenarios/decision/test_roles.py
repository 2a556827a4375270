"""Who may: one table for every command and trigger, and every door asks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any, get_args

import pytest

from orderflow import (
    MANUAL,
    ORDER,
    Dropship,
    FulfillmentStrategy,
    InHouse,
    Line,
    OrderPhase,
    Refused,
    State,
    Steps,
    Transition,
)
from orderflow.errors import NeedsPerson, Refusal, RuleFailed
from orderflow.fulfillment.steps import COMMAND_ROLES, STEP_ROLES
from orderflow.kernel.decision.roles import missing_role_for, roles_needed
from orderflow.kernel.pending.tasks import completion
from orderflow.model import commands as cmd
from orderflow.model.commands import Cancel, Confirm
from orderflow.model.observations import GoodsReturned
from orderflow.model.work import Task
from orderflow.policies import EVERY_ROLE
from orderflow.ports import EffectAttempt
from orderflow.testing import FakePartner
from orderflow.testing.messages import plausible_commands
from orderflow.workflow import EffectOf
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, replace
from tests.shop import Shop, new_order

ROLES = {
    "ana": frozenset({"sales", "warehouse"}),
    "eve": frozenset[str](),
    "boss": EVERY_ROLE,
    "oz": frozenset({"override"}),
}
NOBODIES = ("eve", "mallory", "support")
MISSING = {"actor.role_missing"}
STOCK = (
    cmd.ReceiveStock(sku="MUG", quantity=1),
    cmd.Count(sku="MUG", counted=1),
    cmd.WriteOff(sku="MUG", quantity=1),
    cmd.SetStockPolicy(sku="MUG", safety=1),
)


def shop_of_people() -> Shop:
    return Shop(InHouse(), steps=MANUAL, stock={"MUG": 5}, roles_of=ROLES.get).place()


def moments() -> Iterator[Shop]:
    """A shop whose order is placed; is confirmed; is picked, and has goods that came unasked."""
    yield shop_of_people()
    shop = shop_of_people()
    shop.does(Confirm(), by="boss")
    yield shop
    shop.does(cmd.Pick(fo="A-1-F1", units={"1": 2}), by="boss")
    shop.does(cmd.PlaceHold(hold="h", reason="look"), by="boss")
    shop.says(GoodsReturned(lines={"1": 1}))
    yield shop


def codes(answer: object) -> set[str]:
    """The codes of a refusal; none of a decision."""
    return {found.code for found in answer} if isinstance(answer, tuple) else set()


@pytest.mark.parametrize("actor", NOBODIES)
def test_no_command_is_for_who_has_no_role(actor: str) -> None:
    seen = set()
    for shop in moments():
        candidates = [offer.command.body for offer in shop.engine.explain("A-1").allowed]
        for body in (*plausible_commands(shop.order), *candidates):
            over = cmd.Override(command=body, reason="x")  # type: ignore[arg-type]  # an order's
            for asked in (body, over):
                assert codes(shop.engine.ask(asked.to("A-1", by=actor))) == MISSING, asked
            seen.add(type(body))
        explained = shop.engine.explain("A-1", by=actor)
        assert not explained.allowed
        assert explained.blocked
    assert len(seen) > 15


@pytest.mark.parametrize("kind", get_args(cmd.OrderCommandBody))
def test_each_kind_of_command_needs_a_role(kind: type[cmd.CommandBody]) -> None:
    shop = shop_of_people()
    body = kind.model_construct(trigger="confirm", task="t", fo="f", command=Confirm())
    refused = missing_role_for(shop.engine.rules, shop.order, body, "eve")
    assert refused is not None
    assert refused.code == "actor.role_missing"


@pytest.mark.parametrize("actor", NOBODIES)
def test_every_door_asks(actor: str) -> None:
    shop = shop_of_people()
    engine, before = shop.engine, shop.order
    doors: list[Callable[[], object]] = [
        lambda: engine.place(new_order(number="B-1"), by=actor),
        lambda: engine.submit(Confirm().to("A-1", by=actor)),
        lambda: engine.fire("A-1", "confirm", by=actor),
        lambda: engine.complete("A-1:confirm:0:task", by=actor),
        lambda: engine.claim("A-1:confirm:0:task", by=actor),
        lambda: engine.reassign("A-1:confirm:0:task", "ana", by=actor),
        lambda: engine.dismiss("tracking:T9", by=actor),
        lambda: engine.dismiss("tracking:T9"),
        *(partial(engine.change_stock, body.to(by=actor)) for body in STOCK),
    ]
    for door in doors:
        with pytest.raises(Refused) as caught:
            door()
        assert caught.value.codes == MISSING
    (many,) = engine.submit_many([Cancel().to("A-1", by=actor)])
    (placed,) = engine.place_many({"x": new_order(number="B-2")}, by=actor).values()
    assert [e.codes for e in (many, placed) if isinstance(e, Refused)] == [MISSING, MISSING]
    assert shop.order == before


def test_a_task_is_closed_and_a_hold_released_by_whose_it_is() -> None:
    *_, shop = moments()
    (task,) = shop.order.state.tasks
    for body in (cmd.CloseTask(task=task), cmd.ReleaseHold(hold="h")):
        assert codes(shop.engine.ask(body.to("A-1", by="ana"))) == MISSING
        assert codes(shop.engine.ask(body.to("A-1", by="boss"))) == set()


STEPS = {*STEP_ROLES, *COMMAND_ROLES, "hold", "route", "substitute", "ask", "ask_back", "remind"}
OF_THEIR_OWN = {step: f"who may {step}" for step in STEPS}
"""Whoever does a step has a role that is called after it."""


def shops_with_tasks() -> Iterator[Shop]:
    """Shops whose orders wait for people, each for another reason; every step has its own role."""

    class Nobody(InHouse):
        def accepts(self, _line: Line) -> Refusal | None:
            return Refusal("nobody.takes", "it is taken by nobody")

    class Unreachable(FakePartner):
        def submit(self, _request: Any) -> None:
            raise NeedsPerson("call them")

    def opened(*strategies: FulfillmentStrategy, **rules: Any) -> Shop:
        steps = Steps(manual=MANUAL.manual, roles=OF_THEIR_OWN)
        return Shop(*(strategies or [InHouse()]), **{"steps": steps, **rules}).place()

    class Expert:
        def perform(self, _deed: EffectAttempt) -> None:
            raise NeedsPerson("ask somebody")

    asking = ORDER.extend(
        name="asking",
        states=[State("asking", OrderPhase.PLACED, EffectOf("ask", "expert"))],
        transitions=[
            Transition("place", "draft", "asking"),
            Transition("answered", "asking", "placed"),
            Transition("cancel", "asking", "cancelled"),
        ],
        without=[("place", "draft")],
    )
    yield opened(Nobody())
    automatic = Steps(roles=OF_THEIR_OWN)
    yield opened(Dropship(Unreachable()), steps=automatic)
    yield opened(lifecycle=asking, performers={"ask": Expert()})
    shop = opened()
    yield shop
    shop.does(cmd.PlaceHold(hold="h", reason="look"))
    yield shop
    shop.does(cmd.ReleaseHold(hold="h"))
    for step in ("confirm", "pick", "pack", "label", "ship"):
        if step in shop.tasks():
            shop.completes(step)
            yield shop
    shop.delivers()
    shop.does(cmd.RequestReturn(lines={"1": 1}))
    yield shop
    shop.does(cmd.ApproveReturn(rma="A-1-R1"))
    shop.says(GoodsReturned(lines={"1": 1}, rma="A-1-R1"))
    yield shop


def test_a_task_is_for_who_may_give_the_command_that_completes_it() -> None:
    seen = set()
    for shop in shops_with_tasks():
        for task in shop.engine.tasks():
            choices = next((f.choices for f in task.fields if f.name == "answer"), None) or ("",)
            for choice in choices:
                with suppress(KeyError):  # where more is to be filled in
                    said = completion(task, shop.order, shop.engine.rules, {"answer": choice})
                    if isinstance(said, cmd.CommandBody):
                        may = roles_needed(shop.engine.rules, shop.order, said)
                        assert task.role in may, f"{task.name} is for {task.role}, not {set(may)}"
                        seen.add(task.name)
    assert seen >= {"route", "hold", "submit", "ask", "confirm", "pick", "pack", "ship"}
    assert seen >= {"approve_return", "close_return"}


def test_who_may_override_needs_the_role_of_what_they_override_for_too() -> None:
    shop = shop_of_people()
    override = cmd.Override(command=Confirm(), reason="x")
    assert shop.engine.ask(override.to("A-1", by="ana")) == (
        Refusal("actor.role_missing", "ana needs the role override to override confirm"),
    )
    assert shop.engine.ask(override.to("A-1", by="oz")) == (
        Refusal("actor.role_missing", "oz needs the role sales to confirm"),
    )


def test_a_task_that_became_anothers_is_still_completed_by_its_command() -> None:
    """The task asks for its own role; the command that completes it asks for nothing more."""
    roles = {"pia": frozenset({"picker"})}
    steps = Steps(manual={"pick"}, roles={"pick": "picker"})
    shop = Shop(InHouse(), steps=steps, stock={"MUG": 5}, roles_of=roles.get).place()
    assert shop.tasks() == {"pick"}  # software confirmed: the program itself may
    (task,) = shop.engine.tasks()
    shop.engine.complete(task, by="pia")
    assert shop.order.units()


def test_one_text_is_no_set_of_roles() -> None:
    shop = Shop(InHouse(), steps=MANUAL, stock={"MUG": 5}, roles_of=lambda _: "sales")
    shop.place()
    with pytest.raises(RuleFailed, match="roles_of must give a set of roles"):
        shop.engine.submit(Confirm().to("A-1", by="ana"))


def test_every_command_has_a_role_in_the_table() -> None:
    """A command that somebody adds is of support until the table says more."""
    kinds = {
        *get_args(cmd.OrderCommandBody),
        *get_args(cmd.StockCommandBody),
        cmd.PlaceOrder,
        cmd.SaveDraft,
    }
    steps = Steps()
    assert {kind for kind in kinds if not steps.role(kind.model_fields["kind"].default)} == set()


def forgets_to_ask(patch: Patch) -> None:
    """Whoever sends a command may."""
    replace(patch, "who may give a command", lambda *_asked: None)


def lets_anybody_count(patch: Patch) -> None:
    """Whoever sends a command about stock may."""
    replace(patch, "who may change stock", lambda *_asked: None)


def lets_anybody_take_a_task(patch: Patch) -> None:
    """Whoever claims a task may, and who completes it is not asked again."""
    replace(patch, "who may do a task", lambda *_asked: None)


def trusts_strangers(patch: Patch) -> None:
    """Whom nobody knows has every role."""
    replace(patch, "the roles of an actor", lambda of, actor: of(actor) or EVERY_ROLE)


def gives_support_every_task(patch: Patch) -> None:
    """Whatever an order waits for is support's task."""

    def of_support(key: str, name: str, subject: str, _role: str, *more: Any, **rest: Any) -> Task:
        return Task(key, name, subject, "support", *more, **rest)

    replace(patch, "a task that an order waits for", of_support)


LAWS: dict[Mutate, Law] = {
    gives_support_every_task: law(test_a_task_is_for_who_may_give_the_command_that_completes_it),
    forgets_to_ask: law(test_no_command_is_for_who_has_no_role, "eve"),
    lets_anybody_count: law(test_every_door_asks, "eve"),
    lets_anybody_take_a_task: law(test_every_door_asks, "mallory"),
    trusts_strangers: law(test_each_kind_of_command_needs_a_role, cmd.Confirm),
}
MUTANTS = Mutants("roles", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
