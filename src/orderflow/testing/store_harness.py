"""A store under test, opened by one or several workers."""

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
    """Opens and closes the stores of a contract."""

    @abstractmethod
    def make_store(self) -> Store:
        """An empty store."""

    def close_store(self, store: Store) -> None:
        """Close a store; called at the end of a law."""

    def reopen(self, store: Store) -> Store:
        """The same data, opened again; needs the capability ``durable``."""
        return store

    @contextmanager
    def opened(self) -> Iterator[Store]:
        """An empty store."""
        with self.opened_by(1) as (store,):
            yield store

    @contextmanager
    def opened_by(self, workers: int) -> Iterator[list[Store]]:
        """One empty store, opened once per worker where it can be reopened."""
        stores = [self.make_store()]
        try:
            while len(stores) < workers:
                stores.append(self.reopen(stores[0]))
            yield stores
        finally:
            for store in {id(store): store for store in stores}.values():
                self.close_store(store)


def concurrently(stores: Sequence[Store], effect: Callable[[Store, str], T]) -> list[T]:
    """The results of *effect* for each store; all start at once, in threads named by number."""
    start = Barrier(len(stores))

    def run(store: Store, name: str) -> T:
        start.wait()
        return effect(store, name)

    with ThreadPoolExecutor(len(stores)) as pool:
        return list(pool.map(run, stores, map(str, range(len(stores)))))


def assert_same(what: str, found: object, right: object) -> None:
    """Raise AssertionError where the values differ."""
    assert found == right, f"{what}: {found}, and should be {right}"
