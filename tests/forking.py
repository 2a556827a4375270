"""A process that opens a store and forks: what its children and itself can still do is printed."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from math import inf
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from orderflow import Engine, InHouse
from orderflow.errors import OrderflowError
from orderflow.model.commands import ReceiveStock
from orderflow.stores import SqlStore
from orderflow.stores.sql import connection
from orderflow.stores.sql.database import Database
from tests.shop import new_order

STORES: Mapping[str, Callable[[str], SqlStore]] = {
    "ours": SqlStore,
    "pooled": lambda url: SqlStore(url, pool={"pool_size": 1}),
    "hosts": lambda url: SqlStore(sa.create_engine(url)),
}
Tell = Callable[[str], None]


class Forking:
    """A shop whose process forks. Each child tells its parent, and stays until it may end."""

    def __init__(self, url: str, how: str) -> None:
        self.url, self.store = sa.make_url(url), STORES[how](url)
        self.engine = Engine(self.store, [InHouse()])
        self.engine.change_stock(ReceiveStock(sku="MUG", quantity=20, location="main").to())

    def places(self, number: str) -> str:
        """What comes of placing an order."""
        try:
            order = self.engine.place(new_order(number=number), id=number)
        except OrderflowError as error:
            return str(error)
        return f"placed {order.id}"

    def held(self) -> int:
        """How often this process has the SQLite file open."""
        mine = Path("/proc/self/fd")
        if self.url.get_backend_name() != "sqlite" or not mine.exists():
            return 0
        links = [
            str(link.readlink()) for link in mine.iterdir() if link.is_symlink() and link.exists()
        ]
        return links.count(str(self.url.database))

    def child(self, number: str, end: Callable[[], Any]) -> tuple[int, int, dict[str, Any]]:
        """A child that places an order: its id, how to let it end, and what it told."""
        told, tells = os.pipe()
        waits, lets = os.pipe()
        sys.stdout.flush()
        pid = os.fork()
        if not pid:
            answer = {"held": self.held(), "did": self.places(number)}
            os.write(tells, json.dumps(answer).encode())
            os.read(waits, 1)
            end()
        return pid, lets, json.loads(os.read(told, 10_000))

    def lives(self) -> dict[str, Any]:
        """Children that live at one time with their parent, and end before it goes on."""
        said = [self.places("P-1")]
        first, second = self.child("C-1", lambda: os._exit(0)), self.child("C-2", sys.exit)
        said.append(self.places("P-2"))
        for pid, lets, _ in (first, second):
            os.write(lets, b".")
            os.waitpid(pid, 0)
            said.append(self.places(f"after-{len(said)}"))
        return {"parent": said, "children": [first[2], second[2]], **self.there()}

    def in_mid_work(self) -> dict[str, Any]:
        """A child that was forked while the parent was in a transaction."""
        with ExitStack() as working:
            working.enter_context(self.store._group.turn)
            working.enter_context(self.store._own.write())
            pid, lets, answer = self.child("C-1", lambda: os._exit(0))
        os.write(lets, b".")
        os.waitpid(pid, 0)
        return {"parent": [self.places("P-1")], "children": [answer], **self.there()}

    def there(self) -> dict[str, Any]:
        """What is stored: orders, and units that are reserved for them."""
        orders = sorted(order.id for order in self.engine.orders())
        return {"orders": orders, "reserved": self.engine.level("MUG").reserved}


def main(url: str, how: str, life: str, mutant: str = "") -> None:
    """Run it. A mutant is a store that does nothing at one moment of a fork.

    On a slow machine connections rest, and are replaced where they broke: not so with a mutant.
    """
    if mutant:
        setattr(Database, mutant, lambda *_given, **_named: None)
        connection._RESTED = inf
    found = getattr(Forking(url, how), life)()
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
