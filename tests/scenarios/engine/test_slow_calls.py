"""A call that does not return in time: its outcome is unknown, and it holds up nobody."""

from __future__ import annotations

import subprocess
import sys
import threading

from orderflow.engine.worker.thread import detached
from orderflow.ports import Label, LabelRequest
from orderflow.testing import FakeCarrier
from tests.shop import Shop

HANGS = """
import threading
from orderflow import Engine, InHouse, Line, NewOrder
from orderflow.stores import MemoryStore
from orderflow.testing import FakeCarrier

class Hanging(FakeCarrier):
    def buy_label(self, request):
        threading.Event().wait()

engine = Engine(MemoryStore(), [InHouse(carrier=Hanging())])
engine.worker.timeout = 1.0
mug = Line(sku="MUG", quantity=1, stocked=False)
engine.place(NewOrder(number="A-1", currency="EUR", lines=(mug,)))
engine.worker.run_until_idle()
print(*(row.error for row in engine.store.open_rows("parcel:A-1-P1")))
"""


class Slow(FakeCarrier):
    """Sells the label, and does not say so before *answer* is set."""

    def __init__(self) -> None:
        super().__init__()
        self.answer = threading.Event()

    def buy_label(self, request: LabelRequest) -> Label:
        label = super().buy_label(request)
        self.answer.wait()
        return label


def test_a_label_whose_sale_took_too_long_is_found_and_not_bought_again() -> None:
    carrier = Slow()
    shop = Shop(carrier=carrier)
    shop.engine.worker.timeout = 1.0
    shop.place()
    (row,) = shop.engine.store.open_rows("parcel:A-1-P1")
    assert row.error.endswith("no answer within 1.0 s; the outcome is unknown")
    shop.passes(minutes=1)
    carrier.answer.set()
    assert (len(carrier.asked), list(carrier.labels.values())) == (1, [Label("fake", "T1")])
    assert shop.order.status == "shipped"


def test_a_call_that_has_begun_is_not_cancelled_and_its_late_answer_is_kept() -> None:
    begun = threading.Event()
    answer = detached(lambda: begun.wait() and "late")
    assert not answer.cancel()
    begun.set()
    assert answer.result(60) == "late"


def test_a_call_that_never_returns_does_not_keep_the_process_alive() -> None:
    words = [sys.executable, "-c", HANGS]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=120)
    assert "the outcome is unknown" in done.stdout
