"""The history of an order: steps, their results, and both as a story."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial

import attrs

from orderflow.engine import Engine
from orderflow.errors import OrderflowError, RuleFailed
from orderflow.model import events as ev
from orderflow.model.commands import CommandBody, ReceiveStock
from orderflow.model.document import NewOrder
from orderflow.model.ledger import IN_WORK, Bucket
from orderflow.model.observations import ObservationBody
from orderflow.model.order import Order
from orderflow.ports import Store
from orderflow.simulation import SequentialIds, SimulatedPeople, VirtualClock
from orderflow.testing.faulty_ports import PerformedEffect, PortFaults, take_over
from orderflow.testing.laws import BrokenLaw, WatchedStore, check_order, check_stock
from orderflow.testing.messages import (
    cooperative_observations,
    plausible_commands,
    plausible_observations,
    repairs,
)
from orderflow.wording import Wording

__all__ = ["EngineFactory", "History", "LifeStep"]

EngineFactory = Callable[[Store], Engine]
"""Builds the application's engine on a store."""

_PAUSES = (timedelta(minutes=1), timedelta(hours=5), timedelta(days=1), timedelta(days=16))
_MOODS = ("fails", "late", "short", "prompt")
_PLENTY = 50
_WORK = "everybody works"


@attrs.frozen
class LifeStep:
    """One step of a history. *choice* picks one of the possibilities at that moment."""

    kind: str
    choice: int = 0


class History:
    """The history of one order on its own engine; its text is the story, step by step.

    Attributes:
        engine: The order's engine.
        placed: The order's id; empty where the placement was refused.
        raised: The unexpected error, if any; the history ends there.
        performed: The strategies' effects, with their replies.
    """

    def __init__(
        self, make: EngineFactory, order: NewOrder, moves: tuple[LifeStep, ...] = (), units: int = 5
    ) -> None:
        self._clock, self._moods = VirtualClock(), PortFaults()
        self._story: list[str] = []
        self._seen = 0
        self.document, self.placed = order, ""
        self.raised: Exception | None = None
        self.engine = take_over(make(WatchedStore()), self._clock, SequentialIds(), self._moods)
        self.engine.worker.attempts = 2
        self._people = SimulatedPeople()
        self._step(f"{units} of each SKU arrive", lambda: self._stock(units))
        wanted = ", ".join(f"{ln.quantity} × {ln.sku}" for ln in order.lines) or "nothing"
        self._step(f"a customer orders {wanted}", self._place)
        for move in moves:
            self._live(move)

    @property
    def order(self) -> Order:
        """The order in its current state."""
        return self.engine.order(self.placed)

    @property
    def performed(self) -> list[PerformedEffect]:
        """Each performed effect."""
        return list(self._moods.performed)

    def events(self) -> Iterator[ev.Event]:
        """The order's events, oldest first."""
        for entry in self.engine.journal(self.placed) if self.placed else ():
            yield from entry.events

    def went_through(self, state: str) -> bool:
        """Whether the order, or a fulfillment order or return of it, ever was in a state."""
        moved = ev.LifecycleMoved | ev.FulfillmentOrderMoved | ev.ReturnMoved
        return any(isinstance(event, moved) and event.dest == state for event in self.events())

    @property
    def shipped_units(self) -> Mapping[str, int]:
        """Shipped units by line; a unit that was shipped twice counts twice."""
        left: Counter[str] = Counter()
        for event in self.events():
            if isinstance(event, ev.UnitsMoved) and event.dest.bucket is Bucket.SHIPPED:
                left[event.source.line] += event.quantity * (event.source.bucket in IN_WORK)
        return +left

    def story(self) -> str:
        """The steps and their events, line by line."""
        return "\n".join(self._story)

    __str__ = story

    def __repr__(self) -> str:
        return f"<the life of {self.placed or 'an order that was refused'}: told below>"

    def check(self) -> None:
        """Check the promises for the order and all stock. Raises BrokenLaw."""
        if isinstance(self.raised, BrokenLaw):
            raise self.raised
        if self.placed:
            check_order(self.engine, self.placed)
        check_stock(self.engine)

    def finish(self) -> None:
        """Finish the order: goods arrive, people do tasks, partners ship, carriers deliver."""
        for mood in _MOODS:
            setattr(self._moods, mood, False)
        for _ in range(12):
            if not self.placed or self.raised or self.order.state.phase.final:
                return
            before = self.order.version, self._clock.now()
            if self.order.units(Bucket.BACKORDERED):
                self._step("goods arrive", lambda: self._stock(_PLENTY))
            self._step(_WORK, self._work)
            for fact in cooperative_observations(self.order):
                self._tell(fact)
            for body in repairs(self.order):
                self._command(body)
            self._step(_WORK, self._work)
            due = self.engine.worker.next_due()
            if due is not None:
                self._step(f"it is {due:%d %b %H:%M}", partial(self._clock.move_to, due))
            if before == (self.order.version, self._clock.now()):
                return

    # --- one step -----------------------------------------------------------------------------

    def _live(self, move: LifeStep) -> None:
        if not self.placed or self.raised:
            return
        choice = move.choice
        match move.kind:
            case "work":
                self._step("the worker works", self.engine.worker.run_until_idle)
            case "people":
                self._step("people do their tasks", lambda: self._people.act(self.engine))
            case "wait":
                pause = _PAUSES[choice % len(_PAUSES)]
                self._step(f"{pause} pass", lambda: self._clock.advance(pause))
            case "later":
                self._step("the next thing comes due", self._later)
            case "stock":
                self._step("goods arrive", lambda: self._stock(1 + choice % 5))
            case "mood":
                self._change(_MOODS[choice % len(_MOODS)])
            case "breakdown":
                self._step("nothing works for an hour", self._break_down)
            case "command":
                thought = list(plausible_commands(self.order))
                self._command(thought[choice % len(thought)])
            case "fact":
                told = list(plausible_observations(self.order))
                self._tell(told[choice % len(told)])

    def _step(self, told: str, act: Callable[[], object]) -> None:
        if self.raised:
            return
        note, before = "", self.placed and self.order.version
        try:
            act()
            if self.placed and self.order.version != before:
                self.check()
        except Exception as error:
            note = f"               {type(error).__name__}: {error}"
            if isinstance(error, OrderflowError) and not isinstance(error, BrokenLaw | RuleFailed):
                note = f"               refused: {error}"
            else:
                self.raised = error  # for the law that checks it
        events, wording = list(self.events()), Wording()
        news = [f"               {wording.of(event)}" for event in events[self._seen :]]
        if news or note or told != _WORK:
            self._story += [f"{self._clock.now():%d %b %H:%M}  {told}", *news]
        self._story += [note] if note else []
        self._seen = len(events)

    def _place(self) -> None:
        self.placed = self.engine.place(self.document, id="order").id

    def _stock(self, units: int) -> None:
        skus = dict.fromkeys(line.sku for line in self.document.lines)
        for place in sorted(self.engine.rules.locations):
            for sku in skus if units else ():
                self.engine.change_stock(ReceiveStock(sku=sku, location=place, quantity=units).to())

    def _work(self) -> None:
        self.engine.worker.run_until_idle()
        while self._people.act(self.engine):
            self.engine.worker.run_until_idle()

    def _later(self) -> None:
        self._clock.move_to(self.engine.worker.next_due() or self._clock.now())
        self.engine.worker.run_until_idle()

    def _break_down(self) -> None:
        before, self._moods.fails = self._moods.fails, True
        for _ in range(3):
            self.engine.worker.run_until_idle()
            self._clock.advance(timedelta(minutes=20))
        self._moods.fails = before

    def _change(self, mood: str) -> None:
        now = not getattr(self._moods, mood)
        told = f"from now on the parties are {'' if now else 'not '}in the mood: {mood}"
        self._step(told, lambda: setattr(self._moods, mood, now))

    def _command(self, body: CommandBody) -> None:
        command = body.to(self.placed, by="ana")
        self._step(f"Ana asks: {_short(body)}", lambda: self.engine.submit(command))

    def _tell(self, fact: ObservationBody) -> None:
        told = fact.at(self._clock.now(), subject=self.placed)
        self._step(f"it is told: {_short(fact)}", lambda: self.engine.observe(told))


def _short(said: CommandBody | ObservationBody) -> str:
    """A command or an observation in one line, without its defaults."""
    given = said.model_dump(mode="json", exclude_defaults=True, exclude={"kind"})
    return " ".join([type(said).__name__, *(f"{name}={value}" for name, value in given.items())])
