"""The promises hold through random lives, and each has mutants that the lives catch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import attrs
from hypothesis import seed, settings
from hypothesis.stateful import run_state_machine_as_test

from orderflow.engine.pipeline.envelope import Envelope
from orderflow.engine.pipeline.handle import Handler
from orderflow.engine.pipeline.submit import Submitter
from orderflow.inventory import KeyStock
from orderflow.kernel.decision.draft import Draft
from orderflow.model import events as ev
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.messages import EffectFailed
from orderflow.model.observations import PaymentReported
from orderflow.model.parcel import Content, Parcel, status_of
from orderflow.model.state import PaymentOutcome
from orderflow.model.stock import JoinWaitingList, Reserve, StockLevel
from orderflow.model.work import Timer
from orderflow.ports import Commit, Outcome
from orderflow.stores import MemoryStore
from orderflow.testing import WatchedStore
from orderflow.workflow import CompiledWorkflow
from tests.laws import lives
from tests.laws.lives import Lives
from tests.mutants import (
    FOLDERS,
    HANDLERS,
    HUNT,
    Law,
    Mutant,
    Mutants,
    Mutate,
    Patch,
    original,
    replace,
)

TestLives = Lives.TestCase

SOON = 3
"""A seed whose lives meet every mutant soon; with some, two take over a minute each."""

Apply = Callable[[Any, KeyStock], KeyStock | None]


def test_lives_meet_every_kind_of_trouble() -> None:
    """The random lives are no easy ones: each of these turns up within a few hundred of them."""
    seen: set[str] = set()

    class Census(Lives):
        def teardown(self) -> None:
            for order in self.placed:
                seen.update(parcels_events(self, order))
                for entry in self.engine.journal(order):
                    seen.update(type(event).__name__ for event in entry.events)
                    moves = [e for e in entry.events if isinstance(e, ev.UnitsMoved)]
                    seen.update(move.dest.bucket for move in moves)

    expected = {
        *("backordered", "cancelled", "delivered", "lost", "returning", "returned"),
        *("HoldPlaced", "EffectGaveUp", "OverageFound", "ReturnOpened", "PutAwayRequested"),
        *("TaskOpened", "TimerDone", "DeliveryConfirmed", "PaymentRecorded"),
        *("TaskEscalated", "PromiseChanged", "DunningSent", "ReviewRequested", "ReviewSettled"),
        *(
            "ParcelScanRetracted",
            "RefundProposed",
            "RefundMoved",
            "GoodsInspected",
            "UnexpectedGoodsReceived",
            "QuantityRaised",
            "LineAdded",
            "AddressChanged",
            "LineSubstituted",
            "Overridden",
        ),
    }
    for number in range(32):
        if not expected <= seen:
            budget = settings(max_examples=15, database=None)
            run_state_machine_as_test(seed(number)(Census), settings=budget)
    assert expected <= seen, f"never happened: {sorted(expected - seen)}"


def parcels_events(lives: Lives, order: str) -> set[str]:
    """The kinds of what happened to an order's parcels."""
    parcels = lives.engine.order(order).state.parcels
    entries = [e for parcel in parcels for e in lives.engine.store.journal(f"parcel:{parcel}")]
    return {type(event).__name__ for entry in entries for event in entry.events}


def any_trigger_goes(patch: Patch) -> None:
    """A trigger without a declared transition jumps to the workflow's last state."""
    fire = CompiledWorkflow.fire

    def jump(self: CompiledWorkflow[Any], cursor: Any, trigger: str) -> bool:
        if fire(self, cursor, trigger):
            return True
        cursor.state = self.workflow.states[-1].name
        return True

    patch.setattr(CompiledWorkflow, "leads_on", lambda *_asked: True)
    patch.setattr(CompiledWorkflow, "fire", jump)


def refusals_leave_a_note(patch: Patch) -> None:
    """A refused command is noted on the order all the same."""
    original = Handler.handle_all

    def noting(self: Handler, envelopes: Sequence[Envelope], *more: Any) -> Any:
        found = original(self, envelopes, *more)
        for envelope, answer in zip(envelopes, found, strict=True):
            if isinstance(answer, tuple) and self.store.order(envelope.subject[6:]) is not None:
                note = PaymentReported(
                    fact=PaymentOutcome.FAILED, amount=0, reference=envelope.cause
                )
                told = attrs.evolve(envelope, body=note, processed=None, done=None, creates=False)
                original(self, [told])
        return found

    patch.setattr(Handler, "handle_all", noting)


def units_are_doubled(patch: Patch) -> None:
    """Shipping moves a unit that is not there."""
    fold_it = FOLDERS[ev.UnitsMoved]

    def double(fold: Any, event: Any, at: Any) -> None:
        fold_it(fold, event, at)
        if event.dest.bucket is Bucket.SHIPPED:
            fold.units[event.dest] += 1

    patch.setitem(FOLDERS, ev.UnitsMoved, double)


def cancelled_stock_stays_reserved(patch: Patch) -> None:
    """Cancelling forgets to give the reservation back."""
    patch.setattr(Draft, "release_reservation", lambda *_args, **_kwargs: None)


def shipping_forgets_the_stock(patch: Patch) -> None:
    """What is shipped stays on hand and reserved."""
    patch.setattr(Draft, "leave_stock", lambda *_args: None)


def restock_without_a_movement(patch: Patch) -> None:
    """On hand changes and its journal does not."""
    replace(patch, "memory: a movement of stock", lambda *_args: None)


def grants_ignore_what_is_there(patch: Patch) -> None:
    """Read, then write: every reservation is granted."""
    apply: Apply = original("memory: an operation on stock")

    def generous(op: Any, held: KeyStock) -> KeyStock | None:
        if isinstance(op, Reserve):
            level = attrs.evolve(held.level, reserved=held.level.reserved + op.quantity)
            return KeyStock(level, held.reserved + op.quantity, held.waiting)
        return apply(op, held)

    replace(patch, "memory: an operation on stock", generous)
    patch.setattr(StockLevel, "available", property(lambda level: max(0, level.on_hand)))


def safety_stock_is_sold(patch: Patch) -> None:
    """The safety stock counts as available."""
    left = property(lambda level: max(0, level.on_hand - level.reserved))
    patch.setattr(StockLevel, "available", left)


def allowance_is_ignored(patch: Patch) -> None:
    """Any number of backorders may be open."""
    apply: Apply = original("memory: an operation on stock")

    def patient(op: Any, held: KeyStock) -> KeyStock | None:
        if isinstance(op, JoinWaitingList):
            level = attrs.evolve(held.level, backordered=held.level.backordered + op.quantity)
            return KeyStock(level, held.reserved, held.waiting + op.quantity)
        return apply(op, held)

    def endless(making: Draft, slot: Slot, units: int, key: Any) -> None:
        making.stock.append(JoinWaitingList(key, making.id, slot.line, units))
        making.move(slot, Slot(slot.line, Bucket.BACKORDERED), units)

    replace(patch, "memory: an operation on stock", patient)
    replace(patch, "units wait for stock", endless)


def shortfall_without_a_task(patch: Patch) -> None:
    """A count below what is promised asks nobody."""
    replace(patch, "a shortfall has a task", lambda *_args: None)


def backorders_wait_silently(patch: Patch) -> None:
    """Nobody looks after a backorder."""
    replace(patch, "somebody has time to answer", lambda *_args: iter(()))


def timers_are_not_stored(patch: Patch) -> None:
    """The store loses timers."""
    rows_of = original("memory: the rows of a commit")

    def lossy(commit: Commit) -> Any:
        return rows_of(
            attrs.evolve(
                commit,
                pending_work=tuple(w for w in commit.pending_work if not isinstance(w, Timer)),
            )
        )

    replace(patch, "memory: the rows of a commit", lossy)


def giving_up_tells_nobody(patch: Patch) -> None:
    """An effect that gave up leaves no task."""
    patch.setitem(HANDLERS, EffectFailed, lambda *_args: None)


def receipts_are_lost(patch: Patch) -> None:
    """The store keeps no receipts."""
    patch.setattr(MemoryStore, "processed", lambda *_args: None)
    write = MemoryStore._write

    def forgetful(self: MemoryStore, commit: Commit) -> None:
        write(self, attrs.evolve(commit, processed=None))

    patch.setattr(MemoryStore, "_write", forgetful)


def content_is_not_compared(patch: Patch) -> None:
    """The same id is the same command, whatever it says."""
    replace(patch, "what a message says", lambda _content: "same")


def answer_is_the_order_of_today(patch: Patch) -> None:
    """Sent again, a command gets today's order for an answer."""

    def today(self: Any, receipt: Any) -> Any:
        return self._store.order(receipt.subject.removeprefix("order:"))

    patch.setattr(Submitter, "_as_of", today)


def journal_loses_an_event(patch: Patch) -> None:
    """The last event of a long commit is not written."""
    original = WatchedStore.commit

    def lossy(self: WatchedStore, commit: Commit) -> Outcome:
        if commit.entry and len(commit.entry.events) > 2:
            entry = attrs.evolve(commit.entry, events=commit.entry.events[:-1])
            commit = attrs.evolve(commit, entry=entry)
        return original(self, commit)

    patch.setattr(WatchedStore, "commit", lossy)


def what_is_kept_is_refunded(patch: Patch) -> None:
    """Whatever the customer keeps is refunded, too."""

    def generous(making: Draft) -> None:
        state = making.order.state
        if state.payments.net_captured > 0 and not state.refunds:
            making.emit(ev.RefundProposed(f"{making.id}-M1", state.payments.net_captured))

    replace(patch, "refunds are proposed", generous)


def queued_effects_ignore_holds(patch: Patch) -> None:
    """A hold is placed, and what is in the outbox is done all the same."""
    original = MemoryStore._write

    def stubborn(self: MemoryStore, commit: Commit) -> None:
        kept = [key for key in commit.withdrawn if ":task" not in key and "notify" in key]
        withdrawn = tuple(key for key in commit.withdrawn if key not in kept)
        original(self, attrs.evolve(commit, withdrawn=withdrawn))

    patch.setattr(MemoryStore, "_write", stubborn)


def parcels_keep_what_no_event_tells(patch: Patch) -> None:
    """A parcel is stored with something that its journal does not say."""
    decide_parcel = original("a parcel's decision")

    def secretive(*args: Any) -> Any:
        found = decide_parcel(*args)
        return attrs.evolve(found, parcel=attrs.evolve(found.parcel, generation=1))

    replace(patch, "a parcel's decision", secretive)


def parcels_hold_more_than_was_packed(patch: Patch) -> None:
    """A parcel is told of a unit that the ledger does not know in it."""

    def one_more(order: str, fo: str, line: str, units: int) -> Content:
        return Content(order, fo, line, units + 1)

    replace(patch, "what is packed is put in", one_more)


def cancelling_leaves_the_parcel(patch: Patch) -> None:
    """Units are taken out of a parcel that goes on as if they were in it."""

    def take_out(making: Draft, parcel: str) -> None:
        view = making.order.state.parcels[parcel]
        for line, units in making.order.units(Bucket.PACKED, parcel=parcel).items():
            slot = Slot(line, Bucket.PACKED, view.fo, parcel)
            making.move(slot, Slot(line, Bucket.PICKED, view.fo), units)

    replace(patch, "what is cancelled is unpacked", take_out)


def parcels_believe_the_last_scan(patch: Patch) -> None:
    """A parcel stands where the scan says that came last."""

    def last(parcel: Parcel) -> Any:
        scan = parcel.scans[-1] if parcel.scans else None
        return (scan.status, scan.occurred_at) if scan else status_of(parcel)

    replace(patch, "where a parcel stands", last)
    patch.setattr(lives, "status_of", last)  # who compares folds the scans of a parcel


MUTANTS = Mutants(
    "lives",
    (
        any_trigger_goes,
        refusals_leave_a_note,
        units_are_doubled,
        cancelled_stock_stays_reserved,
        shipping_forgets_the_stock,
        restock_without_a_movement,
        parcels_hold_more_than_was_packed,
        cancelling_leaves_the_parcel,
        grants_ignore_what_is_there,
        safety_stock_is_sold,
        allowance_is_ignored,
        shortfall_without_a_task,
        backorders_wait_silently,
        timers_are_not_stored,
        giving_up_tells_nobody,
        queued_effects_ignore_holds,
        parcels_believe_the_last_scan,
        receipts_are_lost,
        content_is_not_compared,
        answer_is_the_order_of_today,
        journal_loses_an_event,
        parcels_keep_what_no_event_tells,
        what_is_kept_is_refunded,
    ),
)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    """Break one promise on purpose: the lives must say that it is this one."""
    mutant.how(monkeypatch)
    hunted = seed(SOON)(type(Lives.__name__, (Lives,), {}))  # of its own: a seed marks the class
    mutant.breaks(Law(mutant.law, partial(run_state_machine_as_test, hunted, settings=HUNT)))
