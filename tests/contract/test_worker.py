"""What a worker survives, on each database: bad texts, a database that goes away, late answers."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from orderflow import Line, Order
from orderflow.errors import PortFailed
from orderflow.model.commands import CommandBody, Confirm, PlaceHold
from orderflow.model.reading import storable
from orderflow.ports import EffectAttempt, Label, LabelRequest
from orderflow.stores import SqlStore
from orderflow.testing import FakeCarrier, check_order
from tests.postgres import Server
from tests.shop import Shop, new_order

POSTER = Line(sku="POSTER", quantity=1, stocked=False)


class Posters(Shop):
    """A shop on a database, in which posters are ordered."""

    store: SqlStore

    def __init__(self, url: str, carrier: FakeCarrier | None = None, **rules: Any) -> None:
        super().__init__(carrier=carrier, store=SqlStore(url, lock_timeout=1.0), stock={}, **rules)

    def order_each(self, *numbers: str) -> None:
        for number in numbers:
            self.engine.place(new_order(POSTER, number=number), id=number)

    def works(self, times: int = 1) -> None:
        """Work, and let as much time pass as any pause takes."""
        for _ in range(times):
            self.engine.worker.run_until_idle()
            self.clock.advance(timedelta(hours=1))

    def statuses(self) -> dict[str, str]:
        return {order.id: str(order.status) for order in self.engine.orders()}


@pytest.fixture
def shops() -> Iterator[list[Posters]]:
    opened: list[Posters] = []
    yield opened
    for shop in opened:
        shop.store.close()


# --- what cannot be stored ------------------------------------------------------------------------


class Garbled(FakeCarrier):
    """Its first order's label cannot be bought, as it says in a text that is none."""

    def __init__(self, said: str) -> None:
        super().__init__()
        self.said = said

    def buy_label(self, request: LabelRequest) -> Label:
        if request.orders == ("A-1",):
            raise PortFailed(self.said)
        return super().buy_label(request)


@pytest.mark.parametrize("said", ["502 \udcff", "502 \x00\x01<binary>"])
def test_an_error_is_recorded_whatever_its_text(
    database: str, shops: list[Posters], said: str
) -> None:
    shop = Posters(database, Garbled(said))
    shops.append(shop)
    shop.order_each("A-1", "A-2")
    shop.works()
    (row,) = shop.store.open_rows("parcel:A-1-P1")
    assert (row.attempts, row.error) == (1, f"orderflow.errors.PortFailed: {storable(said)}")
    shop.works(8)
    assert [task.name for task in shop.engine.tasks()] == ["label"]
    assert shop.statuses() == {"A-1": "in_progress", "A-2": "shipped"}


class Unstorable:
    """Answers for the first order with what no database takes."""

    def perform(self, effect: EffectAttempt) -> CommandBody:
        if effect.order.id == "A-1":
            return PlaceHold.model_construct(hold="check", reason="\udcff")
        return Confirm()


def test_an_answer_that_cannot_be_stored_counts_against_its_row_only(
    database: str, shops: list[Posters]
) -> None:
    shop = Posters(database, performers={"confirm": Unstorable()})
    shops.append(shop)
    shop.order_each("A-1", "A-2", "A-3")
    shop.works()
    (row,) = [row for row in shop.store.open_rows("order:A-1") if row.name == "confirm"]
    assert row.attempts == 1
    assert "surrogates not allowed" in row.error
    assert shop.statuses() == {"A-1": "placed", "A-2": "shipped", "A-3": "shipped"}
    shop.works(8)
    assert [task.name for task in shop.engine.tasks()] == ["confirm"]
    check_order(shop.engine, "A-1")


# --- messages -------------------------------------------------------------------------------------


class Away:
    """A provider of facts that cannot be asked for a while."""

    def __init__(self) -> None:
        self.away = False

    def __call__(self, order: Order) -> int:
        if self.away:
            raise ConnectionRefusedError(f"nobody knows {order.id}")
        return 1


@pytest.fixture
def stuck(database: str, shops: list[Posters]) -> tuple[Posters, Away]:
    """A shop in which a backorder is granted while its order can be told nothing."""
    facts = Away()
    shop = Posters(database, external={"fraud": facts})
    shops.append(shop)
    shop.stock("MUG", 1)
    shop.engine.place(new_order())
    shop.works()
    facts.away = True
    shop.stock("MUG", 1)
    return shop, facts


def test_a_message_is_tried_until_it_is_delivered_and_a_task_tells_meanwhile(
    stuck: tuple[Posters, Away],
) -> None:
    shop, facts = stuck
    shop.works(7)
    assert list(shop.engine.tasks()) == []
    shop.works(20)
    (task,) = shop.engine.tasks()
    assert (task.name, task.role) == ("exception.message", "support")
    assert "nobody knows A-1" in task.instructions
    assert shop.engine.claim(task, by="eve").assignee == "eve"
    shop.works()
    (task,) = shop.engine.tasks()
    assert task.assignee == "eve"
    facts.away = False
    shop.works(2)
    assert shop.statuses() == {"A-1": "shipped"}
    assert list(shop.engine.tasks()) == []
    shop.check()


def test_who_lost_a_message_to_another_worker_opens_no_task(stuck: tuple[Posters, Away]) -> None:
    shop, facts = stuck
    (row,) = shop.store.lease(shop.clock.now(), timedelta(minutes=5), "late", 9)
    facts.away = False
    shop.clock.advance(timedelta(minutes=6))
    shop.works()
    shop.engine.worker.failed(attrs.evolve(row, attempts=8), PortFailed("too late"))
    assert shop.statuses() == {"A-1": "shipped"}
    assert list(shop.engine.tasks()) == []


# --- a database that goes away --------------------------------------------------------------------


class Complaints(logging.Handler):
    """Tells that something was logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.first = threading.Event()

    def emit(self, _record: logging.LogRecord) -> None:
        self.first.set()


@contextmanager
def working(shop: Posters) -> Iterator[threading.Event]:
    """A worker in a thread; gives what is set when it first complains."""
    stop, log, complaints = threading.Event(), logging.getLogger("orderflow"), Complaints()
    thread = threading.Thread(target=shop.engine.worker.run_forever, args=(stop, 0.01))
    log.addHandler(complaints)
    thread.start()
    try:
        yield complaints.first
    finally:
        stop.set()
        thread.join()
        log.removeHandler(complaints)


def test_a_worker_goes_on_when_the_server_is_back(shops: list[Posters]) -> None:
    server = Server()
    shop = Posters(server.database("shop"))
    shops.append(shop)
    with working(shop) as complains:
        server.kill()
        assert complains.wait(60)
        server.start()
        shop.order_each("A-1")
        wait_until(lambda: shop.statuses() == {"A-1": "shipped"})
    shop.store.close()
    server.stop()


def test_a_worker_goes_on_when_the_file_is_free_again(tmp_path: Path, shops: list[Posters]) -> None:
    shop = Posters(f"sqlite:///{tmp_path}/orders.db")
    shops.append(shop)
    with working(shop) as complains:
        with closing(sqlite3.connect(tmp_path / "orders.db", isolation_level=None)) as other:
            other.execute("begin immediate")
            assert complains.wait(60)
        shop.order_each("A-1")
        wait_until(lambda: shop.statuses() == {"A-1": "shipped"})


def wait_until(so: Callable[[], bool]) -> None:
    waiting = retry_if_result(lambda found: not found)
    retry(retry=waiting, stop=stop_after_delay(60), wait=wait_fixed(0.02))(so)()
