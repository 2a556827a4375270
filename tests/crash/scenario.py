"""What happens in a crash test: every method, a shared parcel, cancellations and a return.

A process plays it step by step and notes the step that it begins. One that starts again begins
with that step. Commands and facts carry ids, so what was done already is not done twice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs

from orderflow import Engine, InHouse, Line, NewOrder, Order, Refusal, Steps
from orderflow.fulfillment import Digital, Dropship, Handover, Pickup, ThirdParty
from orderflow.model.commands import (
    Cancel,
    Collect,
    CommandBody,
    Pack,
    PlaceOrder,
    ReceiveStock,
    RequestReturn,
    Seal,
)
from orderflow.model.document import Delivery
from orderflow.model.observations import (
    GoodsReturned,
    GoodsShipped,
    ObservationBody,
    StockReported,
    TrackingReported,
)
from orderflow.model.parcel import ParcelStatus
from orderflow.stores import SqlStore
from orderflow.testing import check_order, check_stock
from tests.crash.places import Rows, rows_at
from tests.crash.world import Points, Told, World

ORDERS = ("H-1", "B-1", "B-2", "D-1", "D-2", "L-1", "P-1", "S-1", "V-1", "C-1")


class _Ours(InHouse):
    def accepts(self, line: Line) -> Refusal | None:
        return super().accepts(line) if line.sku == "MUG" else Refusal("not.ours", line.sku)


class _Theirs(ThirdParty):
    def accepts(self, line: Line) -> Refusal | None:
        return super().accepts(line) if line.sku == "LAMP" else Refusal("not.theirs", line.sku)


def _by_hand(order: Order) -> bool:
    return order.id.startswith("B-")


class Process:
    """One process of the application, from its start to its end or its death."""

    def __init__(self, url: str, folder: Path, points: Points, clock: Told | None = None) -> None:
        self.clock, self.world = clock or Told(), World(folder / "world", points)
        self.url = url
        self.store = SqlStore(url, synchronous="OFF")  # a process dies here, never the machine
        self.engine = Engine(
            self.store,
            [
                _Ours(warehouse=self.world, carrier=self.world),
                _Theirs(self.world, "3pl"),
                Pickup(warehouse=self.world),
                Handover(),
                Digital(self.world.provide),
                Dropship(self.world),
            ],
            steps=Steps(manual={"pack"}, when=_by_hand),
            clock=self.clock,
            notifier=self.world,
        )
        self.engine.worker.lease = timedelta(0)  # nobody else works here: take over at once
        self._step = folder / "step"
        self._next = int(self._step.read_text()) if self._step.exists() else 0
        points.watch(self.store)

    def play(self, to: int | None = None) -> None:
        """Play the steps, from the one that was begun last, to the end or to the beginning of one.

        Nobody is connected then.
        """
        for step in self.steps()[self._next : to]:
            self._step.write_text(str(self._next))
            self.clock.set(self.clock.day(0) + self._next * timedelta(hours=1))
            step()
            self.engine.worker.run_until_idle()
            self._next += 1
        self.store.close()

    def steps(self) -> list[Callable[[], object]]:
        """Each is safe to be done again."""
        return [
            self.stock("MUG", 20),
            self.says(StockReported(sku="LAMP", location="3pl", on_hand=9)),
            self.places("H-1", "MUG"),
            self.places("B-1", "MUG"),
            self.places("B-2", "MUG"),
            self.places("C-1", "MUG", not_before=self.clock.day(9)),
            self.places("D-1", "VASE"),
            self.places("D-2", "VASE"),
            self.places("L-1", "LAMP"),
            self.places("P-1", "MUG", Delivery.PICKUP),
            self.places("S-1", "MUG", Delivery.HANDOVER),
            self.places("V-1", "LICENCE"),
            self.does("B-1", Pack(fo="B-1-F1", units={"1": 2}, into="BOX")),
            self.does("B-2", Pack(fo="B-2-F1", units={"1": 2}, into="BOX")),
            self.does("B-1", Seal(parcel="BOX")),
            self.does("C-1", Cancel()),
            self.does("D-2", Cancel()),
            self.does("P-1", Collect(fo="P-1-F1")),
            self.ships("D-1"),
            self.ships("L-1"),
            self.arrives("H-1-P1"),
            self.arrives("BOX"),
            self.arrives("world/T-D-1"),
            self.arrives("world/T-L-1"),
            self.does("H-1", RequestReturn(lines={"1": 1})),
            self.says(GoodsReturned(lines={"1": 1}, rma="H-1-R1"), "H-1"),
            *[lambda: None] * 3,
            self.a_month_passes,
            self.a_month_passes,
        ]

    def stock(self, sku: str, units: int) -> Callable[[], object]:
        command = ReceiveStock(sku=sku, quantity=units).to(id=f"receipt-{sku}")
        return lambda: self.engine.change_stock(command)

    def places(
        self, order: str, sku: str, delivery: Delivery = Delivery.CARRIER, **line: Any
    ) -> Callable[[], object]:
        goods = sku != "LICENCE"
        asked = Line(sku=sku, quantity=2, stocked=goods, ships=goods, **line)
        new = NewOrder(number=order, currency="GBP", lines=(asked,), delivery=delivery)
        return lambda: self.engine.submit(PlaceOrder(order=new).to(id=f"place-{order}"))

    def does(self, order: str, body: CommandBody) -> Callable[[], object]:
        command = body.to(order, by="ana", id=f"{order}-{body.kind}")  # type: ignore[attr-defined]
        return lambda: self.engine.submit(command)

    def says(self, fact: ObservationBody, subject: str = "") -> Callable[[], object]:
        at = self.clock.day(0.5)
        return lambda: self.engine.observe(fact.at(at, subject=subject))

    def ships(self, order: str) -> Callable[[], object]:
        fact = GoodsShipped(
            fo=f"{order}-F1",
            notice=f"N-{order}",
            lines={"1": 2},
            carrier="world",
            tracking_number=f"T-{order}",
        )
        return self.says(fact)

    def arrives(self, parcel: str) -> Callable[[], object]:
        def scanned() -> None:
            found = self.store.parcel(parcel)
            assert found is not None, parcel
            fact = TrackingReported(
                tracking_number=found.tracking_number, status=ParcelStatus.DELIVERED
            )
            self.engine.observe(fact.at(self.clock.day(2)))

        return scanned

    def a_month_passes(self) -> None:
        self.clock.advance(timedelta(days=30))

    def check(self) -> None:
        """Every promise, of every order."""
        for order in ORDERS:
            check_order(self.engine, order)
        check_stock(self.engine)


IGNORED = {
    "orderflow_outbox": {"number", "attempts", "leased_until", "token", "error"},
    "orderflow_stock_movements": {"number"},
    "orderflow_inbox": {"number"},
}
"""What may differ after a crash: how often something was tried, and numbers that have gaps."""


@attrs.frozen
class Picture:
    """All that is in a database, and what was made outside."""

    tables: dict[str, list[str]]
    things: dict[str, int]


def picture(process: Process) -> Picture:
    """Each row as a text, sorted: equal pictures are equal orders, journals, stock and effects."""
    process.store.close()
    return ending(rows_at(process.url), process.world)


def ending(found: Rows, world: World) -> Picture:
    """The picture of these rows."""
    tables = {
        table: sorted(_text(row, IGNORED.get(table, set())) for row in rows)
        for table, rows in found.items()
    }
    return Picture(tables, _things(world))


def standing(found: Rows, world: World) -> Picture:
    """A picture of all that a play to come may depend on, so more than what must be equal in it.

    Numbers have gaps, but the order that they give counts; a lease and the tries of a row that is
    still to be done count too.
    """
    tables = {table: _in_order(table, rows) for table, rows in found.items()}
    return Picture(tables, _things(world))


def _in_order(table: str, rows: list[dict[str, Any]]) -> list[str]:
    if table not in IGNORED:
        return sorted(_text(row, set()) for row in rows)
    by_number = sorted(rows, key=lambda row: int(row["number"]))
    return [
        _text(row, IGNORED[table] if row.get("status") == "done" else {"number", "token"})
        for row in by_number
    ]


def _text(row: dict[str, Any], skipped: set[str]) -> str:
    """The same on every database: truth is a number here and there."""
    return repr(
        {k: v * 1 if isinstance(v, bool) else v for k, v in row.items() if k not in skipped}
    )


def _things(world: World) -> dict[str, int]:
    return {f"{kind} {key}": times for (kind, key), times in world.things().items()}
