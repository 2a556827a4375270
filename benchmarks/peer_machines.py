"""The same eight steps on the state machines of other libraries.

Each gives orders that have not moved, each with what its triggers are called on: what it costs to
make them is not measured, in the peers' favour.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import transitions
from automat import TypeMachineBuilder
from statemachine import State, StateMachine

from benchmarks.steps import STATES, STEPS, Order, count, may

__all__ = ["PEERS", "drive"]

Driven = list[tuple[Order, Any]]


class Model(Order):
    """An order that a machine may add methods to."""

    def may(self) -> bool:
        return may(self)

    def count(self) -> None:
        count(self)


# --- transitions ---------------------------------------------------------------------------------


def _transitions(number: int) -> Driven:
    models = [Model() for _ in range(number)]
    declared = [
        {"trigger": trigger, "source": source, "dest": dest, "conditions": "may", "after": "count"}
        for trigger, source, dest in STEPS
    ]
    transitions.Machine(
        models, list(STATES), initial=STATES[0], transitions=declared, auto_transitions=False
    )
    return [(model, model) for model in models]


# --- python-statemachine -------------------------------------------------------------------------


class _Peer(StateMachine):  # type: ignore[misc]  # it carries no types here
    """The state's value stands in the model."""

    new = State(initial=True)
    placed, picking, picked = State(), State(), State()
    packed, labelled, shipped, arrived = State(), State(), State(), State()
    done = State(final=True)
    place = new.to(placed, cond="may", after="count")
    start = placed.to(picking, cond="may", after="count")
    pick = picking.to(picked, cond="may", after="count")
    pack = picked.to(packed, cond="may", after="count")
    label = packed.to(labelled, cond="may", after="count")
    ship = labelled.to(shipped, cond="may", after="count")
    arrive = shipped.to(arrived, cond="may", after="count")
    finish = arrived.to(done, cond="may", after="count")


def _statemachine(number: int) -> Driven:
    models = [Model() for _ in range(number)]
    return [(model, _Peer(model)) for model in models]


# --- automat -------------------------------------------------------------------------------------


class _Inputs(Protocol):
    """The inputs of the machine."""

    def place(self) -> None: ...
    def start(self) -> None: ...
    def pick(self) -> None: ...
    def pack(self) -> None: ...
    def label(self) -> None: ...
    def ship(self) -> None: ...
    def arrive(self) -> None: ...
    def finish(self) -> None: ...


def _moving(dest: str) -> Callable[[_Inputs, Order], None]:
    """The output of a transition. automat has no guards: ours is asked in it."""

    def moved(_inputs: _Inputs, order: Order) -> None:
        if may(order):
            count(order)
            order.state = dest

    return moved


def _automat(number: int) -> Driven:
    builder = TypeMachineBuilder(_Inputs, Order)
    states = {name: builder.state(name) for name in STATES}
    for trigger, source, dest in STEPS:
        states[source].upon(getattr(_Inputs, trigger)).to(states[dest])(_moving(dest))
    factory: Callable[[Order], Any] = builder.build()
    orders = [Order() for _ in range(number)]
    return [(order, factory(order)) for order in orders]


PEERS: Mapping[str, Callable[[int], Driven]] = {
    "transitions": _transitions,
    "automat": _automat,
    "python-statemachine": _statemachine,
}


def drive(driven: Driven) -> None:
    """Take every order through its eight steps."""
    for _, machine in driven:
        machine.place()
        machine.start()
        machine.pick()
        machine.pack()
        machine.label()
        machine.ship()
        machine.arrive()
        machine.finish()
