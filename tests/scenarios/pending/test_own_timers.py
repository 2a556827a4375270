"""A state's own timer does what anybody does who may: fire its trigger, or say why not."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import attrs
import pytest

from orderflow import ORDER, Dropship, InHouse, Order, Refusal
from orderflow.kernel.changes import trigger
from orderflow.kernel.changes.cancellation import cancel_units
from orderflow.kernel.decide import Context, Decision, decide
from orderflow.kernel.decision.draft import Draft
from orderflow.kernel.decision.step import Step
from orderflow.kernel.pending.state_work import own_wait
from orderflow.kernel.returns import rma
from orderflow.model import commands as cmd
from orderflow.model import observations as obs
from orderflow.model.ledger import IN_WORK, Bucket
from orderflow.model.messages import TimerFired
from orderflow.model.phases import OrderPhase, Phase
from orderflow.model.stock import StockKey
from orderflow.model.work import Timer
from orderflow.policies import EVERY_ROLE, not_once_packed
from orderflow.testing import FakePartner
from orderflow.workflow import Transition
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, replace
from tests.scenarios.pending.timed_lives import CASES, Case, lives_on, moments, shop_of, timed
from tests.shop import Shop


def what_comes(shop: Shop, order: Order, body: object) -> Decision | tuple[Refusal, ...]:
    keys = [StockKey("MUG", "main")]
    context = Context(shop.clock.now(), levels=shop.store.stock_levels(keys))
    return decide(shop.engine.rules, order, body, context)


def rows(order: Order) -> dict[str, object]:
    """All that is known of an order but its version, and which timers were done."""
    state = attrs.asdict(order.state, recurse=False)
    kept = {name: value for name, value in state.items() if name not in ("done_timers", "version")}
    return kept | {"ledger": dict(order.ledger.items())}


def agree(shop: Shop, timer: Timer, fire: cmd.Fire) -> str:
    """Compare what the timer does with what a person would have done: how it ended."""
    order, on = shop.order, timer.subject
    told = what_comes(shop, order, TimerFired(timer.key, timer.name, on))
    hand = what_comes(shop, order, fire)
    assert isinstance(told, Decision)
    if isinstance(hand, Decision):
        assert rows(told.order) == rows(hand.order), f"{fire} by hand leaves other rows"
        assert told.stock == hand.stock, f"{fire} by hand leaves other stock"
        return "fired"
    if fire.trigger in ("cancel", "expire") and is_cancelled(told.order, on):
        assert not stranded(told.order, on), f"{fire} strands {stranded(told.order, on)}"
        return "cancelled"
    if told.order.ledger != order.ledger or told.order.state.cancellations:
        said = what_comes(shop, order, cmd.Cancel())
        assert isinstance(said, Decision)
        assert told.order.ledger == said.order.ledger, f"{fire} cancels other units"
        asked, wanted = (set(at.state.cancellations) for at in (told.order, said.order))
        assert asked == wanted, f"{fire} asks for other units"
        return "asked"
    tasks = [task for task in told.order.state.tasks.values() if task.of == on]
    assert tasks, f"{fire} is refused for {hand}, and nobody is told"
    reasons = "; ".join(task.reason for task in tasks)
    assert all(refusal.sentence in reasons for refusal in hand), f"{hand} is said as {reasons}"
    before, after = rows(order), rows(told.order)
    moved = {name for name, row in before.items() if row != after[name]} - {"tasks"}
    assert not moved, f"{fire} is refused, and has changed {moved}"
    said = what_comes(shop, order, cmd.Cancel())
    ends = {t.dest for t in leaving(shop, order, on) if t.trigger == fire.trigger}
    may = ends <= {"cancelled", "expired"} and on not in order.state.returns
    assert not (may and isinstance(said, Decision)), f"{fire} is refused, Cancel is not"
    return "refused"


def leaving(shop: Shop, order: Order, on: str) -> tuple[Transition[Step], ...]:
    """The transitions from where a subject stands."""
    state = order.state
    found = state.fulfillment_orders.get(on) or state.returns.get(on)
    stamp, at = (found.workflow, found.state) if found else (state.workflow, state.lifecycle)
    return tuple(shop.engine.rules.machine(stamp).workflow.leaving[at])


def is_cancelled(order: Order, on: str) -> bool:
    fo = order.fulfillment_orders.get(on)
    ends = OrderPhase.CANCELLED if fo is None else Phase.CANCELLED
    return on not in order.state.returns and (fo or order.state).phase is ends


def stranded(order: Order, on: str) -> dict[str, int]:
    """Units that nobody looks after any more."""
    if on in order.fulfillment_orders:
        return order.units(*IN_WORK, fo=on)
    return order.units(*set(Bucket) - {Bucket.CANCELLED, Bucket.SUBSTITUTED})


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_a_timer_does_what_a_person_would(case: Case) -> None:
    """Whatever can be done by hand it does; what cannot be is a task that says why."""
    shop, kind = shop_of(case), case[0]
    ends = {
        agree(shop, timer, cmd.Fire(trigger=case[2], on=None if kind == "order" else timer.subject))
        for timer in moments(shop, case)
    }
    assert ends, f"no life comes to {case}"


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_a_timer_needs_no_role(case: Case) -> None:
    """Whom a transition names is asked of people; the program itself has no role at all."""

    def known(by: str) -> Collection[str] | None:
        return None if by == "system" else EVERY_ROLE

    shop = shop_of(case, frozenset({"manager"}), roles_of=known)
    for timer in moments(shop, case):
        told = what_comes(shop, shop.order, TimerFired(timer.key, timer.name, timer.subject))
        assert isinstance(told, Decision)
        asked = [t.reason for t in told.order.state.tasks.values() if "needs the role" in t.reason]
        assert not asked, f"a timer is asked for a role: {asked}"


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_whatever_a_timer_does_nothing_is_stranded(case: Case, later: bool) -> None:
    """The promises hold when it fired, and somebody or something is waited for."""
    shop = shop_of(case)
    for _timer in moments(shop, case):
        if not later:
            break
        later = False
    for _ in range(4):
        shop.passes(days=2)
        assert not shop.engine.idle_parts("A-1")
        if shop.order.state.phase.final:
            live = shop.order.ledger.total(*IN_WORK, Bucket.OPEN, Bucket.BACKORDERED)
            assert not live, f"{live} units are stranded"
            assert not shop.tasks() - {"refund"}
    assert shop.order.state.phase.final or [*shop.store.open_rows("order:A-1")] or shop.tasks()


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_a_timer_rests_while_its_subject_is_on_hold(case: Case) -> None:
    """As everything does; it fires when the hold is released."""
    shop = shop_of(case)
    hold = cmd.PlaceHold(hold="h", reason="lawyers look at it")
    for timer in moments(shop, case):
        held = what_comes(shop, shop.order, hold)
        assert isinstance(held, Decision)
        fired = what_comes(shop, held.order, TimerFired(timer.key, timer.name, timer.subject))
        assert isinstance(fired, Decision)
        assert not fired.events, "it fires while everything rests"
        shop.does(hold)
        shop.passes(hours=30)
        assert timer.key not in shop.order.state.done_timers
        shop.does(cmd.ReleaseHold(hold="h"))
        assert timer.key in shop.order.state.done_timers, "it does not fire after the hold"
        break


def test_what_was_in_the_way_ends_with_it() -> None:
    """The task of a refused timer is over when a later try goes through."""
    ready: list[str] = []

    def checked(_step: Step) -> Refusal | None:
        return None if ready else Refusal("fraud.open", "the fraud check is open")

    moves: list[Transition[Step]] = [Transition("cancel", "placed", "cancelled", guards=[checked])]
    flow = timed(ORDER, "placed", "cancel").extend(
        name="checked", transitions=moves, without=[("cancel", "placed")]
    )
    shop = Shop(lifecycle=flow, manual=["confirm"]).place()
    shop.passes(days=1)
    assert shop.tasks() == {"confirm", "exception.blocked"}
    assert shop.stands == {"allocated": 2}
    ready.append("it is")
    shop.passes(days=2)
    assert (shop.order.status, shop.tasks()) == ("cancelled", set())


def test_a_party_is_asked_once() -> None:
    """It would not give the units up: that is a person's task, however often the timer comes."""
    shop = shop_of(("theirs", "accepted", "cancel"))
    for _ in range(3):
        lives_on(shop)
    assert shop.order.fulfillment_orders["A-1-F1"].state == "accepted"
    shop.passes(days=1)
    (asked,) = shop.order.state.cancellations.values()
    assert (asked.lines, asked.reroute) == ({"1": 2}, False)
    shop.passes(hours=5)
    assert not shop.tasks(), "it is a task while the party has its time"
    shop.says(obs.CancellationAnswered(fo="A-1-F1", lines={}))
    shop.passes(hours=12)
    assert not shop.order.state.cancellations, "it is asked again"
    assert "exception.blocked" in shop.tasks()


@pytest.mark.parametrize("kind", ["ours", "theirs"])
def test_an_order_is_over_when_its_units_came_back(kind: str) -> None:
    """Nobody has a task beside who brings them."""
    own = Dropship(FakePartner()) if kind == "theirs" else InHouse()
    flow = timed(ORDER, "confirmed", "cancel")
    shop = Shop(own, lifecycle=flow, manual=["pack", "put_away"]).place()
    shop.passes(hours=30)
    assert shop.tasks() == ({"put_away"} if kind == "ours" else set())
    if kind == "ours":
        shop.completes("put_away")
    else:
        shop.says(obs.CancellationAnswered(fo="A-1-F1", lines={"1": 2}))
    assert (shop.order.status, shop.order.state.phase) == ("cancelled", OrderPhase.CANCELLED)


def test_the_cancel_policy_is_asked() -> None:
    """What is packed goes out, whatever a timer says."""
    shop = shop_of(("ours", "packed", "cancel"), cancellable=not_once_packed)
    fo = shop.order.fulfillment_orders["A-1-F1"].id
    shop.does(cmd.Confirm(), cmd.Pick(fo=fo, units={"1": 2}), cmd.Pack(fo=fo, units={"1": 2}))
    shop.passes(days=1)
    assert (shop.stands, "exception.blocked" in shop.tasks()) == ({"packed": 2}, True)


# --- mutants --------------------------------------------------------------------------------------


def fires_alone(patch: Patch) -> None:
    """A timer moves the state, and leaves undone what goes with it."""

    def alone(making: Any, subject: str, _key: str) -> None:
        wait: Any = own_wait(making.order, subject, making.rules)
        kinds = {"fo": making.fos, "rma": making.returns}
        making.fire(wait.trigger, **{k: subject for k, there in kinds.items() if subject in there})

    replace(patch, "an own trigger is fired", alone)


def strands_units(patch: Patch) -> None:
    """A timer that cancels leaves the units where they are."""
    replace(patch, "what a timer cancels", lambda *_asked: [])


def keeps_what_was_refused(patch: Patch) -> None:
    """What a refused trigger has moved stays moved."""

    def attempt(making: Any, act: Callable[[], object]) -> list[Refusal]:
        before = len(making.refusals)
        act()
        refused = making.refusals[before:]
        del making.refusals[before:]
        return list(refused)

    patch.setattr(Draft, "attempt", attempt)


def moves_returns_alone(patch: Patch) -> None:
    """A timer moves a return, and not its goods."""
    patch.setattr(rma, "fire", trigger.fire)


def asks_parties_daily(patch: Patch) -> None:
    """A party is asked again each time that the timer comes."""
    replace(patch, "a timer asks once", lambda key: f"{key}:again")


def asks_no_policy(patch: Patch) -> None:
    """A timer cancels what the policy keeps."""

    def cancels(making: Any, units: Any) -> bool:
        for slot, number in units:
            cancel_units(making, slot, number)
        return True

    replace(patch, "what a timer may cancel", cancels)


def asks_the_program_for_roles(patch: Patch) -> None:
    """Whom a transition names is asked of timers, too."""
    replace(patch, "the program itself", "nobody")


ALIKE, KEPT = test_a_timer_does_what_a_person_would, test_whatever_a_timer_does_nothing_is_stranded
LAWS: dict[Mutate, Law] = {
    fires_alone: law(ALIKE, ("order", "confirmed", "complete")),
    strands_units: law(ALIKE, ("ours", "packed", "cancel")),
    keeps_what_was_refused: law(ALIKE, ("order", "confirmed", "complete")),
    moves_returns_alone: law(ALIKE, ("return", "requested", "approve")),
    asks_parties_daily: law(test_a_party_is_asked_once),
    asks_no_policy: law(test_the_cancel_policy_is_asked),
    asks_the_program_for_roles: law(test_a_timer_needs_no_role, ("ours", "open", "cancel")),
}
MUTANTS = Mutants("own_timers", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
