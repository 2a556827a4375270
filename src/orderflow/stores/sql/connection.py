"""Opening a database: supported drivers, and the settings of each connection."""

from __future__ import annotations

import time
from collections.abc import Mapping
from math import inf
from typing import Any
from urllib.parse import parse_qsl

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError

from orderflow.errors import StoreUnavailable

__all__ = ["opened", "settings_of"]

_DRIVERS = {"sqlite": ("pysqlite", "pysqlcipher"), "postgresql": ("psycopg", "psycopg2")}
"""Drivers with the transactions that :class:`orderflow.stores.sql.database.Database` expects."""


def opened(
    place: str | Engine, patience: float, synchronous: str, pool: Mapping[str, Any]
) -> Engine:
    """The engine on a database: the application's own, or a new one with *pool* settings.

    Raises:
        StoreUnavailable: The URL or its driver is wrong.
        ValueError: The database is SQLite in memory.
    """
    if isinstance(place, Engine):
        _check(place)
        return place
    address = _address(place)
    _check_place(address)
    try:
        engine = create_engine(address, hide_parameters=True, **_options(patience, pool))
    except (SQLAlchemyError, ImportError, ValueError) as error:
        missing = isinstance(error, ImportError) and error.name == "psycopg"
        what = "PostgreSQL needs the extra: pip install 'orderflow[postgres]'"
        raise StoreUnavailable(what if missing else str(error), permanent=True) from None
    _check(engine)
    if engine.dialect.name != "sqlite":
        _look_after(engine)
    _configure(engine, settings_of(engine, patience, synchronous))
    return engine


def _options(patience: float, pool: Mapping[str, Any]) -> dict[str, Any]:
    """The pool's options; without a size of its own it has a connection for each thread."""
    if {"poolclass", "pool"} & pool.keys():
        return dict(pool)
    own = {"max_overflow": 0 if "pool_size" in pool else -1, "pool_timeout": patience}
    return own | dict(pool)


def _check(engine: Engine) -> None:
    name, driver = engine.dialect.name, engine.dialect.driver
    if name not in _DRIVERS:
        what = f"orders are kept in SQLite or PostgreSQL, not in {name}"
        raise StoreUnavailable(what, permanent=True)
    if engine.dialect.is_async or driver not in _DRIVERS[name]:
        right = " or ".join(f"{name}+{each}://" for each in _DRIVERS[name])
        what = f"the driver {driver} does not work as a store's: give {right}"
        raise StoreUnavailable(what, permanent=True)
    _check_place(engine.url)


def _address(place: str | URL) -> URL:
    """The parsed URL. Raises StoreUnavailable where an unescaped password could leak as a host."""
    try:
        address = make_url(place)
    except ValueError:
        what = "the URL has no number for its port: a : in a name or a password is written %3A"
        raise StoreUnavailable(what, permanent=True) from None
    except SQLAlchemyError as error:
        raise StoreUnavailable(str(error), permanent=True) from None
    written = place.partition("?")[0] if isinstance(place, str) else ""
    if address.host and ("@" in address.host or written.count("@") > 1):
        what = "the URL has more than one @: one in a name or a password is written %40"
        raise StoreUnavailable(what, permanent=True)
    driver = address.drivername
    return address.set(drivername="postgresql+psycopg") if driver == "postgresql" else address


def _check_place(url: URL) -> None:
    if url.get_backend_name() == "sqlite" and _is_in_memory(url):
        raise ValueError("SQLite in memory is another database in each thread: use MemoryStore()")


def _is_in_memory(url: URL) -> bool:
    """Whether an SQLite database is in memory, in any notation."""
    name, _, asked = (url.database or "").partition("?")
    how = {**url.query, **dict(parse_qsl(asked))}
    memory = how.get("mode") == "memory" or how.get("vfs") == "memdb"
    return memory or name.removeprefix("file:") in ("", ":memory:")


def settings_of(engine: Engine, patience: float, synchronous: str, how: str = "set") -> list[str]:
    """Statements for a connection before its first transaction; with ``set local`` in each one."""
    if engine.dialect.name != "sqlite":
        return [f"{how} lock_timeout = {int(patience * 1000)}"]
    return [
        f"pragma busy_timeout={int(patience * 1000)}",
        "pragma journal_mode=wal",
        f"pragma synchronous={synchronous}",
        "pragma secure_delete=on",  # erased data is overwritten, not left in a free page
    ]


def _configure(engine: Engine, settings: list[str]) -> None:
    def configure(connection: Any, _record: object) -> None:
        """Begin transactions only explicitly, and make commits durable."""
        if engine.dialect.name == "sqlite":
            connection.isolation_level = None
        cursor = connection.cursor()
        for setting in settings:
            cursor.execute(setting)
        cursor.close()
        connection.commit()

    event.listen(engine, "connect", configure)


_RESTED = 1.0
"""Seconds of idleness after which a connection is tested."""


def _look_after(engine: Engine) -> None:
    """Replace connections that broke while idle; those in use are not tested."""

    def rests(_connection: object, record: Any) -> None:
        record.info["rests_since"] = time.monotonic()

    def wakes(connection: Any, record: Any, _fairy: object) -> None:
        if time.monotonic() - record.info.get("rests_since", inf) > _RESTED:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as error:
                raise DisconnectionError from error

    event.listen(engine, "checkin", rests)
    event.listen(engine, "checkout", wakes)
