"""The promises as checks: each raises :class:`Broken` with what is wrong, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from orderflow.engine import Engine
from orderflow.kernel.evolve import fold
from orderflow.kernel.parcels import fold_parcel, parcel_waits
from orderflow.kernel.waits import waits
from orderflow.model import events as ev
from orderflow.model.ledger import IN_WORK, LEGAL_MOVES, SETTLED
from orderflow.model.messages import StockGranted
from orderflow.model.order import Order
from orderflow.model.parcel import ParcelStatus
from orderflow.model.phases import OrderPhase
from orderflow.model.state import Stamp
from orderflow.model.stock import Reserve, StockKey, Wait
from orderflow.model.work import Effect, Task, Timer, Wanted
from orderflow.ports import Commit, Committed, Outcome, Store
from orderflow.stores import MemoryStore

__all__ = ["Broken", "WatchedStore", "check_order", "check_refusal", "check_stock"]


class Broken(AssertionError):
    """A promise is broken. ``promise`` is its number in the design."""

    def __init__(self, promise: int, what: str) -> None:
        self.promise = promise
        super().__init__(f"promise {promise}: {what}")


class WatchedStore(MemoryStore):
    """A memory store that checks each grant as it is committed (promise 3).

    ``granted`` keeps the grants that are on their way to an order.
    """

    def commit(self, commit: Commit) -> Outcome:
        """Commit, then look at the keys that it granted."""
        outcome = super().commit(commit)
        if isinstance(outcome, Committed):
            keys = {op.key for op in commit.stock if isinstance(op, Reserve | Wait)}
            for key, level in self.levels(keys).items():
                reserves = any(op.key == key for op in commit.stock if isinstance(op, Reserve))
                if reserves and level.reserved > level.on_hand - level.safety:
                    raise Broken(3, f"{key} was granted beyond what is there: {level}")
                limit = level.backorder_limit
                waits_now = any(op.key == key for op in commit.stock if isinstance(op, Wait))
                if waits_now and limit is not None and level.backordered > limit:
                    raise Broken(3, f"{key} has more backorders than its allowance: {level}")
        return outcome


def check_order(engine: Engine, order_id: str) -> None:
    """Promises 1, 2, 5 and 8 of one order and its parcels."""
    order = engine.order(order_id)
    _only_declared_moves(engine, order)
    _conserved(engine, order)
    _nothing_silent(engine, order)
    _journal_is_true(engine, order)


def _only_declared_moves(engine: Engine, order: Order) -> None:
    for number, entry in enumerate(engine.journal(order.id), start=1):
        if entry.version != number:
            raise Broken(8, f"{order.id}: entry {number} has the version {entry.version}")
        for event in entry.events:
            _declared(engine, order, event)


def _declared(engine: Engine, order: Order, event: ev.Event) -> None:
    stamp: Stamp
    match event:
        case ev.UnitsMoved(source=source, dest=dest):
            if dest.bucket not in LEGAL_MOVES[source.bucket]:
                raise Broken(1, f"{order.id}: units moved {source.bucket} to {dest.bucket}")
            return
        case ev.LifecycleMoved():
            stamp = order.state.workflow
        case ev.FulfillmentOrderMoved(fo=fo):
            stamp = order.fulfillment_orders[fo].workflow
        case ev.ReturnMoved(rma=rma):
            stamp = order.state.returns[rma].workflow
        case _:
            return
    declared = engine.rules.machine(stamp).workflow.leaving.get(event.source, ())
    if not any((t.trigger, t.dest) == (event.trigger, event.dest) for t in declared):
        raise Broken(1, f"{order.id}: undeclared {event.trigger}: {event.source} to {event.dest}")


def _conserved(engine: Engine, order: Order) -> None:
    state = order.state
    for line, ordered in state.lines.items():
        units = order.ledger.of(line)
        if sum(units.values()) != ordered.ordered or min(units.values(), default=1) <= 0:
            raise Broken(2, f"{order.id} line {line}: {units} do not add up to {ordered.ordered}")
    for slot, _ in order.ledger.items():
        known = (
            (slot.fo in state.fulfillment_orders or not slot.fo)
            and (slot.parcel in state.parcels or not slot.parcel)
            and (slot.rma in state.returns or not slot.rma)
        )
        if not known:
            raise Broken(2, f"{order.id}: units stand under something unknown: {slot}")
    for view in state.parcels.values():
        parcel = engine.store.parcel(view.id)
        filling = bool(engine.store.undelivered(f"parcel:{view.id}"))
        if parcel is None or filling or view.status is ParcelStatus.VOIDED:
            continue
        contents: Counter[str] = Counter()
        for content in parcel.contents:
            contents[content.line] += content.quantity if content.order == order.id else 0
        if contents != Counter(order.units(parcel=view.id)):
            raise Broken(2, f"{view.id} holds {contents}, the ledger says otherwise")
    _reservations_match(engine, order)


def _reservations_match(engine: Engine, order: Order) -> None:
    """Stock's side of the ledger: what is promised to the order is what it has in work."""
    state, promised = order.state, Counter[tuple[StockKey, str]]()
    for slot, units in order.ledger.slots(*IN_WORK):
        line, location = state.lines[slot.line], state.fulfillment_orders[slot.fo].location
        if line.stocked and location:
            promised[StockKey(line.sku, location), slot.line] += units
    for put_away in state.put_aways.values():
        sku = state.lines[put_away.line].sku
        if state.lines[put_away.line].stocked:
            promised[StockKey(sku, put_away.location), put_away.line] += put_away.quantity
    for grant in _on_their_way(engine.store, order.id):
        promised[grant.key, grant.line] += grant.quantity
    reserved = engine.store.reserved(order.id)
    if dict(promised) != dict(reserved):
        raise Broken(2, f"{order.id}: stock is reserved {reserved}, in work are {dict(promised)}")


def _on_their_way(store: Store, order: str) -> Iterator[StockGranted]:
    for body in store.undelivered(f"order:{order}"):
        if isinstance(body, StockGranted):
            yield body


def _nothing_silent(engine: Engine, order: Order) -> None:
    store, wanted = engine.store, waits(order, engine.rules)
    _materialised(store, f"order:{order.id}", wanted)
    covered = bool(wanted)
    for view in order.state.parcels.values():
        parcel = store.parcel(view.id)
        if parcel is not None:
            parcels_own = parcel_waits(parcel, engine.rules)
            _materialised(store, f"parcel:{view.id}", parcels_own)
            covered = covered or bool(parcels_own)
        covered = covered or bool(store.pending(f"parcel:{view.id}"))
    covered = covered or bool(store.pending(f"order:{order.id}"))
    unsettled = set(order.ledger.totals()) - SETTLED
    alive = not order.state.phase.final and order.state.phase is not OrderPhase.DRAFT
    if (unsettled or alive) and not covered:
        raise Broken(5, f"{order.id} is {order.status} with {unsettled} and waits for nothing")
    if silent := engine.silent(order.id):
        raise Broken(5, f"{order.id} waits silently: {'; '.join(silent)}")


def _materialised(store: Store, owner: str, wanted: dict[str, Wanted]) -> None:
    """What is waited for is really there: a row in the outbox, an open task.

    An effect that has just given up is there as the message that says so.
    """
    rows = {row.key for row in store.pending(owner)}
    for key, wait in wanted.items():
        there = (
            store.task(key) is not None
            if isinstance(wait, Task)
            else not rows.isdisjoint({key, f"{key}:gave_up"})
        )
        if not there:
            raise Broken(5, f"{owner} waits for {key}, and nothing of the kind is there")
    kinds = {Effect: "effect", Timer: "timer"}
    known = {type(wait) for wait in wanted.values()} <= {*kinds, Task}
    if not known:
        raise Broken(5, f"{owner} waits for something unknown: {wanted}")


def _journal_is_true(engine: Engine, order: Order) -> None:
    told = fold(engine.journal(order.id), order.id)
    if told != order.state:
        raise Broken(8, f"the journal of {order.id} tells {told}, stored is {order.state}")
    for view in order.state.parcels.values():
        parcel = engine.store.parcel(view.id)
        if parcel and fold_parcel(engine.store.journal(f"parcel:{view.id}"), view.id) != parcel:
            raise Broken(8, f"the journal of {view.id} tells another parcel than {parcel}")


def check_stock(engine: Engine) -> None:
    """Promises 2 and 3 of all stock: sums agree; a shortfall has its task."""
    store, after = engine.store, StockKey("", "")
    while page := store.stock(after, 100):
        for level in page:
            moved = sum(movement.quantity for movement in store.movements(level.key))
            if moved != level.on_hand:
                raise Broken(2, f"movements of {level.key} sum to {moved}, not {level.on_hand}")
            waiting = sum(w.quantity for w in store.waiting(level.key))
            if waiting != level.backordered:
                raise Broken(2, f"{waiting} wait for {level.key}, not {level.backordered}")
            asked = store.task(f"stock:{level.key}:shortfall") is not None
            settling = bool(store.pending(f"stock:{level.key}"))
            if bool(level.shortfall) != asked and not settling:
                raise Broken(3, f"{level} is short, and its task is {asked}")
        after = page[-1].key


def check_refusal(engine: Engine, order_id: str, act: Callable[[], object]) -> None:
    """Promise 1: a refused command changes nothing. *act* gives it and takes the refusal."""
    before = engine.store.order(order_id), engine.store.pending(f"order:{order_id}")
    act()
    after = engine.store.order(order_id), engine.store.pending(f"order:{order_id}")
    if before != after:
        raise Broken(1, f"a refused command changed {order_id}")
