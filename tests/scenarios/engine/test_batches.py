"""What is decided and stored together: who goes first, what is read anew, what is left."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from orderflow import MANUAL, Engine, InHouse, Line, Refused
from orderflow.engine.pipeline.envelope import Envelope, LoadedSubjects, Prepared
from orderflow.engine.pipeline.follow import follow
from orderflow.engine.worker.batch import NextRows
from orderflow.model.commands import (
    Confirm,
    Pack,
    Pick,
    PlaceHold,
    ReleaseHold,
    SetStockPolicy,
)
from orderflow.model.messages import HoldParcel, SealParcel, TakeUnitsOut
from orderflow.model.observations import LabelBought, PaymentReported
from orderflow.model.state import PaymentOutcome
from orderflow.model.work import Message
from orderflow.ports import Commit, EffectAnswer, EffectAttempt, Outcome, Stale, Stored
from orderflow.testing.commits import NOW, order_commit
from tests.shop import Shop, new_order


def shop(*numbers: str, strategy: InHouse | None = None, **rules: Any) -> Engine:
    """Orders of a mug and a cup, placed."""
    shop = Shop(strategy or InHouse(), stock={"MUG": 5, "CUP": 5}, **rules)
    shop.stock("MUG", 5, "east")
    shop.stock("CUP", 5, "west")
    lines = Line(sku="MUG", quantity=1), Line(sku="CUP", quantity=1)
    for number in numbers:
        shop.engine.place(new_order(*lines, number=number))
    return shop.engine


def packed(engine: Engine, number: str, into: str | None = None) -> None:
    engine.submit(Confirm().to(number))
    engine.submit(Pick(fo=f"{number}-F1", units={"1": 1, "2": 1}).to(number))
    engine.submit(Pack(fo=f"{number}-F1", units={"1": 1, "2": 1}, into=into).to(number))


# --- what is claimed ------------------------------------------------------------------------------


class UntilIdle(threading.Event):
    """Is set as soon as somebody has nothing to do but to wait for it."""

    def wait(self, timeout: float | None = None) -> bool:
        del timeout
        self.set()
        return True


def test_what_was_claimed_is_done_though_something_fails_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The rows after a batch are ours from the moment at which it is stored."""
    engine = shop("A")

    @contextmanager
    def breaking() -> Iterator[None]:
        monkeypatch.undo()
        yield
        raise RuntimeError("the connection broke when it was given back")

    monkeypatch.setattr(engine.store, "read_session", breaking)
    engine.worker.run_forever(UntilIdle())
    assert engine.order("A").status == "shipped"


# --- one decision --------------------------------------------------------------------------------


def test_a_decision_sees_what_it_has_taken_itself() -> None:
    """Two lines wait for the same goods: the second has what the first left of the allowance."""
    engine = shop()
    engine.change_stock(SetStockPolicy(sku="HAT", backorder_limit=3).to())
    hats = Line(sku="HAT", quantity=2)
    with pytest.raises(Refused, match="line 2: 1 × HAT cannot be promised"):
        engine.place(new_order(hats, hats))


# --- what follows --------------------------------------------------------------------------------


def test_several_orders_in_a_parcel_hear_of_it_in_their_turn() -> None:
    engine = shop("A", "B", steps=MANUAL)
    packed(engine, "A", into="P")
    packed(engine, "B", into="P")
    told = LabelBought(parcel="P", carrier="van", tracking_number="T1")
    engine.worker.run_until_idle()
    engine._handler.handle(Envelope("parcel:P", SealParcel(), "sealed"))
    engine._handler.handle(Envelope("parcel:P", told, "labelled"))
    waiting = [len(engine.store.pending_messages(f"order:{name}")) for name in "AB"]
    assert waiting == [1, 1]
    engine.worker.run_until_idle()
    assert all(engine.order(name).state.parcels["P"].tracking_number == "T1" for name in "AB")


def test_a_subject_is_one_messages_in_a_turn(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody has to decide again because of what follows from another's message."""
    engine = shop("A", steps=MANUAL)
    packed(engine, "A")
    caplog.set_level(logging.INFO, logger="orderflow")
    hold = Envelope("order:A", PlaceHold(hold="h", reason="fraud"), "hold")
    other = Envelope("parcel:A-P1", TakeUnitsOut(()), "other")
    engine._handler.handle_all([hold, other])
    assert caplog.messages == []
    assert engine.store.pending_messages("parcel:A-P1") == [HoldParcel("A", True)]


def test_what_is_told_after_what_is_left_is_left() -> None:
    first, second = HoldParcel("A", True), HoldParcel("A", False)

    class Picky:
        def read(self, *_given: object) -> None:
            """Nothing is there."""

        def prepare(self, envelope: Envelope, _reading: LoadedSubjects) -> Prepared:
            if envelope.body == first:
                raise RuntimeError("not today")
            return Prepared(Commit(envelope.subject, NOW, 1))

    messages = Message("m1", "parcel:P", first), Message("m2", "parcel:P", second)
    commit = Commit("order:A", NOW, 1, messages=messages)
    found = follow(Picky(), {0: commit}, ["order:A"], LoadedSubjects())  # type: ignore[arg-type]  # stands in
    assert found == {0: commit}


# --- what was read before ------------------------------------------------------------------------


def test_a_refusal_of_yesterday_is_decided_again() -> None:
    """What was read before may be out of date: it refuses nothing."""
    engine = shop("A", steps=MANUAL)
    engine.submit(PlaceHold(hold="h", reason="fraud").to("A"))
    before = LoadedSubjects({"A": engine.order("A")})
    engine.submit(ReleaseHold(hold="h").to("A"))
    (answer,) = engine._handler.handle_all([Envelope("order:A", Confirm(), "c")], before)
    assert answer == engine.order("A")
    assert engine.order("A").state.lifecycle == "confirmed"


@pytest.mark.parametrize(("outcome", "known"), [(Stored(), ["A"]), (Stale(), [])])
def test_what_a_batch_changed_is_known_where_it_was_stored(
    outcome: Outcome, known: list[str]
) -> None:
    after = NextRows(lambda _commits: ([outcome], []))
    after.commit_all([order_commit("A", 0)])
    assert list(after.reading.orders) == known


class Noting(InHouse):
    """Notes at which version of its order each pick is done; meanwhile something may happen."""

    def __init__(self, *locations: str) -> None:
        super().__init__(*locations)
        self.versions: list[int] = []
        self.meanwhile: list[Callable[[], object]] = []

    def perform(self, effect: EffectAttempt) -> EffectAnswer:
        if effect.name == "pick":
            self.versions.append(effect.order.version)
            if self.meanwhile:
                self.meanwhile.pop()()
        return super().perform(effect)


@pytest.mark.parametrize("paid", [False, True])
def test_a_deed_sees_what_came_of_the_one_before(paid: bool) -> None:
    """Two picks of one order are claimed together, and the first is stored before the second."""
    noting = Noting("east", "west")
    engine = shop("A", strategy=noting)
    fact = PaymentReported(fact=PaymentOutcome.CAPTURED, amount=1, reference="r")
    if paid:
        told = fact.at(engine.clock.now(), subject="A")
        noting.meanwhile.append(lambda: engine.observe(told))
    engine.worker.run_until_idle()
    first, second = noting.versions
    assert second == first + 1 + paid
