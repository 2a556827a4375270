"""A process of a busy shop: places, cancels and ships; it may be killed and started again.

What an order is follows from its id, so that the same command has the same content in each life.
What was acknowledged is noted in a log. A life begins a few orders before what was noted last, and
sends their commands again. It goes on for so many orders at least, and until a file *closed* lies
beside the log.
"""

import random
from contextlib import suppress
from datetime import timedelta
from itertools import count
from pathlib import Path

from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_random

from orderflow import Conflict, Engine, InHouse, Line, NewOrder, NotFound, Refused
from orderflow.errors import StoreUnavailable
from orderflow.fulfillment import Handover
from orderflow.model.commands import Cancel, PlaceOrder
from orderflow.model.document import Delivery
from orderflow.stores import SqlStore

SKUS = ("MUG", "CUP", "POT")
AGAIN = 5
"""Orders that were acknowledged, and are placed again in the next life."""


def order(name: str) -> NewOrder:
    chance = random.Random(name)
    skus = chance.sample(SKUS, chance.randint(1, len(SKUS)))
    lines = tuple(Line(sku=sku, quantity=chance.randint(1, 3)) for sku in skus)
    delivery = chance.choice([Delivery.CARRIER, Delivery.CARRIER, Delivery.HANDOVER])
    return NewOrder(number=name, currency="GBP", lines=lines, delivery=delivery)


def make_engine(store: SqlStore) -> Engine:
    engine = Engine(store, [InHouse(), Handover()])
    engine.worker.lease = timedelta(seconds=1)
    engine.worker.batch = 5
    return engine


stubborn = retry(
    retry=retry_if_exception_type((StoreUnavailable, Conflict)),
    stop=stop_after_delay(60),
    wait=wait_random(0, 0.2),
    reraise=True,
)


class Actor:
    def __init__(self, url: str, name: str, log: Path) -> None:
        self.engine, self.name, self.log = stubborn(self.open)(url), name, log
        self.chance = random.Random()

    def open(self, url: str) -> Engine:
        return make_engine(SqlStore(url))

    def note(self, what: str) -> None:
        with self.log.open("a") as log:
            log.write(what + "\n")

    @stubborn
    def place(self, number: int) -> None:
        name = f"{self.name}-{number}"
        self.engine.submit(PlaceOrder(order=order(name)).to(id=f"place-{name}"))
        self.note(f"placed {name}")

    @stubborn
    def cancel(self, number: int) -> None:
        name = f"{self.name}-{number}"
        with suppress(Refused, NotFound):
            self.engine.submit(Cancel().to(name, id=f"cancel-{name}"))
            self.note(f"cancelled {name}")

    @stubborn
    def work(self) -> None:
        self.engine.worker.run_until_idle()

    def begun(self) -> int:
        """How many orders were acknowledged in earlier lives."""
        noted = self.log.read_text().splitlines() if self.log.exists() else []
        return len({line for line in noted if line.startswith("placed ")})

    def play(self, orders: int) -> None:
        for number in count(max(0, self.begun() - AGAIN)):
            if number >= orders and self.log.with_name("closed").exists():
                return
            self.place(number)
            if self.chance.random() < 0.2:
                self.cancel(self.chance.randint(0, number))
            self.work()


def act(url: str, name: str, orders: str, log: str) -> None:
    """What a process does."""
    Actor(url, name, Path(log)).play(int(orders))
