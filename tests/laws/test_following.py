"""What follows from a decision at once comes out as it would by way of the outbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow import MANUAL, Engine, InHouse, Line, NewOrder
from orderflow.engine.pipeline import follow
from orderflow.engine.pipeline.envelope import Envelope
from orderflow.kernel.parcels import parcel as parcels
from orderflow.model.commands import Confirm, Pack, Pick, PlaceHold, ReleaseHold
from orderflow.model.ledger import Bucket
from orderflow.model.messages import TakeUnitsOut
from orderflow.model.parcel import ParcelStatus
from orderflow.ports import Commit, Outcome
from orderflow.stores import MemoryStore
from orderflow.testing import History, orders
from orderflow.testing.histories import every_way
from orderflow.testing.history import LifeStep
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law
from tests.shop import Shop, new_order

MOVES = st.lists(st.builds(LifeStep, st.sampled_from(("work", "people", "wait"))), max_size=8)


def lived(document: NewOrder, moves: list[LifeStep], depth: int) -> tuple[object, ...]:
    """What a quiet life comes to: what became true, where the units stand, what the parcels say."""
    with patch.object(follow, "_DEPTH", depth):
        life = History(every_way, document, tuple(moves), 9)
        life.finish()
    assert life.raised is None, str(life)
    if not life.placed:
        return ()
    order = life.order
    views = {name: view.status for name, view in order.state.parcels.items()}
    for name, status in views.items():
        parcel = life.engine.store.parcel(name)
        assert parcel is not None
        assert parcel.status is status
    return Counter(map(type, life.events())), order.ledger, order.status, views


@given(orders(), MOVES)
def test_lives_come_to_the_same(document: NewOrder, moves: list[LifeStep]) -> None:
    assert lived(document, moves, depth=0) == lived(document, moves, depth=8)


def forgets_what_follows(patch: Patch) -> None:
    """What follows from a decision is taken down as handled, and nothing is done."""
    patch.setattr(follow._Chain, "take", lambda self, told, *_: self.carried.add(told.key))


LAWS: dict[Mutate, Law] = {
    forgets_what_follows: law(
        test_lives_come_to_the_same,
        NewOrder(currency="EUR", lines=(Line(sku="MUG", quantity=2),)),
        [LifeStep("work"), LifeStep("people")],
    )
}
MUTANTS = Mutants("following", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])


def a_shop(store: MemoryStore | None = None) -> Engine:
    """An order of two mugs, allocated; people work it."""
    engine = Shop(store=store, steps=MANUAL).engine
    engine.place(new_order(number="A"))
    engine.submit(Confirm().to("A"))
    engine.submit(Pick(fo="A-F1", units={"1": 2}).to("A"))
    return engine


def packed(store: MemoryStore | None = None) -> Engine:
    engine = a_shop(store)
    engine.submit(Pack(fo="A-F1", units={"1": 2}).to("A"))
    return engine


def test_a_parcel_is_there_when_it_was_packed() -> None:
    engine = packed()
    parcel = engine.store.parcel("A-P1")
    assert parcel is not None
    assert [content.quantity for content in parcel.contents] == [2]
    assert engine.store.pending_messages("parcel:A-P1") == []


def test_an_order_on_hold_has_told_its_parcels() -> None:
    """Nobody hands a parcel over between the hold and the message about it."""
    engine = packed()
    engine.submit(PlaceHold(hold="h", reason="fraud").to("A"))
    parcel = engine.store.parcel("A-P1")
    assert parcel is not None
    assert parcel.held_by == ("A",)


class Slow(MemoryStore):
    """Somebody changes the parcel at the last moment."""

    def __init__(self) -> None:
        super().__init__()
        self.before: Callable[[], object] | None = None

    def commit(self, commit: Commit) -> Outcome:
        if commit.with_it and self.before:
            act, self.before = self.before, None
            act()
        return super().commit(commit)


def test_who_was_too_late_leaves_what_follows_to_the_outbox() -> None:
    """The order has its commit, and the parcel hears of it in its turn."""
    store = Slow()
    engine = packed(store)
    other = Engine(store, [InHouse()], steps=MANUAL, clock=engine.clock)
    told = TakeUnitsOut(())
    store.before = lambda: other._handler.handle(Envelope("parcel:A-P1", told, "another's"))
    engine.submit(PlaceHold(hold="h", reason="fraud").to("A"))
    parcel = store.parcel("A-P1")
    assert parcel is not None
    assert (parcel.version, parcel.held_by) == (2, ())
    engine.worker.run_until_idle()
    parcel = store.parcel("A-P1")
    assert parcel is not None
    assert parcel.held_by == ("A",)


def broken(*_args: object) -> None:
    raise RuntimeError("no parcel today")


def test_what_cannot_be_handled_is_left_and_sinks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The order is packed; its parcel's message is tried by the worker, and has a task."""
    engine = a_shop()
    with monkeypatch.context() as patched:
        patched.setattr(parcels, "_filled", broken)
        engine.submit(Pack(fo="A-F1", units={"1": 2}).to("A"))
        assert engine.order("A").units(Bucket.PACKED) == {"1": 2}
        assert len(engine.store.pending_messages("parcel:A-P1")) == 1
    engine.worker.run_until_idle()
    parcel = engine.store.parcel("A-P1")
    assert parcel is not None
    assert parcel.status is ParcelStatus.LABELED


def test_what_cannot_be_read_is_left_and_sinks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = packed()
    with monkeypatch.context() as patched:
        patched.setattr(MemoryStore, "parcels_by_id", broken)
        engine.submit(PlaceHold(hold="h", reason="fraud").to("A"))
    assert engine.order("A").overlays == {"on_hold"}
    assert len(engine.store.pending_messages("parcel:A-P1")) == 1


def test_messages_to_one_subject_keep_their_order() -> None:
    """One that waits is delivered before any that follows from a decision now."""
    engine = packed()
    with patch.object(follow, "_DEPTH", 0):
        engine.submit(PlaceHold(hold="h", reason="fraud").to("A"))
    assert len(engine.store.pending_messages("parcel:A-P1")) == 1
    engine.submit(ReleaseHold(hold="h").to("A"))
    assert len(engine.store.pending_messages("parcel:A-P1")) == 2
    engine.worker.run_until_idle()
    parcel = engine.store.parcel("A-P1")
    assert parcel is not None
    assert parcel.held_by == ()
