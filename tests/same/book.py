"""Takes down a life as it is lived: what an engine was asked at its front door, as data.

An engine that is watched works as before. What it asks of itself is not taken down; what is asked
of it while it performs an effect belongs to that effect.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from orderflow import Engine, NewOrder
from orderflow.model.commands import Command
from orderflow.model.observations import Observation
from orderflow.model.work import Task
from orderflow.ports import Clock, EffectAnswer, EffectAttempt
from tests.same.insides import CLAIM, replace, stand_between
from tests.same.ports import Heard
from tests.same.wire import Json, answered, failed, sent


def _key(task: Task | str) -> str:
    return task if isinstance(task, str) else task.key


def _filled(data: Mapping[str, Any] | None) -> Json | None:
    """A form, with its dates as texts."""
    if data is None:
        return None
    return {name: given if isinstance(given, int) else str(given) for name, given in data.items()}


def _submit(command: Command) -> Json:
    return {"command": sent(command)}


def _submit_many(commands: Sequence[Command]) -> Json:
    return {"commands": [*map(sent, commands)]}


def _place(order: NewOrder, *, id: str | None = None, by: str = "system") -> Json:
    return {"order": sent(order), "id": id, "by": by}


def _place_many(orders: Mapping[str, NewOrder], *, by: str = "system") -> Json:
    return {"orders": {id: sent(order) for id, order in orders.items()}, "by": by}


def _observe(observation: Observation) -> Json:
    return {"observation": sent(observation)}


def _intake(payload: str) -> Json:
    return {"payload": payload}


def _dismiss(reference: str) -> Json:
    return {"reference": reference}


def _fire(
    order: str,
    trigger: str,
    *,
    on: str | None = None,
    data: Json | None = None,
    by: str = "system",
    id: str | None = None,
) -> Json:
    return {"order": order, "trigger": trigger, "on": on, "data": data, "by": by, "id": id}


def _complete(
    task: Task | str, *, by: str, data: Json | None = None, id: str | None = None
) -> Json:
    return {"task": _key(task), "by": by, "data": _filled(data), "id": id}


def _claim_task(task: Task | str, *, by: str) -> Json:
    return {"task": _key(task), "by": by}


def _reassign(task: Task | str, to: str, *, by: str) -> Json:
    return {"task": _key(task), "to": to, "by": by}


def _plan_walk(*, by: str, limit: int = 20) -> Json:
    return {"by": by, "limit": limit}


def _finish_walk(walk: object, *, by: str, missing: Mapping[Any, int] | None = None) -> Json:
    del walk  # the one that was planned last
    gone = (missing or {}).items()
    return {"by": by, "missing": [[key.sku, key.location, units] for key, units in gone]}


def _nothing() -> Json:
    return {}


def _forget(customer: str) -> Json:
    return {"customer": customer}


DOOR: Mapping[str, tuple[str, Callable[..., Json]]] = {
    "submit": ("submit", _submit),
    "submit_many": ("submit_many", _submit_many),
    "place": ("place", _place),
    "place_many": ("place_many", _place_many),
    "change_stock": ("change_stock", _submit),
    "observe": ("observe", _observe),
    "intake": ("intake", _intake),
    "dismiss": ("dismiss", _dismiss),
    "fire": ("fire", _fire),
    "complete": ("complete", _complete),
    "claim": ("claim_task", _claim_task),
    "reassign": ("reassign", _reassign),
    "plan_pick_tour": ("plan_walk", _plan_walk),
    "finish_pick_tour": ("finish_walk", _finish_walk),
    "apply_rules": ("apply_rules", _nothing),
    "erase": ("forget", _forget),
}
"""The engine's methods that change something: the step that each is, and what is taken down."""


def _do(rows: Sequence[Any]) -> Json:
    return {"rows": [row.key for row in rows]}


WORKER: Mapping[str, tuple[str, Callable[..., Json]]] = {
    "run_until_idle": ("work", _nothing),
    "do": ("do", _do),
    CLAIM: ("claim", _nothing),
}


class Book:
    """A life that is being written down."""

    def __init__(self, shop: str, clock: Clock, heard: Heard, ids: str = "") -> None:
        self.shop, self.clock, self.heard, self.ids = shop, clock, heard, ids
        self.steps: list[Json] = []
        self.deeds: list[Json] = []
        self.start: datetime | None = None
        self.mood: Json = {}
        """What is different about the deed that is being performed."""
        self._into = self.steps
        self._inside = False
        self._at: datetime | None = None
        self._times: Counter[str] = Counter()

    def opened(self, engine: Engine, options: Json) -> Engine:
        """Watch an engine that was built just now."""
        self.step("open", {"options": options})
        for watched, door in ((engine, DOOR), (engine.worker, WORKER)):
            for method, (verb, told) in door.items():
                replace(watched, method, self._noting(verb, told))
        stand_between(engine, self._perform)
        return engine

    def step(self, verb: str, told: Json) -> None:
        now = self.clock.now()
        if self.start is None:
            self.start = self._at = now
        moved = {"at": now.isoformat()} if now != self._at else {}
        self._into.append({"do": verb, **moved, **told})
        self._at = now

    def _noting(self, verb: str, told: Callable[..., Json]) -> Callable[[Any], Any]:
        def by(method: Any) -> Any:
            def noted(*given: Any, **named: Any) -> Any:
                if self._inside:
                    return method(*given, **named)
                self.step(verb, told(*given, **named))
                self._inside = True
                try:
                    return method(*given, **named)
                finally:
                    self._inside = False

            return noted

        return by

    def _perform(self, inner: Any, effect: EffectAttempt) -> EffectAnswer:
        meanwhile: list[Json] = []
        self.mood, self.heard.listens = {}, True
        try:
            with self._outside(meanwhile):
                reply: EffectAnswer = inner.perform(effect)
        finally:
            self.heard.listens = False
            number = self._times[effect.key]
            self._times[effect.key] += 1
            if meanwhile:
                self.mood["meanwhile"] = meanwhile
            if self.mood:
                self.deeds.append({"key": effect.key, "n": number, **self.mood})
        return reply

    @contextmanager
    def _outside(self, into: list[Json]) -> Iterator[None]:
        """What is asked of the engine meanwhile is asked from outside."""
        before, inside = self._into, self._inside
        self._into, self._inside = into, False
        try:
            yield
        finally:
            self._into, self._inside = before, inside

    def altered(
        self, *, asked: bool, reply: EffectAnswer = None, error: Exception | None = None
    ) -> None:
        """The mood gave a deed another end than those had who performed it, if any did."""
        self.mood["asked"] = asked
        if error is not None:
            self.mood["error"] = failed(error)
        else:
            self.mood["reply"] = answered(reply)

    def life(self, name: str) -> Json:
        """The life, as it is kept."""
        assert self.start is not None  # it began when its shop was opened
        return {
            "life": name,
            "shop": self.shop,
            "start": self.start.isoformat(),
            "ids": self.ids,
            "steps": self.steps,
            "deeds": self.deeds,
            "answers": self.heard.answers,
        }
