"""Faults happen where they were ordered, and the engine gets over them; races without sleeping."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import attrs
import pytest
from hypothesis import Phase, given, settings
from hypothesis.stateful import run_state_machine_as_test

from orderflow import Engine, InHouse, Line, Order
from orderflow.errors import PortFailed
from orderflow.model.observations import Observation, TrackingReported
from orderflow.model.parcel import ParcelStatus
from orderflow.model.stock import Reserve
from orderflow.ports import Carrier, Commit, Outcome, Store
from orderflow.simulation import SequentialIds, VirtualClock
from orderflow.stores import MemoryStore
from orderflow.testing import (
    BrokenLaw,
    FakeCarrier,
    FakeWarehouse,
    Fault,
    Faulty,
    SimulatedCrash,
    disordered,
    interleave,
    order_machine,
)
from tests.shop import Shop, new_order

MUG = Line(sku="MUG", quantity=1)


def shop(store: Store, carrier: Carrier | None = None, stock: int = 1) -> Shop:
    strategy = InHouse(carrier=carrier or FakeCarrier(), warehouse=FakeWarehouse())
    return Shop(strategy, store=store, stock={"MUG": stock} if stock else {})


def test_a_label_that_was_bought_before_its_answer_got_lost_is_found_again() -> None:
    fake = FakeCarrier()
    late = Faulty[Carrier](fake, Fault("buy_label", after=True))
    open_ = shop(MemoryStore(), late.port).place(MUG)
    assert open_.order.status == "in_progress"
    open_.passes(minutes=1)
    assert open_.order.status == "shipped"
    assert [called.call for called in late.calls] == ["buy_label", "find", "hand_over"]
    assert len(fake.labels) == 1


def test_a_fault_comes_at_its_call_and_only_there() -> None:
    store = Faulty(MemoryStore(), Fault("order", 2, error=PortFailed("gone")), only=("order",))
    store.port.order("A-1")
    with pytest.raises(PortFailed, match="gone"):
        store.port.order("A-1")
    assert store.port.order("A-1") is None
    assert [called.given for called in store.calls] == [("A-1",)] * 3


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("commit", range(1, 9))
def test_a_process_that_dies_at_any_commit_leaves_nothing_half_done(
    commit: int, after: bool
) -> None:
    store = Faulty(MemoryStore(), only=("commit",))
    engine = shop(store.port).engine
    store.expect(Fault("commit", commit, after=after, error=SimulatedCrash()))
    with suppress(SimulatedCrash):
        engine.place(new_order(MUG), id="cart")
        engine.worker.run_until_idle()
    died = not store._faults
    again = shop(store.port, stock=0)
    again.clock.advance(timedelta(minutes=10))
    again.engine.place(new_order(MUG), id="cart")
    again.work()
    assert again.order.status == "shipped"
    assert died or commit > 6, "there are fewer commits than this test dies at"


@pytest.mark.parametrize("turns", [(0, 1, 0, 1), (0, 1, 1, 0), (1, 0, 0, 1), (1, 0, 1, 0)])
def test_two_callers_want_the_last_one_and_one_gets_it(turns: tuple[int, ...]) -> None:
    store = MemoryStore()
    shop(store)

    def caller(number: str) -> Callable[[Store], Order]:
        def run(view: Store) -> Order:
            engine = Engine(view, [InHouse()], clock=VirtualClock(), ids=SequentialIds(number))
            return engine.place(new_order(MUG, number=number))

        return run

    results = interleave(store, [caller("A-1"), caller("A-2")], turns)
    assert all(isinstance(found, Order) for found in results), results
    reserved = [sum(store.reservations_of_order(number).values()) for number in ("A-1", "A-2")]
    assert sorted(reserved) == [0, 1]


def test_a_race_shows_itself_when_the_turns_are_bad() -> None:
    """Read, then write: what every store must not do, shown without chance."""

    class Counter:
        value = 0

        def read(self) -> int:
            return self.value

        def write(self, value: int) -> None:
            self.value = value

    def add_one(counter: Counter) -> None:
        counter.write(counter.read() + 1)

    one_by_one, mixed = Counter(), Counter()
    interleave(one_by_one, [add_one, add_one], [0, 0, 1, 1], at=("write",))
    interleave(mixed, [add_one, add_one], [0, 1, 0, 1], at=("write",))
    assert (one_by_one.value, mixed.value) == (2, 1)


SCANS = [
    TrackingReported(tracking_number="T1", status=status, event=str(number))
    for number, status in enumerate(
        (ParcelStatus.IN_TRANSIT, ParcelStatus.ATTEMPTED, ParcelStatus.DELIVERED)
    )
]
SHIPPED = VirtualClock().now() + timedelta(hours=1)
TOLD = [scan.at(SHIPPED + timedelta(hours=n)) for n, scan in enumerate(SCANS)]


@given(told=disordered(TOLD))
def test_scans_in_any_order_come_to_one_state(told: list[Observation]) -> None:
    busy = Shop().place()
    for observation in told:
        busy.engine.observe(observation)
    busy.work()
    assert busy.order.status == "delivered"


# --- the machine -----------------------------------------------------------------------------

TestMachine = order_machine(lambda store: Engine(store, [InHouse()])).TestCase


class LosesReservations(MemoryStore):
    def commit(self, commit: Commit) -> Outcome:
        kept = tuple(op for op in commit.stock if not isinstance(op, Reserve))
        return super().commit(attrs.evolve(commit, stock=kept))


def test_the_machine_says_which_promise_a_broken_store_breaks() -> None:
    def make(store: Store) -> Engine:
        return Engine(store, [InHouse()])

    machine = order_machine(make, store_factory=LosesReservations)
    quick = settings(max_examples=100, database=None, derandomize=True, phases=[Phase.generate])
    with pytest.raises(BrokenLaw, match=r"promise 2: .*stock is reserved"):
        run_state_machine_as_test(machine, settings=quick)
