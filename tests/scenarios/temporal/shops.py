"""Shops that are worked through Temporal, and what is the same of them however they are worked."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from difflib import ndiff
from pathlib import Path
from typing import Any

from orderflow import Engine
from orderflow.ports import OrderQuery
from orderflow.stores import SqlStore
from tests.crash.scenario import Process
from tests.crash.world import Points, Told

_MOMENT = re.compile(r"datetime\.datetime\([^)]*\)|\d{8}T\d{6}\.\d{6}")
"""Of an event, or in the key of a timer."""


class FileClock(Told):
    """A clock that several processes read, and one sets."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def now(self) -> datetime:
        return datetime.fromisoformat(self._file.read_text()) if self._file.exists() else self._now

    def set(self, moment: datetime) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(moment.isoformat())
        new.replace(self._file)

    def advance(self, by: timedelta) -> None:
        self.set(self.now() + by)


def scenario(url: str, folder: Path) -> Process:
    """The scenario of the crash tests, whose clock and outside world several processes share."""
    process = Process(url, folder, Points(), FileClock(folder / "clock"))
    process.engine.worker.lease = timedelta(minutes=1)
    return process


def played(process: Process, settle: Any) -> None:
    """Play every step, and have all that follows from it be done."""
    for number, step in enumerate(process.steps()):
        process.clock.set(process.clock.day(0) + number * timedelta(hours=1))
        step()
        settle()


def events(engine: Engine) -> dict[str, list[str]]:
    """What became true of each order and parcel, moments aside; and where its stock stands."""
    subjects: set[str] = set()
    for order in engine.orders(OrderQuery()):
        subjects |= {f"order:{order.id}", *(f"parcel:{name}" for name in order.state.parcels)}
    found = {
        subject: [
            _MOMENT.sub("", repr(event))
            for entry in engine.store.journal(subject)
            for event in entry.events
        ]
        for subject in subjects
    }
    return found | {"stock": [repr(engine.level("MUG")), repr(engine.level("LAMP", "3pl"))]}


def differences(found: dict[str, list[str]], wanted: dict[str, list[str]]) -> dict[str, list[str]]:
    """What :func:`events` gives otherwise than it should, line by line."""
    return {
        subject: [line for line in lines if line[:2] != "  "]
        for subject in sorted(found.keys() | wanted.keys())
        if (lines := list(ndiff(wanted.get(subject, []), found.get(subject, []))))
        and found.get(subject) != wanted.get(subject)
    }


def close(engine: Engine) -> None:
    assert isinstance(engine.store, SqlStore)
    engine.store.close()
