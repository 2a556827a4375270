"""A store under test, opened by one worker or by several at once."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import TypeVar

from orderflow.ports import Store
from orderflow.testing.contract import Contract

__all__ = ["StoreHarness", "assert_same", "concurrently"]

T = TypeVar("T")


class StoreHarness(Contract):
    """Opens what the laws of a store are about."""

    @abstractmethod
    def make_store(self) -> Store:
        """An empty store."""

    def close_store(self, store: Store) -> None:
        """Give back what the store holds; called when a law is done with it."""

    def reopen(self, store: Store) -> Store:
        """The same data, opened anew; needs the capability ``durable``."""
        return store

    @contextmanager
    def opened(self) -> Iterator[Store]:
        """An empty store."""
        with self.opened_by(1) as (store,):
            yield store

    @contextmanager
    def opened_by(self, workers: int) -> Iterator[list[Store]]:
        """Each worker's view of one empty store: opened anew, where that can be done."""
        stores = [self.make_store()]
        try:
            while len(stores) < workers:
                stores.append(self.reopen(stores[0]))
            yield stores
        finally:
            for store in {id(store): store for store in stores}.values():
                self.close_store(store)


def concurrently(stores: Sequence[Store], effect: Callable[[Store, str], T]) -> list[T]:
    """What *effect* gave for each store; all begin at one moment, in threads named by numbers."""
    start = Barrier(len(stores))

    def run(store: Store, name: str) -> T:
        start.wait()
        return effect(store, name)

    with ThreadPoolExecutor(len(stores)) as pool:
        return list(pool.map(run, stores, map(str, range(len(stores)))))


def assert_same(what: str, found: object, right: object) -> None:
    """Raise where what was found is not right."""
    assert found == right, f"{what}: {found}, and should be {right}"
