"""People who claim and complete tasks: in the warehouse, at the counter, in the office."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from orderflow.engine import Engine
from orderflow.errors import InvalidInput, NotFound, PortFailed, Refused
from orderflow.fulfillment.strategy import FulfillmentStrategy
from orderflow.model.ledger import Bucket
from orderflow.model.observations import ObservationBody
from orderflow.model.order import Order
from orderflow.model.work import FormField, Task, effect_key
from orderflow.ports import EffectAttempt
from orderflow.simulation.trips import chance

__all__ = ["SimulatedPeople"]


def _everything(_task: Task) -> bool:
    return True


class SimulatedPeople:
    """People who complete their tasks. Their entries are a function of seed and task.

    Args:
        seed: Other seeds give other answers.
        does: Selects the tasks that they do; by default all.
        short: The share of pick tasks in which a unit is not on its shelf.
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        does: Callable[[Task], bool] = _everything,
        short: float = 0,
    ) -> None:
        self._seed, self._does, self._short = seed, does, short
        self._tried: set[str] = set()

    def act(self, engine: Engine) -> bool:
        """Do every open task that was not tried before; returns whether one was done."""
        done = False
        for task in list(engine.tasks()):
            if task.key not in self._tried and self._does(task):
                self._tried.add(task.key)
                done = self._do(engine, task) or done
        return done

    def _do(self, engine: Engine, task: Task) -> bool:
        name = f"{task.role}-{1 + chance(self._seed, task.key).randrange(3)}"
        try:
            engine.claim(task, by=name)
            order = engine.complete(task, by=name, data=self._fill_in(engine, task))
        except (Refused, NotFound, InvalidInput):
            return False
        if task.name in ("ship", "submit"):
            _by_hand(engine, task, order)
        return True

    def _fill_in(self, engine: Engine, task: Task) -> dict[str, str]:
        short = task.name == "pick" and chance(self._seed, task.key).random() < self._short
        filled = {}
        for field in task.fields:
            if field.required:
                filled[field.name] = self._value(engine, task, field)
            elif short:
                filled[field.name], short = "1", False
        return filled

    def _value(self, engine: Engine, task: Task, field: FormField) -> str:
        dice = chance(self._seed, f"{task.key}/{field.name}")
        if field.choices:
            return field.choices[0]
        kind, _, line = field.name.partition(".")
        if kind == "serial":
            units = self._order(engine, task).units(Bucket.ALLOCATED, fo=task.subject)[line]
            return ",".join(f"S{dice.randrange(10**9)}" for _ in range(units))
        return {"date": "2030-12-31", "number": "1"}.get(field.kind, f"X{dice.randrange(10**9)}")

    def _order(self, engine: Engine, task: Task) -> Order:
        owner, _ = engine.store.task(task.key) or ("", task)
        return engine.order(owner.removeprefix("order:"))


def _by_hand(engine: Engine, task: Task, order: Order) -> None:
    """Do outside the engine what software would do: hand over a parcel, send a request."""
    fo = task.subject if task.name == "submit" else order.state.parcels[task.subject].fo
    strategy = engine.rules.strategies[order.fulfillment_orders[fo].strategy]
    assert isinstance(strategy, FulfillmentStrategy)  # the engine takes no other
    key = effect_key(task.subject, task.name, 0)
    for attempt in (1, 2):
        with suppress(PortFailed):
            effect = EffectAttempt(key, task.name, task.subject, attempt, order, None, {})
            reply = strategy.perform(effect)
            if isinstance(reply, ObservationBody):
                engine.observe(reply.at(engine.clock.now(), subject=order.id))
            return
