"""Orders a second through Temporal, and what each costs: events, commands, statements.

    python benchmarks/orders_on_temporal.py URL ADDRESS [ORDERS] [WORKERS]

The URL is of an empty PostgreSQL database, the address of a Temporal server. Each order has one
line, is fulfilled in-house, and is worked to shipment; then the same by local workers, for
comparison, in as many processes. What the driver of an order costs is counted from its history.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.sharedctypes import Synchronized
from threading import Event

import sqlalchemy as sa
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowExecution

from orderflow import Engine, InHouse, Line, NewOrder
from orderflow.model.commands import ReceiveStock
from orderflow.runtimes.temporal import TemporalWorker, prepare
from orderflow.stores import SqlStore

COMMANDS = (
    "ACTIVITY_TASK_SCHEDULED",
    "MARKER_RECORDED",
    "TIMER_STARTED",
    "TIMER_CANCELED",
    "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES",
    "WORKFLOW_EXECUTION_COMPLETED",
    "WORKFLOW_EXECUTION_CONTINUED_AS_NEW",
)

_CONTEXT = multiprocessing.get_context("spawn")  # a client does not live through a fork


def engine_on(url: str) -> Engine:
    return Engine(SqlStore(url), [InHouse()])


def count_statements(statements: Synchronized[int]) -> None:
    def one(*_: object) -> None:
        with statements.get_lock():
            statements.value += 1

    sa.event.listen(sa.Engine, "before_cursor_execute", one)


def on_temporal(url: str, address: str, queue: str, statements: Synchronized[int]) -> None:
    async def work() -> None:
        client = await Client.connect(address)
        worker = TemporalWorker(engine_on(url), client, queue=queue)
        worker.poll = 0.2
        await worker.run(asyncio.Event())

    count_statements(statements)
    with suppress(KeyboardInterrupt):
        asyncio.run(work())


def locally(url: str, _address: str, _queue: str, statements: Synchronized[int]) -> None:
    count_statements(statements)
    engine_on(url).worker.run_forever(Event(), 0.2)


def shipped(store: SqlStore, name: str) -> int:
    """How many orders whose number begins with the name have left."""
    with store._own.engine.connect() as connection:
        asked = (
            "select count(*) from orderflow_order_states where status = 'shipped' and id like :n"
        )
        return int(connection.scalar(sa.text(f"{asked} and id like :n"), {"n": f"{name}-%"}) or 0)


def cpu() -> float:
    """CPU seconds that processes used which have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(
    way: Callable[[str, str, str, Synchronized[int]], None],
    url: str,
    address: str,
    orders: int,
    workers: int,
) -> None:
    """Place orders, start workers, and wait until everything has left."""
    engine, name = engine_on(url), way.__name__
    assert isinstance(engine.store, SqlStore)
    engine.change_stock(ReceiveStock(sku="MUG", quantity=orders).to())
    line = (Line(sku="MUG", quantity=1),)
    names = [f"{name}-{number}" for number in range(orders)]
    engine.place_many({n: NewOrder(number=n, currency="EUR", lines=line) for n in names})
    statements: Synchronized[int] = _CONTEXT.Value("q", 0)
    arguments = (url, address, name, statements)
    processes = [_CONTEXT.Process(target=way, args=arguments, daemon=True) for _ in range(workers)]
    used, began = cpu(), time.perf_counter()
    for process in processes:
        process.start()
    while (done := shipped(engine.store, name)) < orders // 10:
        time.sleep(0.05)
    warm = time.perf_counter()
    while (now := shipped(engine.store, name)) < orders:
        time.sleep(0.05)
    ended = time.perf_counter()
    print(f"{name}: {workers} processes, {orders} orders, {ended - began:.1f} s in all")
    print(f"  orders a second, the first tenth aside: {(now - done) / (ended - warm):.1f}")
    time.sleep(3)  # what follows a shipment
    for process in processes:
        process.kill()
        process.join()
    print(f"  CPU seconds of the workers an order: {(cpu() - used) / orders:.3f}")
    print(f"  statements an order: {statements.value / orders:.1f}")
    with engine.store._own.engine.connect() as connection:
        asked = "select count(*) from orderflow_outbox where owner like :n or owner like :p"
        rows = connection.scalar(sa.text(asked), {"n": f"order:{name}-%", "p": f"parcel:{name}-%"})
        print(f"  rows of the outbox an order: {int(rows or 0) / orders:.2f}")
    engine.store.close()


async def counted(address: str, queue: str, orders: int) -> None:
    """What Temporal's histories of these orders hold."""
    client, limit = await Client.connect(address), asyncio.Semaphore(20)
    events: Counter[str] = Counter()
    runs: Counter[str] = Counter()

    async def look(found: WorkflowExecution) -> None:
        async with limit:
            handle = client.get_workflow_handle(found.id, run_id=found.run_id)
            history = await handle.fetch_history()
        runs[found.id.split("/")[1].split(":")[0]] += 1
        events.update(
            EventType.Name(event.event_type).removeprefix("EVENT_TYPE_") for event in history.events
        )

    asked = f"WorkflowId STARTS_WITH '{queue}/'"
    await asyncio.gather(*[look(found) async for found in client.list_workflows(asked)])
    print(f"  runs of drivers: {dict(runs)}")
    print(f"  events an order: {events.total() / orders:.1f}")
    commands = {kind: events[kind] for kind in COMMANDS if events[kind]}
    print(f"  commands an order: {sum(commands.values()) / orders:.1f}")
    for kind, count in events.most_common():
        print(f"    {kind:40} {count / orders:6.2f}")


def main(url: str, address: str, orders: int, workers: int) -> None:
    SqlStore(url).close()  # makes the tables

    async def ready() -> None:
        await prepare(await Client.connect(address))

    asyncio.run(ready())
    measure(on_temporal, url, address, orders, workers)
    asyncio.run(counted(address, "on_temporal", orders))
    measure(locally, url, address, orders, workers)


if __name__ == "__main__":
    given = sys.argv[1:]
    main(given[0], given[1], int((given[2:] or ["200"])[0]), int((given[3:] or ["2"])[0]))
