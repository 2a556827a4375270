"""Records: the events of a decision, folded as they are emitted, and its refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import attrs

from orderflow.errors import Refusal
from orderflow.kernel.decision.return_types import check_type
from orderflow.kernel.decision.rules import Rules
from orderflow.kernel.decision.step import Fired
from orderflow.model import events as ev
from orderflow.model.document import NewOrder
from orderflow.model.folds.fold import Fold
from orderflow.model.frozen_mapping import HoldsMappings
from orderflow.model.ledger import Slot
from orderflow.model.messages import MessageBody
from orderflow.model.order import Order
from orderflow.model.parcel import Parcel
from orderflow.model.state import FulfillmentOrder, LineState, Return
from orderflow.model.stock import StockKey, StockLevel, StockOp
from orderflow.model.work import Effect, Message, NewTask, Note, effect_key

__all__ = ["Context", "Record"]


@attrs.frozen
class Context(HoldsMappings):
    """What a decision may know of the world; all of it is passed in.

    Attributes:
        now: UTC.
        actor: Who gives the command.
        cause: The message's id.
        at: When an observation happened; None: now.
        external: What the providers of external data returned.
        levels: The stock levels that the decision may need.
        parcel: The parcel that units are put into, or that a shipment notice's tracking number
            names, if it exists.
        waiting: Units per line and waiting list, if they may matter.
        task: The task that this completes; the actor's role was checked for it.
        answers: The task that an observation answers, if its source was asked before.
    """

    now: datetime
    actor: str = "system"
    cause: str = ""
    at: datetime | None = None
    external: Mapping[str, Any] = attrs.field(factory=dict)
    levels: Mapping[StockKey, StockLevel] = attrs.field(factory=dict)
    parcel: Parcel | None = None
    waiting: Mapping[tuple[str, StockKey], int] = attrs.field(factory=dict)
    task: str = ""
    answers: str = ""


class Record:
    """The events and operations that a decision emits. A refusal discards all of them."""

    revised = False
    overridden_codes: list[str] | None = None
    _folding: Fold | None = None

    def __init__(self, rules: Rules, context: Context, order: Order | None, new_id: str) -> None:
        self.rules, self.context = rules, context
        state = order.state if order is not None else None
        self.id, self.version = (new_id, 0) if state is None else (state.id, state.version)
        self.levels: dict[StockKey, StockLevel] = {}
        self.events: list[ev.Event] = []
        self.stock: list[StockOp] = []
        self.messages: list[Message] = []
        self.effects: list[Effect] = []
        self.fired: list[Fired] = []
        self.refusals: list[Refusal] = []
        self.touched: set[str] = set()
        self._settling: set[StockKey] = set()
        self._base, self._now = order, order

    @property
    def _fold(self) -> Fold:
        """The fold, made when first needed: most refusals only read the order."""
        if self._folding is None:
            self._folding = Fold(self._base.state if self._base else None)
        return self._folding

    def _at(self, name: str) -> Any:
        """A read-only value of the order's state at this point."""
        if self._folding is None and self._base is not None:
            return getattr(self._base.state, name)
        return self._fold.peek(name)

    @property
    def order(self) -> Order:
        """The order at this point of the decision."""
        if self._now is None:
            assert self._base is not None  # create() sets it, too
            self._now = self._base.with_state(self._fold.freeze(self.version + 1))
        return self._now

    @property
    def before(self) -> Order:
        """The order before this decision, with its revised document."""
        assert self._base is not None  # create() sets it, too
        return self._base

    @property
    def units(self) -> Mapping[Slot, int]:
        """The ledger at this point, without a snapshot of the order."""
        return self._fold.standing

    def level(self, key: StockKey) -> StockLevel:
        """The stock level with this decision's own operations."""
        return self.levels.get(key) or self.context.levels.get(key) or StockLevel(key)

    @property
    def lines(self) -> Mapping[str, LineState]:
        """The lines at this point, without a snapshot."""
        found: Mapping[str, LineState] = self._at("lines")
        return found

    @property
    def fos(self) -> Mapping[str, FulfillmentOrder]:
        """The fulfillment orders at this point, without a snapshot."""
        found: Mapping[str, FulfillmentOrder] = self._at("fulfillment_orders")
        return found

    @property
    def returns(self) -> Mapping[str, Return]:
        """The returns at this point, without a snapshot."""
        found: Mapping[str, Return] = self._at("returns")
        return found

    def create(self, document: NewOrder, created: ev.OrderCreated) -> None:
        """Create the order."""
        self._folding = Fold(None, self.id)
        self.emit(created)
        self._base = Order(document, self._fold.freeze(self.version + 1))

    def revise(self, document: NewOrder) -> None:
        """Replace the order's document; events record what changed."""
        assert self._base is not None  # only an existing order is revised
        self._base, self._now, self.revised = Order(document, self._base.state), None, True

    def attempt(self, act: Callable[[], object]) -> list[Refusal]:
        """Call *act*; if it is refused, undo all that it did and return the reasons."""
        stands, before = self.order, self.refusals
        found: list[list[Any]]
        found = [self.events, self.stock, self.messages, self.effects, self.fired]
        lengths = [len(each) for each in found]
        others = set(self.touched), set(self._settling), dict(self.levels)
        refused: list[Refusal] = []
        self.refusals = refused
        act()
        self.refusals = before
        if refused:
            self.touched, self._settling, self.levels = others
            self._folding, self._now = Fold(stands.state), stands
            for each, length in zip(found, lengths, strict=True):
                del each[length:]
        return refused

    def emit(self, event: ev.Event) -> None:
        """Append *event* and apply it to the order."""
        self._fold.apply(event, self.context.now)
        self.events.append(event)
        self._now = None

    def refuse(self, code: str, sentence: str) -> None:
        """Record a reason to refuse the command."""
        refusal = Refusal(code, sentence)
        if refusal not in self.refusals:
            self.refusals.append(refusal)

    def is_vetoed(self, refusal: Refusal | None) -> bool:
        """Whether a policy's refusal counts; an overridden one is recorded and does not count."""
        check_type(refusal, "a policy", Refusal, type(None))
        if refusal is not None and self.overridden_codes is not None:
            self.overridden_codes.append(refusal.code)
            return False
        if refusal is not None:
            self.refuse(refusal.code, refusal.sentence)
        return refusal is not None

    def send(self, to: str, body: MessageBody) -> None:
        """Send a message to another boundary with the commit."""
        key = f"{self.id}:{self.version + 1}>{len(self.messages)}"
        self.messages.append(Message(key, to, body))

    def stock_key(self, line: str, fo: str) -> StockKey | None:
        """The stock key of a line at the FO's location; None if we keep no stock of it there."""
        location = self.fos[fo].location
        kept = location and self.lines[line].stocked
        return StockKey(self.lines[line].sku, location) if kept else None

    def add(self, outputs: Iterable[Effect | NewTask | Note], of: str) -> None:
        """Add what an inside hook returned."""
        for output in outputs:
            number = len(self.events)
            match output:
                case Effect():
                    generation = (self.version + 1) * 1000 + number
                    subject = output.subject or self.order.id
                    shared = subject in self.order.state.parcels  # several orders change it
                    about = f"{self.order.id}/{subject}" if shared else subject
                    key = effect_key(about, output.name, generation)
                    self.effects.append(attrs.evolve(output, subject=subject, key=key))
                    self.emit(ev.EffectRequested(key, output.name, subject))
                case NewTask():
                    task = f"{self.order.id}:{output.name}:{self.version + 1}.{number}"
                    reason = output.instructions or output.name
                    self.emit(self._opened(task, output.name, output.role, reason, of))
                case Note():
                    self.emit(ev.NoteAdded(output.text))
                case _:
                    raise TypeError(f"a hook adds Effect, NewTask or Note, got {output!r}")

    def open_task(self, name: str, role: str, reason: str, of: str) -> None:
        """Open a task, unless the same one is open."""
        state = self.order.state
        task = f"{state.subject_key(of)}:{name}"
        if task not in state.tasks:
            self.emit(self._opened(task, name, role, reason, of))

    def _opened(self, task: str, name: str, role: str, reason: str, of: str) -> ev.TaskOpened:
        return ev.TaskOpened(task, name, role, reason, of, self.context.now)

    def keep_observation(self, fact: str, reason: str, of: str = "") -> None:
        """Record an observation that no declared transition fits; a person gets a task."""
        self.emit(ev.ObservationKept(fact, reason))
        self.open_task(f"exception.{fact}", "support", reason, of or self.order.id)
