"""The promises as checks of stored data: each finding is a broken promise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import attrs

from orderflow.engine.card.reader import NotOnCard
from orderflow.engine.doctor.comparison import (
    document_matches_journal,
    is_as_given,
    wrong_references,
)
from orderflow.engine.explain import without_pending_work
from orderflow.engine.pipeline.fault import as_rule_failure, rule_errors_of
from orderflow.engine.pipeline.handle import Handler
from orderflow.engine.row_check import row_mismatches_of
from orderflow.errors import RuleFailed, StoreUnavailable, UnknownWorkflow, raised
from orderflow.kernel.money.refund import refund_key
from orderflow.model import events as ev
from orderflow.model.folds.fold import fold
from orderflow.model.folds.parcel import fold_parcel
from orderflow.model.ledger import IN_WORK, LEGAL_MOVES, Bucket
from orderflow.model.messages import StockGranted
from orderflow.model.order import Order
from orderflow.model.parcel import ParcelStatus
from orderflow.model.state import OrderState, Stamp
from orderflow.model.stock import StockKey, WaitingBackorder
from orderflow.ports import Store

__all__ = ["Finding", "order_checks", "order_findings", "readable_or_finding"]


@attrs.frozen
class Finding:
    """A broken promise, by number; *promise* may be 0 or None.

    0: a row without an owner, or inconsistent in itself. None: these rules cannot check it.
    *ruled*: by other rules (windows, steps, prices) it may be right.
    """

    promise: int | None
    subject: str
    what: str
    ruled: bool = False


def order_findings(handler: Handler, order: Order, places: Iterable[str] = ()) -> Iterator[Finding]:
    """Findings about an order and its parcels: promises 1, 2, 5, 8 and 9.

    *places* are further stock locations besides those of the rules. Raises RuleFailed.
    """
    with rule_errors_of(f"order:{order.id}"):
        found = [finding for check in order_checks(handler, order, places) for finding in check]
    yield from found


def order_checks(
    handler: Handler, order: Order, places: Iterable[str] = ()
) -> tuple[Iterator[Finding], ...]:
    """The checks of an order, separately: a failed check stops no other."""
    return (
        map(_ruled, _money_is_exact(handler, order)),
        _only_declared_moves(handler, order),
        _conserved(handler, order),
        _backorders_wait(handler, order, {*handler.rules.locations, *places}),
        map(_ruled, _nothing_silent(handler, order)),
        _journal_is_true(handler, order),
        _written_as_worked(handler, order),
    )


def _written_as_worked(handler: Handler, order: Order) -> Iterator[Finding]:
    """Check that the document and the references are the order's."""
    if not document_matches_journal(handler.store, order):
        what = "its document tells of other lines or another total than it is worked by"
        yield Finding(8, f"order:{order.id}", what)
    if not is_as_given(handler.store, order):
        yield Finding(8, f"order:{order.id}", "its document is not the one that was placed")
    for subject, name, known in wrong_references(handler.store, order):
        yield Finding(6, subject, f"{name} is known as {known}")


def _ruled(finding: Finding) -> Finding:
    return attrs.evolve(finding, ruled=True)


def _only_declared_moves(handler: Handler, order: Order) -> Iterator[Finding]:
    for number, entry in enumerate(handler.store.journal(f"order:{order.id}"), start=1):
        if entry.version != number:
            yield Finding(
                8,
                f"order:{order.id}",
                f"{order.id}: entry {number} has the version {entry.version}",
            )
        for event in entry.events:
            yield from _declared(handler, order, event)


def _declared(handler: Handler, order: Order, event: ev.Event) -> Iterator[Finding]:
    stamp: Stamp
    match event:
        case ev.UnitsMoved(source=source, dest=dest):
            if dest.bucket not in LEGAL_MOVES[source.bucket]:
                yield Finding(
                    1,
                    f"order:{order.id}",
                    f"{order.id}: units moved {source.bucket} to {dest.bucket}",
                )
            return
        case ev.LifecycleMoved():
            stamp, over = order.state.workflow, order.state.phase.final
        case ev.FulfillmentOrderMoved(fo=fo):
            found = order.fulfillment_orders[fo]
            stamp, over = found.workflow, found.phase.final
        case ev.ReturnMoved(rma=rma):
            back = order.state.returns[rma]
            stamp, over = back.workflow, back.phase.final
        case _:
            return
    if over and (stamp.name, stamp.version) not in handler.rules.machines:
        return  # a workflow may be removed when all its orders ended
    declared = handler.rules.machine(stamp).workflow.leaving.get(event.source, ())
    if not any((t.trigger, t.dest) == (event.trigger, event.dest) for t in declared):
        yield Finding(
            1,
            f"order:{order.id}",
            f"{order.id}: undeclared {event.trigger}: {event.source} to {event.dest}",
        )


def _conserved(handler: Handler, order: Order) -> Iterator[Finding]:
    state = order.state
    for line, ordered in state.lines.items():
        units = order.ledger.of(line)
        if sum(units.values()) != ordered.ordered or min(units.values(), default=1) <= 0:
            yield Finding(
                2,
                f"order:{order.id}",
                f"{order.id} line {line}: {units} do not add up to {ordered.ordered}",
            )
    for slot, _ in order.ledger.items():
        known = (
            (slot.fo in state.fulfillment_orders or not slot.fo)
            and (slot.parcel in state.parcels or not slot.parcel)
            and (slot.rma in state.returns or not slot.rma)
        )
        if not known:
            yield Finding(
                2, f"order:{order.id}", f"{order.id}: units stand under something unknown: {slot}"
            )
    for view in state.parcels.values():
        parcel = handler.store.parcel(view.id)
        filling = bool(handler.store.pending_messages(f"parcel:{view.id}"))
        if parcel is None or filling or view.status is ParcelStatus.VOIDED:
            continue
        contents: Counter[str] = Counter()
        for content in parcel.contents:
            contents[content.line] += content.quantity if content.order == order.id else 0
        if contents != Counter(order.units(parcel=view.id)):
            yield Finding(
                2, f"order:{order.id}", f"{view.id} holds {contents}, the ledger says otherwise"
            )
    yield from _reservations_match(handler, order)


def _backorders_wait(handler: Handler, order: Order, places: set[str]) -> Iterator[Finding]:
    """Check that each backordered unit is on one waiting list, or granted to the order."""
    found: Counter[str] = Counter()
    backordered = order.units(Bucket.BACKORDERED)
    for line in backordered:
        for place in places:
            for waiting in handler.store.waiting_list(StockKey(order.state.lines[line].sku, place)):
                if (waiting.order, waiting.line) == (order.id, line):
                    found[line] += waiting.quantity
                    yield from _waits_since(handler, order, waiting)
    for grant in _on_their_way(handler.store, order.id):
        found[grant.line] += grant.quantity if grant.line in backordered else 0
    for line, units in backordered.items():
        if found[line] < units:
            what = f"{order.id} line {line}: {units} are backordered, {found[line]} wait"
            yield Finding(2, f"order:{order.id}", what)


def _waits_since(handler: Handler, order: Order, waiting: WaitingBackorder) -> Iterator[Finding]:
    """Check that a line waits since some of its units were backordered."""
    moments = {
        entry.at
        for entry in handler.store.journal(f"order:{order.id}")
        for event in entry.events
        if isinstance(event, ev.UnitsMoved)
        and (event.dest.line, event.dest.bucket) == (waiting.line, Bucket.BACKORDERED)
    }
    if waiting.since not in moments:
        what = f"{order.id} line {waiting.line} waits since another moment than it was backordered"
        yield Finding(2, f"order:{order.id}", what)


def _reservations_match(handler: Handler, order: Order) -> Iterator[Finding]:
    """Check that the order's reservations equal its units in work."""
    state, promised = order.state, Counter[tuple[StockKey, str]]()
    for slot, units in order.ledger.slots(*IN_WORK):
        line, location = state.lines[slot.line], state.fulfillment_orders[slot.fo].location
        if line.stocked and location:
            promised[StockKey(line.sku, location), slot.line] += units
    for put_away in state.put_aways.values():
        sku = state.lines[put_away.line].sku
        if state.lines[put_away.line].stocked:
            promised[StockKey(sku, put_away.location), put_away.line] += put_away.quantity
    for grant in _on_their_way(handler.store, order.id):
        promised[grant.key, grant.line] += grant.quantity
    reserved = handler.store.reservations_of_order(order.id)
    if dict(promised) != dict(reserved):
        yield Finding(
            2,
            f"order:{order.id}",
            f"{order.id}: stock is reserved {reserved}, in work are {dict(promised)}",
        )


def _money_is_exact(handler: Handler, order: Order) -> Iterator[Finding]:
    """Check that refunds are covered by net captured money beyond the amount due."""
    state, owed = order.state, handler.rules.amount_due_of(order)
    if state.payments.total != owed:
        what = f"{order.id}: the amount due is {owed}, but {state.payments.total} is stored"
        yield Finding(9, f"order:{order.id}", what)
    pending = [refund for refund in state.refunds.values() if refund.status.open]
    amounts = [refund.amount for refund in pending if refund_key(refund) not in state.taken]
    if any(amount <= 0 for amount in amounts) or sum(amounts) > max(0, state.payments.net_captured):
        what = (
            f"refunds of {amounts} are open, but the net captured amount is "
            f"{state.payments.net_captured}"
        )
        yield Finding(9, f"order:{order.id}", what)
    if not amounts:
        return
    spare = state.payments.net_captured - owed
    if not state.phase.final:
        spare = min(spare, order.document.total.minor - owed - state.payments.refunded)
    if sum(amounts) > max(0, spare):
        what = f"{amounts} are to be refunded, of which {spare} are not owed"
        yield Finding(9, f"order:{order.id}", what)


def _on_their_way(store: Store, order: str) -> Iterator[StockGranted]:
    for body in store.pending_messages(f"order:{order}"):
        if isinstance(body, StockGranted):
            yield body


def _nothing_silent(handler: Handler, order: Order) -> Iterator[Finding]:
    """Check that pending work and rows match, and that nothing unfinished lacks pending work."""
    for owner, (missing, too_many) in row_mismatches_of(handler.store, handler.rules, order):
        for wait in missing:
            what = f"{owner} waits for {wait.key}, but no such row exists"
            yield Finding(5, owner, what)
        for key in too_many:
            yield Finding(5, owner, f"{key} is there, and {owner} does not wait for it")
    if unnamed := without_pending_work(handler, order):
        yield Finding(5, f"order:{order.id}", f"{order.id} waits silently: {'; '.join(unnamed)}")


def _journal_is_true(handler: Handler, order: Order) -> Iterator[Finding]:
    folded = fold(handler.store.journal(f"order:{order.id}"), order.id)
    if folded != order.state:
        fields = [f.name for f in attrs.fields(OrderState)]
        other = [n for n in fields if getattr(folded, n) != getattr(order.state, n)]
        what = f"the stored state and the journal differ in: {', '.join(other)}"
        yield Finding(8, f"order:{order.id}", what)
    for view in order.state.parcels.values():
        parcel = handler.store.parcel(view.id)
        if parcel and fold_parcel(handler.store.journal(f"parcel:{view.id}"), view.id) != parcel:
            yield Finding(8, f"parcel:{view.id}", "its journal tells another parcel than is stored")


def readable_or_finding(subject: str, found: Iterable[Finding]) -> Iterator[Finding]:
    """The findings of *found*; one more where rows cannot be read."""
    try:
        yield from found
    except (StoreUnavailable, GeneratorExit):  # or the caller stops reading
        raise
    except NotOnCard as error:
        yield Finding(None, subject, f"not checked: {error}")
    except UnknownWorkflow as error:  # the order may be all right
        yield Finding(None, subject, f"it cannot be checked: {error}")
    except raised() as error:  # whatever the rows contain, or a rule of the application raises
        fault = as_rule_failure(error, subject)
        if isinstance(fault, RuleFailed) and fault.rule:
            what = f"not checked: {fault.rule} raised {type(error).__name__}"
            yield Finding(None, subject, what)
        else:
            yield Finding(8, subject, f"it cannot be read: {type(error).__name__}")
