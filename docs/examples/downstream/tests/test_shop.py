"""The whole shop: random lives with crashes, and one fault on demand."""

from datetime import timedelta

from engravings import make_engine

from orderflow import Line, NewOrder
from orderflow.simulation import VirtualClock
from orderflow.stores import MemoryStore
from orderflow.testing import FakeCarrier, Fault, Faulty, order_machine

TestShop = order_machine(make_engine, skus=("RING-1", "MUG")).TestCase


def test_one_label_is_bought_when_the_answer_gets_lost() -> None:
    fake = FakeCarrier()
    late = Faulty(fake, Fault("buy_label", after=True))
    engine = make_engine(MemoryStore(), late.port)
    vase = Line(sku="VASE", quantity=1, stocked=False)
    order = engine.place(NewOrder(currency="EUR", lines=(vase,)))
    engine.worker.run_until_idle()
    assert engine.order(order.id).status == "in_progress"
    assert len(fake.labels) == 1


def test_the_clock_is_in_the_hand_of_the_test() -> None:
    clock = VirtualClock()
    before = clock.now()
    clock.advance(timedelta(days=30))
    assert clock.now() - before == timedelta(days=30)
