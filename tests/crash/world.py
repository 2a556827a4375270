"""The world outside the database: it outlives a crash, and keeps a record of every call."""

from __future__ import annotations

import hashlib
import json
import os
import signal
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event

from orderflow.model.observations import CancellationAnswered, ObservationBody, RequestAnswered
from orderflow.ports import (
    EffectAttempt,
    Label,
    LabelRequest,
    Notification,
    PartnerCancellation,
    PartnerRequest,
    Picked,
    PickRequest,
)
from orderflow.simulation import VirtualClock
from orderflow.stores import SqlStore


class Points:
    """Counts the moments at which a process may die, and dies at the one it is told.

    They are: before and after every statement, every commit and every call to the outside.
    """

    def __init__(self, fatal: int = 0) -> None:
        self.fatal, self.count = fatal, 0
        self.names: list[str] = []

    def pass_by(self, what: str) -> None:
        self.count += 1
        self.names.append(what)
        if self.count == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, store: SqlStore) -> None:
        """Have every statement and commit of a store's database be such moments."""
        engine = store._own.engine

        def before(*arguments: Any) -> None:
            self.pass_by(f"before {arguments[2].split('(')[0][:60]}")

        def after(*arguments: Any) -> None:
            self.pass_by(f"after {arguments[2].split('(')[0][:60]}")

        event.listen(engine, "before_cursor_execute", before)
        event.listen(engine, "after_cursor_execute", after)
        commit = engine.dialect.do_commit

        def do_commit(connection: Any) -> None:
            self.pass_by("before commit")
            commit(connection)
            self.pass_by("after commit")

        vars(engine.dialect)["do_commit"] = do_commit


class World:
    """Carrier, warehouse, supplier, provider and notifier in one.

    A call is a line of a file: its kind, its key, and whether it made a thing. The same key again
    makes nothing new, and gives the same answer.
    """

    code = "world"

    def __init__(self, record: Path, points: Points) -> None:
        self._record, self._points = record, points

    def calls(self) -> list[tuple[str, str, bool]]:
        """Every call so far."""
        if not self._record.exists():
            return []
        return [tuple(json.loads(line)) for line in self._record.read_text().splitlines()]

    def things(self) -> Counter[tuple[str, str]]:
        """What was made, and how often; a thing made twice would be a fault."""
        return Counter((kind, key) for kind, key, made in self.calls() if made)

    def _call(self, kind: str, key: str) -> None:
        self._points.pass_by(f"before the call {kind} {key}")
        made = all((kind, key) != known[:2] for known in self.calls())
        with self._record.open("a") as record:
            record.write(json.dumps([kind, key, made]) + "\n")
        self._points.pass_by(f"after the call {kind} {key}")

    def pick(self, request: PickRequest) -> Picked:
        self._call("pick", request.key)
        return Picked(request.units)

    def buy_label(self, request: LabelRequest) -> Label:
        self._call("label", request.key)
        digest = hashlib.sha256(request.key.encode()).hexdigest()
        return Label(self.code, f"W{digest[:10].upper()}")

    def find(self, key: str) -> Label | None:
        del key
        return None

    def void_label(self, key: str, label: Label) -> None:
        del label
        self._call("void", key)

    def hand_over(self, key: str, label: Label) -> None:
        del label
        self._call("hand over", key)

    def submit(self, request: PartnerRequest) -> ObservationBody | None:
        self._call("submit", request.key)
        return RequestAnswered(fo=request.number)

    def cancel(self, request: PartnerCancellation) -> ObservationBody | None:
        self._call("give up", request.key)
        return CancellationAnswered(fo=request.number, lines=dict(request.lines))

    def chase(self, key: str, number: str) -> None:
        del number
        self._call("remind", key)

    def send(self, notification: Notification) -> None:
        self._call("notify", notification.key)

    def provide(self, effect: EffectAttempt) -> None:
        self._call("provide", effect.key)


class Told(VirtualClock):
    """A clock that a scenario sets, to and fro: a process that starts again begins earlier."""

    def set(self, moment: datetime) -> None:
        self._now = moment

    @property
    def day(self) -> Callable[[float], datetime]:
        start = VirtualClock().now()
        return lambda days: start + timedelta(days=days)
