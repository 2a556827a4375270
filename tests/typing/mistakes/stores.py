"""Things that are no store, no clock, no ids."""

import sqlite3
from pathlib import Path

from orderflow import Engine, InHouse
from orderflow.stores import MemoryStore, SqlStore


class Half:
    def commit(self, commit: object) -> None: ...


class Now:
    def now(self) -> str:
        return "noon"


Engine(Half(), [InHouse()])  # E: incompatible type "Half"; expected "Store".*\[arg-type\]
Engine("sqlite:///shop.db", [InHouse()])  # E: incompatible type "str"; expected "Store".*\[arg-type\]
Engine({}, [InHouse()])  # E: incompatible type "dict\[Never, Never\]"; expected "Store".*\[arg-type\]
Engine(MemoryStore, [InHouse()])  # E: incompatible type "type\[MemoryStore\]"; expected "Store".*\[arg-type\]
Engine(None, [InHouse()])  # E: incompatible type "None"; expected "Store".*\[arg-type\]
Engine(SqlStore(Path("shop.db")), [InHouse()])  # E: incompatible type "Path"; expected "str \| Engine".*\[arg-type\]
Engine(SqlStore(sqlite3.connect("shop.db")), [InHouse()])  # E: incompatible type "Connection"; expected "str \| Engine".*\[arg-type\]
Engine([InHouse()], MemoryStore())  # E: incompatible type "list\[InHouse\]"; expected "Store".*\[arg-type\]  # E: incompatible type "MemoryStore"; expected "Sequence\[FulfillmentStrategy\]".*\[arg-type\]
Engine(MemoryStore(), [InHouse()], clock=Now())  # E: incompatible type "Now"; expected "Clock \| None".*\[arg-type\]
Engine(MemoryStore(), [InHouse()], ids=iter("abc"))  # E: incompatible type "Iterator\[str\]"; expected "Ids \| None".*\[arg-type\]
