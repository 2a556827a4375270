"""Each order that is not over waits for something that comes, or for a person who knows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from orderflow import (
    IN_HOUSE,
    ORDER,
    Engine,
    Hooks,
    InHouse,
    Phase,
    Refusal,
    State,
    Step,
    Steps,
    Transition,
    Workflow,
)
from orderflow.errors import NeedsPerson
from orderflow.model.commands import ReceiveStock, RequestReturn
from orderflow.ports import EffectAnswer, EffectAttempt
from orderflow.simulation import VirtualClock
from orderflow.stores import MemoryStore
from orderflow.workflow import EffectOf, TimerFor
from tests.cases.shop import POSTER, Shop, answer, case, expect, line, order, require


def finish(shop: Shop) -> list[str]:
    """Say "done" to every task; gives what became of each."""
    return [answer(partial(shop.engine.complete, key, by="sue")) for key in shop.tasks()]


@case("a timer that could not fire for half an hour", "high")
def timer_given_up() -> None:
    """A hook has a bug for 25 minutes, just when the order is to complete.

    Right: after the mend it completes, or a person has a task. Kind: each row that is given up
    leaves a row or a task, for every kind of row and name of timer, whatever raised.
    """
    broken, hooks = [True], Hooks()

    @hooks.on_enter("completed")
    def tell(_step: Step) -> list[Any]:
        if broken[0]:
            raise KeyError("crm_id")
        return []

    shop = Shop(hooks=hooks)
    shop.place(POSTER)
    shop.deliver()
    shop.clock.advance(timedelta(days=14))
    for _ in range(25):
        shop.run()
        shop.clock.advance(timedelta(minutes=1))
    broken[0] = False
    shop.days(60)
    right = shop.status() == "completed" or bool(shop.tasks())
    got = f"{shop.status()}, waiting for {shop.silent()}"
    require("completed, or waiting for a task", right, got)


class Releases:
    """Two releases of an application on one store: the old one lacks the orders' new workflow."""

    def __init__(self, *manual: str) -> None:
        self.clock, self.store = VirtualClock(), MemoryStore()
        self.steps = Steps(manual=frozenset(manual))
        old, new = (ORDER.extend(name="mine", version=number) for number in (1, 2))
        self.old, self.new = self.engine(old), self.engine(new, old)

    def engine(self, lifecycle: Workflow[Step], *older: Workflow[Step]) -> Engine:
        return Engine(
            self.store,
            [InHouse()],
            lifecycle=lifecycle,
            workflows=older,
            clock=self.clock,
            steps=self.steps,
        )

    def work(self, engine: Engine, times: int, **period: float) -> None:
        """Work and let time pass, in turn."""
        for _ in range(times):
            engine.worker.run_until_idle()
            self.clock.advance(timedelta(**period))


@case("a reservation that lapses while an old release runs", "high")
def timer_during_rollback() -> None:
    """The last unit's reservation ends while a release runs that lacks the order's workflow.

    Right: back on the new one the unit becomes free, or somebody has a task. Kind: the same.
    """
    both = Releases("confirm")
    both.new.change_stock(ReceiveStock(sku="MUG", quantity=1).to())
    both.new.place(order("A-1", line("MUG")))
    both.work(both.new, 1, days=3)
    both.work(both.old, 18, minutes=5)
    known = {task.name for task in both.new.tasks()}
    both.work(both.new, 5, days=1)
    told = {task.name for task in both.new.tasks()} - known
    expect(0, 0 if told else both.new.level("MUG").reserved)


@case("an automatic step fails while an old release runs", "medium")
def step_during_rollback() -> None:
    """An order of a new workflow is worked for an hour by a release that does not know it.

    Right: back on the new one the order goes on by itself. Kind: a worker leaves alone, without
    counting attempts, what it cannot decide.
    """
    both = Releases()
    both.new.place(order("A-1", POSTER))
    both.work(both.old, 60, minutes=1)
    both.work(both.new, 60, minutes=5)
    tasks = [task.name for task in both.new.tasks()]
    got = {"status": str(both.new.order("A-1").status), "tasks": tasks}
    expect({"status": "shipped", "tasks": []}, got)


@case("a state's own timer is refused once", "high")
def refused_timer() -> None:
    """A guard refuses an own timer once; a person has the task, and says "done" when it would pass.

    Right: the order goes on, or still waits for somebody. Kind: automatic moves that a guard
    refuses: what tries them again, and what ends their task.
    """
    ready = [False]

    def checked(_step: Step) -> Refusal | None:
        return None if ready[0] else Refusal("fraud.open", "the fraud check is open")

    class Cooled(InHouse):
        code = "cooled"
        workflow = IN_HOUSE.extend(
            name="cooled",
            states=[State("cooling", Phase.WORKING, TimerFor(timedelta(hours=2), "cooled"))],
            transitions=[
                Transition("picked", "picking", "cooling"),
                Transition("cooled", "cooling", "packing", guards=[checked]),
            ],
            without=[("picked", "picking")],
        )

    shop = Shop(Cooled())
    shop.place(POSTER)
    shop.wait(hours=2)
    ready[0] = True
    finish(shop)
    shop.days(5)
    went_on = shop.status() != "in_progress" or shop.silent() != "nothing"
    require("it went on, or waits", went_on, "it waits for nothing")


@case("a return's window is over, and a guard refuses to let it expire", "high")
def refused_expiry() -> None:
    """A guard refuses ``expire`` once, after thirty days; its task is done when it would pass.

    Right: the return expires, or waits for somebody. Kind: the same.
    """
    hooks, settled = Hooks(), [False]

    @hooks.guard("expire")
    def insurer(_step: Step) -> Refusal | None:
        return None if settled[0] else Refusal("claim.open", "the insurer still looks at it")

    shop = Shop(hooks=hooks)
    shop.place(POSTER)
    shop.deliver()
    shop.do(RequestReturn(lines={"1": 1}))

    def state() -> str:
        (rma,) = shop.engine.order("A-1").state.returns.values()
        return str(rma.state)

    expect("approved", state())
    shop.days(40)
    settled[0] = True
    finish(shop)
    shop.days(40)
    over = state() == "expired" or bool(shop.tasks())
    require("expired, or a task", over, f"{state()}, no task")


def leads_on_from_printing(print_it: Callable[[], None]) -> None:
    """Pass where "done" leads on from a state whose own effect has waited for five days."""
    effect = EffectOf("print", party="printer", within=timedelta(days=1))

    class Room(InHouse):
        code = "room"
        workflow = IN_HOUSE.extend(
            name="printed",
            states=[State("printing", Phase.WORKING, effect)],
            transitions=[
                Transition("picked", "picking", "printing"),
                Transition("printed", "printing", "packing"),
                Transition("cancel", "printing", "cancelled"),
            ],
            without=[("picked", "picking")],
        )

        def perform(self, deed: EffectAttempt) -> EffectAnswer:
            if deed.name != "print":
                return super().perform(deed)
            print_it()
            return None

    shop = Shop(Room("room"), InHouse())
    shop.place(line("P", 2, stocked=False))
    for _ in range(20):
        shop.wait(hours=6)
    said = finish(shop)
    shop.run()
    said.append(shop.fo())
    require("it leads on from printing", "printing" not in said, ", ".join(said))


@case("an own effect that a person must take over", "high")
def effect_by_hand() -> None:
    """An own effect raises ``NeedsPerson``; a person takes it over and completes the task.

    Right: that is the trigger that the effect would have given. Kind: a state's effect with one
    trigger that leads on.
    """

    def bad_artwork() -> None:
        raise NeedsPerson("bad artwork")

    leads_on_from_printing(bad_artwork)


@case("an own effect whose party is overdue", "medium")
def effect_overdue() -> None:
    """A printer that answers later never does; the person who has the task sees it printed.

    Right: the fulfillment order goes on, or the task asks what came of it. Kind: the same.
    """
    leads_on_from_printing(lambda: None)
