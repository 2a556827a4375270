"""Queues of their own for parties, limits, versions side by side, and what Temporal gets to see."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.converter import DataConverter, PayloadCodec

from orderflow import Engine, InHouse, NewOrder
from orderflow.engine.worker.thread import THREAD
from orderflow.errors import PortFailed
from orderflow.fulfillment import Dropship
from orderflow.model.document import Address, Customer
from orderflow.model.observations import ObservationBody, RequestAnswered
from orderflow.ports import Notification, PartnerCancellation, PartnerRequest
from orderflow.runtimes.temporal import Lane
from orderflow.stores import SqlStore
from tests.scenarios.temporal.server import Server
from tests.scenarios.temporal.shops import close
from tests.scenarios.temporal.test_drivers import POSTER, histories, place
from tests.scenarios.temporal.working import Working, wait_for


class Supplier:
    """Notes when it was called; *then* is done first."""

    def __init__(self, then: Callable[[], object] = lambda: None) -> None:
        self.calls: list[float] = []
        self._then = then

    def submit(self, request: PartnerRequest) -> ObservationBody | None:
        self.calls.append(time.monotonic())
        self._then()
        return RequestAnswered(fo=request.number)

    def cancel(self, request: PartnerCancellation) -> ObservationBody | None:
        raise NotImplementedError(request)

    def chase(self, key: str, number: str) -> None:
        raise NotImplementedError(key, number)


def dropship(url: str, supplier: Supplier) -> Engine:
    return Engine(SqlStore(url), [Dropship(supplier)])


def submitted(engine: Engine, orders: Iterable[str]) -> list[str]:
    found = [engine.order(name).fulfillment_orders[f"{name}-F1"].state for name in orders]
    return [str(state) for state in found]


def test_a_party_has_a_queue_that_another_process_serves(
    postgres: str, tmp_path: Path, server: Server
) -> None:
    here, there = Supplier(), Supplier()
    lanes, queue = {"dropship": Lane()}, tmp_path.name
    engine, other = dropship(postgres, here), dropship(postgres, there)
    with Working(engine, server, queue=queue, lanes=lanes, serves=()) as working:
        place(engine, "A-1")
        own = f"{queue}-dropship"
        wait_for(lambda: own in asyncio.run(scheduled(server, "order:A-1", queue)))
        assert submitted(engine, ["A-1"]) == ["submitted"]
        with Working(other, server, queue=queue, lanes=lanes):
            working.settle()
    assert submitted(engine, ["A-1"]) == ["accepted"]
    assert (len(here.calls), len(there.calls)) == (0, 1)
    close(engine)
    close(other)


async def scheduled(server: Server, owner: str, queue: str) -> list[str]:
    """The task queues of an owner's activities."""
    return [
        event.activity_task_scheduled_event_attributes.task_queue.name
        for history in await histories(await server.client(), owner, queue)
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    ]


def test_a_party_is_called_no_more_than_so_often(
    postgres: str, tmp_path: Path, server: Server
) -> None:
    """The limit holds over two workers together; the server hands out what they may do."""
    one, two = Supplier(), Supplier()
    lanes = {"dropship": Lane(per_second=2.0)}
    engine, other = dropship(postgres, one), dropship(postgres, two)
    orders = [f"A-{number}" for number in range(12)]
    with (
        Working(engine, server, queue=tmp_path.name, lanes=lanes) as working,
        Working(other, server, queue=tmp_path.name, lanes=lanes),
    ):
        for name in orders:
            place(engine, name)
        working.settle()
    assert set(submitted(engine, orders)) == {"accepted"}
    calls = sorted([*one.calls, *two.calls])
    assert len(calls) == len(orders)
    assert calls[-1] - calls[0] > 3  # 12 calls at 2 a second, some of them at once
    close(engine)
    close(other)


def test_no_more_calls_at_once_than_a_lane_allows(
    postgres: str, tmp_path: Path, server: Server
) -> None:
    inside, most = 0, 0
    lock, two = threading.Lock(), threading.Barrier(2)

    def busy() -> None:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        two.wait(30)  # raises where there is never a second one
        with lock:
            inside -= 1

    engine = dropship(postgres, Supplier(busy))
    orders = [f"A-{number}" for number in range(8)]
    lanes = {"dropship": Lane(concurrency=2)}
    with Working(engine, server, queue=tmp_path.name, lanes=lanes) as working:
        for name in orders:
            place(engine, name)
        working.settle()
    assert set(submitted(engine, orders)) == {"accepted"}
    assert most == 2
    close(engine)


def test_a_call_that_is_never_answered_is_given_up_with_a_task(
    postgres: str, tmp_path: Path, server: Server
) -> None:
    never = threading.Event()
    supplier = Supplier(never.wait)
    engine = dropship(postgres, supplier)
    engine.worker.attempts = 2
    lanes = {"dropship": Lane(timeout=timedelta(seconds=0.3))}
    few = {"threads": 1}
    with Working(engine, server, queue=tmp_path.name, lanes=lanes, settings=few):
        place(engine, "A-1")
        try:
            wait_for(lambda: any(task.name == "submit" for task in engine.tasks()))
        finally:
            never.set()
    for thread in threading.enumerate():
        if thread.name == THREAD:  # it stores its late answer
            thread.join(60)
    assert len(supplier.calls) == 2
    close(engine)


def test_a_call_that_fails_is_made_again_when_it_is_due(
    postgres: str, tmp_path: Path, server: Server
) -> None:
    failures = [PortFailed("Ada Lovelace, 12 Ockham Road, has moved"), None]

    def fail() -> None:
        if error := failures.pop(0):
            raise error

    supplier = Supplier(fail)
    engine = dropship(postgres, supplier)
    with Working(engine, server, queue=tmp_path.name) as working:
        place(engine, "A-1")
        wait_for(lambda: submitted(engine, ["A-1"]) == ["accepted"])
        working.settle()
    assert supplier.calls[1] - supplier.calls[0] > 4  # the worker's pause: five seconds
    assert b"Ockham" not in asyncio.run(seen(server, "order:A-1", tmp_path.name))
    close(engine)


async def seen(server: Server, owner: str, queue: str) -> bytes:
    """All that Temporal keeps of an owner."""
    found = await histories(await server.client(), owner, queue)
    assert found
    return b"".join(event.SerializeToString() for each in found for event in each.events)


class Inverted(PayloadCodec):
    """An encryption that is enough to see that it is used."""

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [
            Payload(metadata={"encoding": b"inverted"}, data=inverted(p.SerializeToString()))
            for p in payloads
        ]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [Payload.FromString(inverted(p.data)) for p in payloads]


def inverted(data: bytes) -> bytes:
    return bytes(255 - byte for byte in data)


class Notifier:
    def send(self, notification: Notification) -> None:
        pass


def test_temporal_sees_ids_only_and_may_see_nothing(
    postgres: str, tmp_path: Path, server: Server
) -> None:
    converter = replace(DataConverter.default, payload_codec=Inverted())
    engine = Engine(SqlStore(postgres), [InHouse()], notifier=Notifier())
    order = NewOrder(
        number="A-1",
        currency="EUR",
        lines=(POSTER,),
        customer=Customer(id="ada@example.org"),
        ship_to=Address(
            name="Ada Lovelace", lines=("12 Ockham Road",), city="Ockham", country="GB"
        ),
    )
    plain, coded = f"{tmp_path.name}-plain", f"{tmp_path.name}-coded"
    for queue, connection in ((plain, {}), (coded, {"data_converter": converter})):
        name = f"A-{queue[-5:]}"
        with Working(engine, server, queue=queue, connection=connection) as working:
            engine.place(order.model_copy(update={"number": name}), id=name)
            working.settle()
            assert engine.order(name).status == "shipped"
        kept = asyncio.run(seen(server, f"order:{name}", queue))
        for personal in (b"Lovelace", b"Ockham", b"ada@", b"POSTER"):
            assert personal not in kept
        assert (b":pick:0" in kept) == (queue == plain)
        engine.erase("ada@example.org")
    close(engine)
