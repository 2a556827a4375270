"""What it costs that SQLite overwrites what is erased: `secure_delete` on, beside off."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from os import urandom
from pathlib import Path
from typing import Any

from sqlalchemy import event

from benchmarks.harness import Pair, Race
from benchmarks.orders import work_one_by_one, work_together
from orderflow import Customer, Engine, InHouse
from orderflow.model.commands import Cancel, ReceiveStock
from orderflow.stores import SqlDocuments, SqlStore
from tests.shop import new_order

__all__ = ["races"]

_FOLDER = Path(".bench")
Work = Callable[[Engine, int], None]
Prepare = Callable[[Engine, SqlDocuments, int], None]


def races() -> Iterator[Race]:
    """What an order costs, in one process by turns: processor time, and what is written."""
    _FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_FOLDER) as folder:
        new = (Path(folder).absolute() / f"{number}.db" for number in count())
        for name, (prepare, work, size) in _WORKS.items():
            for unit in ("ms of processor time", "KiB written"):
                run = partial(_measured, new, prepare, work, size, unit)
                contenders = {f"secure_delete {how}": partial(run, how) for how in ("on", "off")}
                pair = Pair(f"SQLite, {name}: {unit}", "secure_delete on", "secure_delete off")
                yield Race("erasing", f"{unit} an order", contenders, (pair,), rounds=7)


def _measured(
    new: Iterator[Path], prepare: Prepare, work: Work, size: int, unit: str, how: str
) -> float:
    """What one order costs in a file of its own, whose log holds all that is written."""
    file = next(new)
    with _opened(f"sqlite:///{file}", how) as (store, documents):
        engine = Engine(store, [InHouse()], documents=documents)
        engine.change_stock(ReceiveStock(sku="MUG", quantity=size * 2).to())
        prepare(engine, documents, size)
        log = file.with_name(f"{file.name}-wal")
        began, before = time.process_time(), log.stat().st_size
        work(engine, size)
        took, written = time.process_time() - began, log.stat().st_size - before
    return took * 1000 / size if unit.startswith("ms") else written / 1024 / size


@contextmanager
def _opened(url: str, how: str) -> Iterator[tuple[SqlStore, SqlDocuments]]:
    """A store and documents whose connections overwrite what is erased, or do not."""
    store, documents = SqlStore(url), SqlDocuments(url)
    for database in (store._own, documents._database):
        database.close()  # connections that are opened from now on are set up otherwise
        event.listen(database.engine, "connect", partial(_configure, how))
        database.wipe_log = lambda: None  # type: ignore[method-assign]  # it is what we measure by
        with database.read() as connection:
            found = connection.exec_driver_sql("pragma secure_delete").scalar()
            assert found == (how == "on")
    yield store, documents
    documents.close()
    store.close()


def _configure(how: str, connection: Any, _record: object) -> None:
    connection.execute(f"pragma secure_delete={how}")
    connection.execute("pragma wal_autocheckpoint=0")


def _nothing(_engine: Engine, _documents: SqlDocuments, _size: int) -> None:
    """Nothing to prepare."""


def _orders_of_ana(engine: Engine, _documents: SqlDocuments, size: int) -> None:
    for number in range(size):
        name = f"A-{number}"
        engine.place(new_order(number=name, customer=Customer(id="ana", name="Ana Ng")))
        engine.submit(Cancel().to(name))
    engine.worker.run_until_idle()


def _orders_with_papers(engine: Engine, documents: SqlDocuments, size: int) -> None:
    _orders_of_ana(engine, documents, size)
    for number in range(size):
        documents.file(f"A-{number}", "invoice", urandom(50 * 1024))


def _forget(engine: Engine, size: int) -> None:
    assert len(engine.erase("ana").erased) == size


_WORKS: dict[str, tuple[Prepare, Work, int]] = {
    "complete orders, in groups": (_nothing, work_together, 60),
    "complete orders, one by one": (_nothing, work_one_by_one, 15),
    "orders forgotten": (_orders_of_ana, _forget, 15),
    "orders forgotten, each with 50 KiB of documents": (_orders_with_papers, _forget, 15),
}
"""What is done before, what is measured, and for how many orders."""
