"""Firing a trigger is no way past the command, the policy or the role that stands behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest

from orderflow import Dropship
from orderflow.kernel.changes import trigger
from orderflow.kernel.decide import Decision
from orderflow.kernel.decision import hooks
from orderflow.kernel.decision.policies import when_paid
from orderflow.kernel.decision.workflows import (
    DIGITAL,
    FULFILLMENT_ORDER,
    HANDOVER,
    ORDER,
    PICKUP,
    RETURN,
)
from orderflow.kernel.stock.allocation import waits_to_ship_complete
from orderflow.model import commands as cmd
from orderflow.model.events import CostsAgreed
from orderflow.model.observations import GoodsReturned
from orderflow.model.phases import Phase
from orderflow.policies import EVERY_ROLE
from orderflow.testing.messages import plausible_commands
from orderflow.workflow import Transition
from tests.mutants import HANDLERS, Law, Mutant, Mutants, Mutate, Patch, law
from tests.shop import MUGS, Shop

FLOWS = (ORDER, FULFILLMENT_ORDER, PICKUP, HANDOVER, DIGITAL, RETURN)
Same = Callable[[str], cmd.CommandBody]

COMMANDS: Mapping[str, Same] = {
    "confirm": lambda _: cmd.Confirm(),
    "approve": lambda on: cmd.ApproveReturn(rma=on),
    "decline": lambda on: cmd.DeclineReturn(rma=on, reason="worn"),
    "close": lambda on: cmd.CloseReturn(rma=on),
}
"""Triggers that do what a command does."""

POLICIES = frozenset({"release"})
"""Triggers that a policy of the shop fires."""

WORK = frozenset({"pick", "picked", "pack", "packed", "shipped", "collected", "despatched"})
UNITS = WORK | {"hand_over", "provide", "cancel", "expire", "reject", "complete"}
"""Triggers that move no unit, and are refused where they would leave one behind."""

TOLD = frozenset({"submit", "accept", "receive", "dispatch", "inspect"})
"""Triggers that a party's answer, or goods that come, would fire as well."""

BEGINS = frozenset({"place", "reopen"})
"""Triggers after which the order follows its rules anew."""

PEOPLE = {"eve": frozenset({"support", "sales", "warehouse"}), "boss": EVERY_ROLE}
SCHEDULED = frozenset({"confirm", "pick", "approve_return", "close_return"})


def fires(shop: Shop) -> Iterator[cmd.Fire]:
    """Every trigger that there is, on everything of the order."""
    state = shop.order.state
    names = {move.trigger for flow in FLOWS for move in flow.transitions}
    for on in (None, *state.fulfillment_orders, *state.returns):
        yield from (cmd.Fire(trigger=name, on=on) for name in sorted(names))


def asked(shop: Shop, body: cmd.CommandBody) -> Decision | None:
    """What would come of it; None where it is refused."""
    answer = shop.engine.ask(body.to("A-1", by="boss"))
    return answer if isinstance(answer, Decision) else None


def kept_back() -> Iterator[Shop]:
    """Shops whose work may not begin: it is not paid, or not confirmed, or not whole."""
    shop = Shop(manual=SCHEDULED, release=when_paid)
    yield shop.place(MUGS, terms="prepaid")
    shop = Shop(manual=SCHEDULED, release=when_paid)
    shop.place(MUGS, terms="prepaid").does(cmd.Confirm())
    yield shop
    shop = Shop(manual=SCHEDULED - {"confirm"}, stock={"MUG": 1})
    shop.place(MUGS, shipping="complete")
    yield shop
    shop = Shop(Dropship(Taken()), manual=SCHEDULED, release=when_paid)
    shop.place(MUGS, terms="prepaid").does(cmd.Confirm())
    yield shop


class Taken:
    """A supplier who takes what it is told."""

    def __getattr__(self, _asked: str) -> Callable[..., None]:
        return lambda *_given, **_named: None


def begun(order: Any) -> set[str]:
    """The fulfillment orders whose work may begin."""
    fos = order.state.fulfillment_orders.values()
    return {fo.id for fo in fos if fo.phase is not Phase.WAITING and not fo.phase.final}


def test_nothing_but_an_override_passes_the_release_policy() -> None:
    """Whatever is asked of an order whose work is kept back, it begins when the policy says so."""
    for shop in kept_back():
        offered = [offer.command.body for offer in shop.engine.explain("A-1").allowed]
        for body in (*fires(shop), *plausible_commands(shop.order), *offered):
            decision = asked(shop, body)
            after = decision.order if decision else shop.order
            may = shop.engine.rules.release(after) and not waits_to_ship_complete(after.state)
            started = begun(after) - begun(shop.order)
            assert may or not started, f"{body!r} begins {started}"
        for fo in shop.order.fulfillment_orders:
            release = cmd.Fire(trigger="release", on=fo)
            (told,) = shop.engine.ask(release.to("A-1", by="boss"))  # type: ignore[misc]  # refused
            over = cmd.Override(command=release, reason="a friend").to("A-1", by="boss")
            assert isinstance(shop.engine.ask(over), Decision) is (told.code == "release.not_yet")


def moments() -> Iterator[Shop]:
    """An order with a return: asked for, approved, and come; to be sent by a party."""
    yield Shop(manual=SCHEDULED).place()
    shop = Shop(manual=SCHEDULED - {"confirm", "pick"}).place()
    shop.delivers()
    shop.does(cmd.RequestReturn(lines={"1": 1}))
    yield shop
    shop.says(GoodsReturned(lines={"1": 1}, rma="A-1-R1"))
    yield shop
    shop = Shop(manual=SCHEDULED - {"confirm", "pick"}).place()
    shop.delivers()
    shop.does(cmd.RequestReturn(lines={"1": 1}), cmd.ApproveReturn(rma="A-1-R1"))
    yield shop


def test_a_trigger_does_what_its_command_does() -> None:
    """What is refused of one is of the other; units and stock move alike."""
    tried: Counter[str] = Counter()
    for shop in moments():
        for body in fires(shop):
            of = shop.order.state.returns if body.trigger != "confirm" else (None,)
            if body.trigger not in COMMANDS or body.on not in of:
                continue
            fired, said = asked(shop, body), asked(shop, COMMANDS[body.trigger](body.on or ""))
            assert bool(fired) is bool(said), body
            if fired and said:
                assert fired.order.ledger == said.order.ledger, f"{body} moves other units"
                assert fired.stock == said.stock, f"{body} moves other stock"
                tried[body.trigger] += 1
    assert set(tried) == set(COMMANDS)


def test_a_request_that_is_fired_agrees_on_costs() -> None:
    shop = Shop(Dropship(Taken(), cost=lambda _: Decimal(3)), manual={"submit"}).place()
    fired = asked(shop, cmd.Fire(trigger="submit", on="A-1-F1"))
    said = asked(shop, cmd.Submit(fo="A-1-F1"))
    assert fired
    assert said
    agreed = [event for event in said.events if isinstance(event, CostsAgreed)]
    assert agreed
    assert [event for event in fired.events if isinstance(event, CostsAgreed)] == agreed


def test_every_trigger_is_looked_at() -> None:
    there = {move.trigger for flow in FLOWS for move in flow.transitions}
    assert there == {*COMMANDS, *POLICIES, *UNITS, *TOLD, *BEGINS}


def own(flow: Any, *triggers: str) -> Any:
    """A workflow some of whose transitions are the boss's alone."""
    named: list[Transition[Any]] = [
        Transition(t.trigger, t.source, t.dest, roles={"chief"}, moves=t.moves)
        for t in flow.transitions
        if t.trigger in triggers
    ]
    gone = [(t.trigger, t.source) for t in named]
    return flow.extend(name="strict", version=1, transitions=named, without=gone)


@pytest.mark.parametrize("name", ["approve", "decline", "close"])
def test_a_command_is_for_the_roles_that_its_transition_names(name: str) -> None:
    flow = own(RETURN, "approve", "decline", "close")
    people = {**PEOPLE, "eve": PEOPLE["eve"] | {"returns", "finance"}}
    shop = Shop(manual=["approve_return", "close_return"], returns=flow, roles_of=people.get)
    shop.place(MUGS)
    shop.delivers()
    shop.does(cmd.RequestReturn(lines={"1": 1}), by="boss")
    if name == "close":
        shop.says(GoodsReturned(lines={"1": 1}, rma="A-1-R1"))
    for body in (COMMANDS[name]("A-1-R1"), cmd.Fire(trigger=name, on="A-1-R1")):
        told = shop.engine.ask(body.to("A-1", by="eve"))
        assert isinstance(told, tuple), f"{body} is for anybody"
        assert ["needs the role chief" in each.sentence for each in told] == [True]
        assert asked(shop, body)


# --- mutants --------------------------------------------------------------------------------------


def releases_whatever_is_fired(patch: Patch) -> None:
    """The release policy is not asked where somebody fires it."""
    patch.setattr(trigger, "_is_kept_back", lambda *_asked: False)


def moves_the_state_alone(patch: Patch) -> None:
    """What a command does besides its trigger is left undone."""
    patch.setitem(HANDLERS, cmd.Fire, trigger.fire)


def asks_for_nothing_more(patch: Patch) -> None:
    """A command is for the roles of its table, whoever its transition is for."""
    patch.setattr(hooks, "_role_guard", lambda *_asked: lambda _step: None)


def agrees_on_nothing(patch: Patch) -> None:
    """A request that is fired has no costs."""
    patch.setattr(trigger, "agree_costs", lambda *_asked: None)


LAWS: dict[Mutate, Law] = {
    releases_whatever_is_fired: law(test_nothing_but_an_override_passes_the_release_policy),
    moves_the_state_alone: law(test_a_trigger_does_what_its_command_does),
    agrees_on_nothing: law(test_a_request_that_is_fired_agrees_on_costs),
    asks_for_nothing_more: law(test_a_command_is_for_the_roles_that_its_transition_names, "close"),
}
MUTANTS = Mutants("triggers", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
