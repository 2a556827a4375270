"""How many orders a second a store takes from placement to shipment, and by which way of placing.

    python benchmarks/orders_a_second.py [URL] [ORDERS]

The URL is of an empty database; without one it is a new SQLite file in the working directory. Each
order has one line, is fulfilled in-house, and goes through about a dozen commits.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

from orderflow import Engine, InHouse, Line, NewOrder
from orderflow.model.commands import Receive
from orderflow.stores import SqlStore

THREADS = 8


def timed(what: str, count: int, deed: Callable[[], object]) -> None:
    began = time.perf_counter()
    deed()
    print(f"{what:28} {count / (time.perf_counter() - began):8.0f} orders a second")


def main(url: str, count: int) -> None:
    store = SqlStore(url)
    engine = Engine(store, [InHouse()])
    engine.change_stock(Receive(sku="MUG", quantity=4 * count).to())

    def orders(way: str) -> dict[str, NewOrder]:
        mug = (Line(sku="MUG", quantity=1, unit_price=Decimal("6.50")),)
        names = [f"{way}-{number}" for number in range(count)]
        return {name: NewOrder(number=name, currency="EUR", lines=mug) for name in names}

    def place(named: tuple[str, NewOrder]) -> None:
        engine.place(named[1], id=named[0])

    def in_threads() -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(place, orders("T").items()))

    timed("placed one by one", count, lambda: list(map(place, orders("S").items())))
    timed("worked to shipment", count, engine.worker.run_until_idle)
    timed(f"placed by {THREADS} threads", count, in_threads)
    if hasattr(engine, "place_many"):
        timed("placed together", count, lambda: engine.place_many(orders("M")))
    store.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        given = sys.argv[1:]
        main(given[0] if given else f"sqlite:///{folder}/orders.db", int((given[1:] or ["500"])[0]))
