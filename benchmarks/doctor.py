"""The doctor, beside what cannot be left out of it: reading and folding the same journals."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.harness import Pair, Race, at_least, seconds
from orderflow import Engine, InHouse, Line, NewOrder
from orderflow.engine.doctor import examine
from orderflow.model.commands import ReceiveStock
from orderflow.model.document import Customer
from orderflow.model.folds.fold import fold
from orderflow.simulation import VirtualClock
from orderflow.stores import SqlStore

__all__ = ["races"]

ORDERS = 400


def races() -> Iterator[Race]:
    """Orders a second of one core; less than a tenth of folding alone is too slow."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        engine = _shop(Path(folder))
        names = [order.id for order in engine.orders()]
        yield Race(
            "doctor",
            "orders a second",
            {
                "the doctor": _rate(lambda: _examined(engine)),
                "folding journals": _rate(lambda: all(_folded(engine, name) for name in names)),
            },
            (
                Pair(
                    "the doctor, small orders",
                    "the doctor",
                    "folding journals",
                    at_least(0.1),
                ),
            ),
        )


def _rate(effect: Callable[[], object]) -> Callable[[], float]:
    return lambda: 1 / seconds(effect, ORDERS, repeat=2)


def _examined(engine: Engine) -> None:
    assert list(examine(engine)) == []


def _folded(engine: Engine, name: str) -> bool:
    return fold(engine.journal(name), name).version > 0


def _shop(folder: Path) -> Engine:
    """Orders of one line, each of a customer, that are on their way."""
    store = SqlStore(f"sqlite:///{folder}/doctor.db", synchronous="OFF")
    engine = Engine(store, [InHouse()], clock=VirtualClock())
    engine.change_stock(ReceiveStock(sku="MUG", quantity=ORDERS).to(id="opening"))
    line = Line(sku="MUG", quantity=1, amount=500)
    orders = {
        f"place-{number}": NewOrder(
            number=f"D-{number}",
            currency="GBP",
            customer=Customer(id=f"c-{number}", name="Ana Ng"),
            lines=(line,),
        )
        for number in range(ORDERS)
    }
    engine.place_many(orders)
    engine.worker.run_until_idle()
    return engine
