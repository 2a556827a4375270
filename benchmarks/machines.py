"""One trigger of a state machine with one guard and one callback: an order of eight steps.

The hand-written table is the limit. Orders and cursors are made inside the measured time where
that is cheap (the table's and ours); the peers' models are made beforehand, in their favour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from benchmarks.harness import Pair, Race, at_least, at_most, seconds
from benchmarks.peer_machines import PEERS, drive
from benchmarks.steps import STATES, STEPS, TRIGGERS, Order, count, may
from orderflow.errors import Refusal
from orderflow.model.phases import OrderPhase
from orderflow.workflow import State, TaskFor, Transition, Workflow
from orderflow.workflow.machine import CompiledWorkflow, Inside, NoHooks

__all__ = ["by_hand", "by_turns", "races"]

ORDERS = 300


# --- by hand -------------------------------------------------------------------------------------

TABLE = {(source, trigger): (dest, may, count) for trigger, source, dest in STEPS}


def fire(order: Order, trigger: str) -> bool:
    found = TABLE.get((order.state, trigger))
    if found is None:
        return False
    dest, guard, callback = found
    if not guard(order):
        return False
    order.state = dest
    callback(order)
    return True


def by_hand() -> list[Order]:
    orders = [Order() for _ in range(ORDERS)]
    for order in orders:
        for trigger in TRIGGERS:
            fire(order, trigger)
    return orders


# --- orderflow -----------------------------------------------------------------------------------


class Cursor:
    """What a trigger moves in our machine: where an order stands, and the order."""

    __slots__ = ("state", "step")

    def __init__(self, order: Order) -> None:
        self.state, self.step = order.state, order

    def refuse(self, refusal: Refusal) -> bool:
        raise AssertionError(refusal)

    def add(self, outputs: Iterable[Any]) -> None:
        pass


def silent(step: Order) -> Refusal | None:
    return None if step.open else Refusal("closed", "the order is closed")


def counting(step: Order) -> tuple[()]:
    step.moves += 1
    return ()


class Hooks(NoHooks[Order]):
    def after(self, name: str) -> Sequence[Inside[Order]]:
        del name
        return (counting,)


def compiled() -> CompiledWorkflow[Order]:
    waiting = [State(name, OrderPhase.PLACED, TaskFor("clerk")) for name in STATES[:-1]]
    moves: list[Transition[Order]] = [
        Transition(t, source, dest, [silent]) for t, source, dest in STEPS
    ]
    flow: Workflow[Order] = Workflow(
        "eight", 1, "new", [*waiting, State("done", OrderPhase.COMPLETED)], moves
    )
    return CompiledWorkflow(flow, Hooks())


def one_cursor_an_order(machine: CompiledWorkflow[Order]) -> list[Order]:
    orders = [Order() for _ in range(ORDERS)]
    for order in orders:
        cursor = Cursor(order)
        for trigger in TRIGGERS:
            machine.fire(cursor, trigger)
        order.state = cursor.state
    return orders


def one_cursor_a_trigger(machine: CompiledWorkflow[Order]) -> list[Order]:
    orders = [Order() for _ in range(ORDERS)]
    for order in orders:
        for trigger in TRIGGERS:
            cursor = Cursor(order)
            machine.fire(cursor, trigger)
            order.state = cursor.state
    return orders


# --- the race ------------------------------------------------------------------------------------


def by_turns(take: Callable[[], Sequence[Order]]) -> Callable[[], float]:
    """A contender: microseconds a trigger, of orders that all went the whole way."""

    def contender() -> float:
        done: list[Sequence[Order]] = []
        took = seconds(lambda: done.append(take()), ORDERS * len(STEPS))
        for orders in done:
            check(orders)
        return 1e6 * took

    return contender


def check(orders: Sequence[Order]) -> None:
    assert all((order.state, order.moves) == (STATES[-1], len(STEPS)) for order in orders)


def a_second(take: Callable[[], Sequence[Order]]) -> Callable[[], float]:
    """A contender: triggers a second."""
    cost = by_turns(take)
    return lambda: 1e6 / cost()


def peer(make: Callable[[int], list[tuple[Order, Any]]]) -> Callable[[], float]:
    """A contender: triggers a second, of a library's models."""

    def contender() -> float:
        driven = make(ORDERS)
        took = seconds(lambda: drive(driven), ORDERS * len(STEPS), repeat=1)
        check([order for order, _ in driven])
        return 1 / took

    return contender


def races() -> Iterator[Race]:
    machine = compiled()
    an_order = partial(one_cursor_an_order, machine)
    a_trigger = partial(one_cursor_a_trigger, machine)
    yield Race(
        "trigger",
        "µs a trigger",
        {
            "a dict": by_turns(by_hand),
            "a cursor an order": by_turns(an_order),
            "a cursor a trigger": by_turns(a_trigger),
        },
        (
            Pair("a trigger, one cursor an order", "a cursor an order", "a dict", at_most(1.5)),
            Pair("a trigger, one cursor each", "a cursor a trigger", "a dict", at_most(2)),
        ),
        rounds=15,
    )
    ours = {"orderflow": a_second(an_order)}
    goals = {"transitions": 15.0, "automat": 1.0, "python-statemachine": 1.0}
    yield Race(
        "trigger",
        "triggers a second",
        ours | {name: peer(make) for name, make in PEERS.items()},
        tuple(
            Pair(f"triggers, beside {name}", "orderflow", name, at_least(limit))
            for name, limit in goals.items()
        ),
    )
