"""Databases, host transactions, processes, and values that travel between them."""

from __future__ import annotations

import contextlib
import copy
import os
import pickle
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import psycopg
from sqlalchemy import create_engine, text

from orderflow import IN_HOUSE, Engine, Hooks, InHouse, NewOrder, Step, Transition
from orderflow.errors import InvalidInput, InvalidWorkflow, Refused, StoreUnavailable
from orderflow.model.commands import Cancel, ReceiveStock
from orderflow.model.observations import TrackingReported
from orderflow.model.parcel import ParcelStatus
from orderflow.model.reading import read_json
from orderflow.stores import MemoryStore, SqlStore
from tests.cases.shop import POSTER, Shop, answer, case, done_or_told, expect, line, order, require
from tests.postgres import Server


@contextlib.contextmanager
def database(patience: float) -> Iterator[tuple[str, Engine]]:
    """The URL of an empty database of a server of the case's own, and an engine on it."""
    server = Server(deadlock_timeout="3s")
    try:
        url = server.database("shop")
        yield url, Engine(SqlStore(url, lock_timeout=patience), [InHouse()])
    finally:
        server.stop()


def connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("+psycopg", ""))


def ends(child: int, by: float) -> bool:
    """Whether a process ends by itself until then; else it is killed."""
    while os.waitpid(child, os.WNOHANG)[0] == 0:
        if time.monotonic() > by:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return False
        time.sleep(0.05)
    return True


@case(
    "three workers are forked from a process that has used its store", "high", limit=90, slow=True
)
def forked() -> None:
    """As under a web server that loads the application first: an engine is used, then forked.

    Right: each of three processes places its twenty orders. Kind: everything process-wide that is
    made before a fork: connections, locks, what stands in threads.
    """
    with database(patience=3) as (url, engine):
        engine.level("P")
        children = []
        for worker in range(3):
            child = os.fork()
            if child == 0:
                for number in range(20):
                    name = f"{worker}-{number}"
                    answer(partial(engine.place, order(name, POSTER), id=name))
                os._exit(0)
            children.append(child)
        end = time.monotonic() + 20
        hung = sum(not ends(child, end) for child in children)
        with connect(url) as fresh:
            row = fresh.execute("select count(*) from orderflow_order_states").fetchone()
        expect({"placed": 60, "hung": 0}, {"placed": row and row[0], "hung": hung})


class Wrapped:
    """A SQLite connection as asynchronous and encrypting drivers give it: not sqlite3's own."""

    def __init__(self, file: str) -> None:
        self.inner = sqlite3.connect(file)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@case("a host's rollback takes the order away, whichever driver", "high")
def wrapped_driver() -> None:
    """A host's transaction on a wrapped SQLite connection places an order and is rolled back.

    Right: no order. Kind: each SQLite connection that is not of the standard driver's class; what
    cannot be asked is refused.
    """
    store = SqlStore("sqlite:///host.db")
    engine = Engine(store, [InHouse()])
    host = create_engine("sqlite://", creator=lambda: Wrapped("host.db"))
    with host.connect() as connection:
        connection.begin()
        told = answer(lambda: engine.place(order("A-1", POSTER), connection=connection))
        connection.rollback()
    require("not stored", store.order("A-1") is None, f"placed: {told}; stored")


def caught(kind: type[Exception], call: Callable[[], object]) -> Exception:
    """The error of this kind that a call ends in."""
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__} was raised")


def lost(values: dict[str, Any], same: Callable[[Any], object]) -> dict[str, list[str]]:
    """By which ways values do not come back as they were, judged by what *same* says of them."""
    ways: dict[str, Callable[[Any], Any]] = {
        "pickle": lambda value: pickle.loads(pickle.dumps(value)),
        "copy": copy.copy,
        "deepcopy": copy.deepcopy,
    }

    def came(send: Callable[[Any], Any], value: Any) -> str:
        try:
            return "" if same(send(value)) == same(value) else "another"
        except Exception as error:
            return type(error).__name__

    found = {
        name: [f"{way}: {what}" for way, send in ways.items() if (what := came(send, value))]
        for name, value in values.items()
    }
    return {name: ways for name, ways in found.items() if ways}


@case("errors come back from a process pool as they were", "medium")
def errors_travel() -> None:
    """An error is raised in a worker process of a task queue.

    Right: the same error with the same text. Kind: every public error.
    """
    shop = Shop()
    shop.place(POSTER)
    bad = '{"currency":"EURO","lines":[]}'
    wrong = [Transition[Step]("zz", "nope", "packing")]
    errors = [
        caught(InvalidInput, lambda: read_json(NewOrder, bad, "feed")),
        caught(InvalidWorkflow, lambda: IN_HOUSE.extend(name="x", transitions=wrong)),
        caught(Refused, lambda: shop.engine.submit(Cancel().to("A-1"))),
        StoreUnavailable("gone", may_be_stored=True),
    ]
    expect({}, lost({type(error).__name__: error for error in errors}, str))


@case("orders and commands can be pickled and copied", "medium")
def values_travel() -> None:
    """A cache or a task queue carries an order, a placement or a command.

    Right: it comes back equal. Kind: every public value.
    """
    shop = Shop()
    shop.place(POSTER, attributes={"a": {"b": [1, 2]}})
    known = shop.engine.order("A-1")
    values = {"Order": known, "NewOrder": known.document, "Command": Cancel().to("A-1", id="c")}
    expect({}, lost(values, lambda value: value))


@case("a deadlock is a typed error in each call", "medium", limit=90)
def deadlock() -> None:
    """Another transaction and ``dismiss`` wait for each other's rows, and PostgreSQL ends ours.

    Right: tried again, or a ``StoreUnavailable``. Kind: each method of the store (claiming,
    keeping, handing over, mending …).
    """
    with database(patience=5) as (url, engine):
        unknown = TrackingReported(tracking_number="UNKNOWN", status=ParcelStatus.IN_TRANSIT)
        engine.observe(unknown.at(engine.clock.now()))
        reference = engine.unmatched()[0].reference
        other = connect(url)
        other.execute("set deadlock_timeout = '20s'")
        key = f"inbox:{reference}:unmatched"
        other.execute("select * from orderflow_outbox where key = %s for update", [key])
        told: list[str] = []

        def dismiss() -> None:
            told.append(answer(lambda: engine.dismiss(reference)))

        call = threading.Thread(target=dismiss)
        call.start()
        waiting = "select 1 from pg_locks where not granted"
        while call.is_alive() and not other.execute(waiting).fetchone():
            time.sleep(0.05)  # until our call waits; PostgreSQL looks at that after three seconds
        with contextlib.suppress(psycopg.Error):
            other.execute("select * from orderflow_inbox for update")
        other.rollback()
        call.join(20)
        other.close()
        done_or_told(told[0] if told else "no end")


@case("a host whose snapshot is old is told to begin anew", "low", limit=90)
def old_snapshot() -> None:
    """At REPEATABLE READ a host reads, somebody else takes from the same stock, the host places.

    Right: as this transaction can never succeed, an error that says to roll back and do it all
    again. Kind: advice in an error that cannot help.
    """
    with database(patience=3) as (url, engine):
        engine.change_stock(ReceiveStock(sku="M", quantity=50).to(id="r"))
        with create_engine(url, isolation_level="REPEATABLE READ").connect() as host:
            host.execute(text("select count(*) from pg_class")).all()
            engine.place(order("X", line("M")))
            said = "placed"
            try:
                engine.place(order("Y", line("M")), id="y", connection=host)
            except Exception as error:
                said = str(error)
        require("placed, or advice to roll back", said == "placed" or "roll" in said.lower(), said)


def clear_lines(of: Any) -> None:
    """Try to take the lines of an order away."""
    with contextlib.suppress(Exception):  # an order that cannot be changed is right
        of.state.lines.clear()


@case("an order that was read cannot be changed in place", "medium")
def order_in_memory() -> None:
    """Somebody clears the lines of an order from a store in memory.

    Right: an error, or no effect on what is stored. Kind: every mapping inside values that are
    handed out.
    """
    shop = Shop()
    shop.place(POSTER)
    clear_lines(shop.engine.order("A-1"))
    expect(["1"], list(shop.engine.order("A-1").state.lines))


@case("nor by a hook that is handed it", "medium")
def order_in_a_hook() -> None:
    """A hook clears the lines of the order it is handed, with orders in SQLite.

    Right: an error in the hook, or no effect. Kind: the same.
    """
    hooks = Hooks()

    @hooks.on_enter("confirmed")
    def clear(step: Step) -> list[Any]:
        clear_lines(step.order)
        return []

    shop = Shop(hooks=hooks, store=SqlStore("sqlite:///hook.db"))
    shop.place(POSTER)
    expect(["1"], list(shop.engine.order("A-1").state.lines))


@case("a port that never answers does not stop the worker for ever", "medium")
def default_timeout() -> None:
    """A port hangs.

    Right: a worker has a time limit for a port unless it is told otherwise. Kind: defaults that are
    safe for somebody who did not read the page.
    """
    worker = Engine(MemoryStore(), [InHouse()]).worker
    require("a time limit", worker.timeout is not None, "none")


@case("give a store the host's pool, or an engine of its own", "medium", open=True)
def pool() -> None:
    """A database role has eight connections, and sixty threads place orders: most fail at once.

    To become possible: the store takes a ready engine of SQLAlchemy, or pool size, connect
    arguments and hooks, as where credentials rotate.
    """
