"""A decision being made: events folded as they come, and what is committed beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import attrs

from orderflow.errors import Refusal
from orderflow.kernel.cursor import Cursor
from orderflow.kernel.evolve import Fold
from orderflow.kernel.rules import Rules
from orderflow.kernel.step import Fired, Step
from orderflow.model import events as ev
from orderflow.model.document import NewOrder
from orderflow.model.ledger import IN_WORK, Bucket, Slot, path
from orderflow.model.messages import MessageBody, SettleStock, TakeOut
from orderflow.model.order import Order
from orderflow.model.parcel import Content, Parcel
from orderflow.model.state import FulfillmentOrder, LineState, ParcelView, Return, Stamp
from orderflow.model.stock import Cause, Move, Release, StockKey, StockLevel, StockOp, Unwait
from orderflow.model.work import Effect, Message, NewTask, Note, effect_key

__all__ = ["Context", "Deciding"]


@attrs.frozen
class Context:
    """What a decision may know of the world: all of it is given.

    Attributes:
        now: UTC.
        actor: Who asks.
        cause: The message's id.
        at: When it happened, for a fact; None for what happens now.
        facts: What the fact providers said.
        levels: The stock levels that the decision may need.
        parcel: The parcel that units are to be put into, where it is there already.
        waiting: How many units of a line are on which waiting list, where that may matter.
    """

    now: datetime
    actor: str = "system"
    cause: str = ""
    at: datetime | None = None
    facts: Mapping[str, Any] = attrs.field(factory=dict)
    levels: Mapping[StockKey, StockLevel] = attrs.field(factory=dict)
    parcel: Parcel | None = None
    waiting: Mapping[tuple[str, StockKey], int] = attrs.field(factory=dict)


class Deciding:
    """Collects what a decision emits. Nothing of it leaves if there is a refusal."""

    revised = False
    overruled: list[str] | None = None
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
        """Made when it is first needed: most refusals look at the order alone."""
        if self._folding is None:
            self._folding = Fold(self._base.state if self._base else None)
        return self._folding

    def _at(self, name: str) -> Any:
        """A value of the order's state at this point, to look at."""
        if self._folding is None and self._base is not None:
            return getattr(self._base.state, name)
        return self._fold.peek(name)

    @property
    def order(self) -> Order:
        """The order as it is at this point of the decision."""
        if self._now is None:
            assert self._base is not None  # create() sets it, too
            self._now = self._base.at(self._fold.freeze(self.version + 1))
        return self._now

    @property
    def before(self) -> Order:
        """The order as it was, or began, with what it is for now."""
        assert self._base is not None  # create() sets it, too
        return self._base

    @property
    def units(self) -> Mapping[Slot, int]:
        """The ledger at this point, without making a snapshot of the order."""
        return self._fold.standing

    def level(self, key: StockKey) -> StockLevel:
        """How much stock is there, as this decision leaves it."""
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
        """Begin an order."""
        self._folding = Fold(None, self.id)
        self.emit(created)
        self._base = Order(document, self._fold.freeze(self.version + 1))

    def revise(self, document: NewOrder) -> None:
        """Let the order be for something else; events tell what changed."""
        assert self._base is not None  # an order that is there is revised
        self._base, self._now, self.revised = Order(document, self._base.state), None, True

    def emit(self, event: ev.Event) -> None:
        """Let *event* become true."""
        self._fold.apply(event, self.context.now)
        self.events.append(event)
        self._now = None

    def refuse(self, code: str, sentence: str) -> None:
        """Take down a reason to refuse the command."""
        refusal = Refusal(code, sentence)
        if refusal not in self.refusals:
            self.refusals.append(refusal)

    def vetoed(self, refusal: Refusal | None) -> bool:
        """Whether the application's veto stands; one that is overridden is only taken down."""
        if refusal is not None and self.overruled is not None:
            self.overruled.append(refusal.code)
            return False
        if refusal is not None:
            self.refuse(refusal.code, refusal.sentence)
        return refusal is not None

    def tell(self, to: str, body: MessageBody) -> None:
        """Send a message to another boundary with the commit."""
        key = f"{self.id}:{self.version + 1}>{len(self.messages)}"
        self.messages.append(Message(key, to, body))

    def move(self, source: Slot, dest: Slot, quantity: int) -> None:
        """Move units by one legal step."""
        self.emit(ev.UnitsMoved(quantity, source, dest))
        self.touched |= {source.fo, dest.fo} - {""}

    def walk(
        self,
        slot: Slot,
        dest: Bucket,
        quantity: int,
        *,
        parcel: str | None = None,
        rma: str | None = None,
    ) -> None:
        """Move units along the shortest legal path, as facts do; *parcel* and *rma* hold them."""
        way = path(slot.bucket, dest)
        if way is None:
            raise ValueError(f"no legal way from {slot.bucket} to {dest}")
        for bucket in way:
            after = slot._replace(bucket=bucket)
            if bucket is dest:
                held = slot.parcel if parcel is None else parcel
                after = after._replace(parcel=held, rma=slot.rma if rma is None else rma)
            self.leave_stock(slot, after, quantity)
            self.move(slot, after, quantity)
            slot = after

    def leave_stock(self, source: Slot, dest: Slot, quantity: int) -> None:
        """Consume the reservation of units that leave the house."""
        if dest.bucket is Bucket.SHIPPED and source.bucket in IN_WORK:
            self.unreserve(source.line, source.fo, quantity, Cause.SHIPMENT)

    def unreserve(self, line: str, fo: str, quantity: int, consume: Cause | None = None) -> None:
        """Give units of a line's reservation back, or let them leave with *consume*."""
        key = self.stock_key(line, fo)
        if key is not None:
            self.stock.append(Release(key, self.id, line, quantity, consume, self.context.at))
            if consume is None:
                self.settle_stock(key)

    def unwait(self, line: str, quantity: int) -> None:
        """Take units of a line from the waiting lists; some may be on their way to it already."""
        for (waits, key), units in sorted(self.context.waiting.items()):
            if waits == line and (take := min(quantity, units)):
                self.stock.append(Unwait(key, self.id, line, take))
                quantity -= take

    def stock_key(self, line: str, fo: str) -> StockKey | None:
        """Where the stock of a line is kept that a FO works on; None where none of ours is."""
        location = self.fos[fo].location
        kept = location and self.lines[line].stocked
        return StockKey(self.lines[line].sku, location) if kept else None

    def take_out_of(self, parcels: Mapping[str, Iterable[Content]]) -> None:
        """Tell parcels that units leave them which are sent again; a counter sale has none."""
        for parcel, contents in parcels.items():
            if parcel:
                self.tell(f"parcel:{parcel}", TakeOut(tuple(contents)))

    def restock(self, slot: Slot, quantity: int, reference: str) -> None:
        """Put units that came back on the shelf from which they were taken."""
        key = self.stock_key(slot.line, slot.fo)
        if key is not None:
            self.stock.append(Move(key, quantity, Cause.RETURN, reference))
            self.settle_stock(key)

    def quarantine(self, slot: Slot, quantity: int, reference: str) -> None:
        """Put units that came back aside: they are counted, and never sold."""
        key = self.stock_key(slot.line, slot.fo)
        if key is not None:
            self.stock.append(Move(key.aside, quantity, Cause.RETURN, reference))

    def settle_stock(self, key: StockKey) -> None:
        """Ask stock, once, to serve those who wait for what was freed."""
        if key not in self._settling:
            self._settling.add(key)
            self.tell(f"stock:{key}", SettleStock(key))

    def fire(
        self,
        trigger: str,
        *,
        fo: str = "",
        rma: str = "",
        data: Mapping[str, Any] | None = None,
        reason: str = "",
    ) -> bool:
        """Fire a trigger on the order, a FO or a return; every reason is taken down."""
        stamp, state = self._stands(fo, rma)
        machine = self.rules.machine(stamp)
        if not machine.leads_on(trigger, state):
            of, only = fo or rma or self.id, machine.workflow.onward[state]
            what = f"{of} is {state}; {trigger} does not lead on from there, only {only}"
            self.refuse("transition.not_declared", what)
            return False
        cursor = Cursor(self, machine.workflow, state, trigger, fo, rma, data or {}, reason)
        if machine.fire(cursor, trigger):
            return True
        for refusal in cursor.refusals:
            self.refuse(refusal.code, refusal.sentence)
        return False

    def _stands(self, fo: str, rma: str) -> tuple[Stamp, str]:
        """The workflow of the order, a FO or a return, and its state in it, without a snapshot."""
        if fo:
            return self.fos[fo].workflow, self.fos[fo].state
        if rma:
            return self.returns[rma].workflow, self.returns[rma].state
        if self._folding is None and self._base is not None:
            before = self._base.state
            return before.workflow, before.lifecycle
        return self._fold.peek("workflow"), self._fold.peek("lifecycle")

    def run_parcel_hooks(self, view: ParcelView) -> None:
        """Run the inside hooks of a parcel's new status."""
        for hook in self.rules.hooks.inside("on_parcel", view.status, ""):
            fo = self.order.state.fulfillment_orders.get(view.fo)
            context, data = self.context, {"parcel": view.id}
            step = Step(
                self.order, view.status, context.actor, context.now, fo, None, data, context.facts
            )
            self.add(hook(step), view.id)  # type: ignore[arg-type]  # registered as inside hooks

    def add(self, outputs: Iterable[Effect | NewTask | Note], of: str) -> None:
        """Take what an inside hook adds."""
        for output in outputs:
            number = len(self.events)
            match output:
                case Effect():
                    generation = (self.version + 1) * 1000 + number
                    subject = output.subject or self.order.id
                    shared = subject in self.order.state.parcels  # others count versions, too
                    about = f"{self.order.id}/{subject}" if shared else subject
                    key = effect_key(about, output.name, generation)
                    self.effects.append(attrs.evolve(output, subject=subject, key=key))
                    self.emit(ev.EffectAdded(key, output.name, subject))
                case NewTask():
                    task = f"{self.order.id}:{output.name}:{self.version + 1}.{number}"
                    reason = output.instructions or output.name
                    self.emit(self._opened(task, output.name, output.role, reason, of))
                case Note():
                    self.emit(ev.NoteAdded(output.text))
                case _:
                    raise TypeError(f"a hook adds Effect, NewTask or Note, got {output!r}")

    def ask_person(self, name: str, role: str, reason: str, of: str) -> None:
        """Open a task, unless the same one is open."""
        state = self.order.state
        task = f"{state.own(of)}:{name}"
        if task not in state.tasks:
            self.emit(self._opened(task, name, role, reason, of))

    def _opened(self, task: str, name: str, role: str, reason: str, of: str) -> ev.TaskOpened:
        return ev.TaskOpened(task, name, role, reason, of, self.context.now)

    def keep_fact(self, fact: str, reason: str, of: str = "") -> None:
        """Keep a fact that has no declared move; a person looks at it."""
        self.emit(ev.FactKept(fact, reason))
        self.ask_person(f"exception.{fact}", "support", reason, of or self.order.id)
