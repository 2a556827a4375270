"""Places a file of orders, and works them in a simulated world."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from orderflow.cli.follower import Follower
from orderflow.cli.json_values import plain
from orderflow.cli.shop import BY_ORDER, method_of, standard_shop
from orderflow.engine import Engine, RandomIds
from orderflow.errors import InvalidInput, Refusal, Refused
from orderflow.fulfillment import MANUAL
from orderflow.model.commands import ReceiveStock
from orderflow.model.document import NewOrder
from orderflow.model.reading import read_json
from orderflow.model.work import Task
from orderflow.ports import Ids, Store
from orderflow.simulation import (
    Replenishment,
    SequentialIds,
    SimulatedCarrier,
    SimulatedPartner,
    SimulatedPeople,
    VirtualClock,
    World,
)
from orderflow.simulation.world import Actor

if TYPE_CHECKING:
    from orderflow.documents import Printer

__all__ = ["RunReport", "Unreadable", "place_and_work", "read_orders"]

_START = datetime(2026, 1, 5, 9, tzinfo=UTC)
_BETWEEN_ORDERS = timedelta(minutes=20)
_Refused = tuple[str, tuple[Refusal, ...]]
"""The number of a refused order, and its refusals."""


_FAULTS = 100
"""The number of errors after which reading stops."""


class Unreadable(Exception):
    """The file cannot be read; each line has file, line and error."""


def read_orders(path: Path) -> list[NewOrder]:
    """The orders of a JSONL file.

    Raises Unreadable with its errors, the first ones where there are many; no order is placed then.
    """
    faults, orders = list[str](), []
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path}: {error}") from None
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            orders.append(read_json(NewOrder, line, "order"))
        except InvalidInput as error:
            faults += [f"{path}:{number}: {problem}" for problem in error.problems]
            if len(faults) >= _FAULTS:
                faults.append(
                    f"{path}: line {number} is the last that was read: see to these first"
                )
                break
    if faults:
        raise Unreadable("\n".join(faults))
    return orders


@attrs.frozen
class RunReport:
    """The result of a run."""

    placed: tuple[str, ...]
    refused: tuple[_Refused, ...]
    by_status: dict[str, int]
    in_exception: tuple[str, ...]
    tasks: tuple[Task, ...]
    units_by_method: dict[str, int]
    until: datetime

    @property
    def exit_code(self) -> int:
        """0: done (a backorder is no failure); 1: orders were refused or are in exception."""
        return 1 if self.refused or self.in_exception else 0

    def as_dict(self) -> dict[str, Any]:
        """The report for JSON."""
        return {
            "placed": len(self.placed),
            "orders": list(self.placed),
            "refused": [
                {"order": order, "refusals": plain(refusals)} for order, refusals in self.refused
            ],
            "by_status": self.by_status,
            "in_exception": list(self.in_exception),
            "units_by_method": self.units_by_method,
            "tasks": plain(self.tasks),
            "until": self.until.isoformat(),
        }

    def table(self) -> Table:
        """The report as a table."""
        table = Table(
            "status", "orders", title=f"{len(self.placed)} orders, until {self.until:%Y-%m-%d}"
        )
        for status, count in self.by_status.items():
            table.add_row(status, str(count))
        for method, units in self.units_by_method.items():
            table.add_row(f"units by {method}", str(units))
        for order, refusals in self.refused:
            table.add_row("refused", f"{order}: {'; '.join(r.sentence for r in refusals)}")
        for order in self.in_exception:
            table.add_row("in exception", order)
        return table


def place_and_work(
    orders: list[NewOrder],
    store: Store,
    seed: int | None,
    stock: int,
    follower: Follower,
    console: Console,
    *,
    manual: bool,
    printer: Printer | None = None,
) -> RunReport:
    """Place the orders one after the other, and run the world until nothing is due.

    With a *seed* the run starts at a fixed date and counts its ids: the same seed, the same run.
    With *manual* people do every step; else only those of orders for people, which are left to the
    user. Customers collect their orders, and cash on delivery is reported as paid.
    """
    clock = VirtualClock(datetime.now(UTC) if seed is None else _START)
    run = f"{seed}-{_told(orders)}"
    ids: Ids = RandomIds() if seed is None else SequentialIds(f"{run}-")
    seed = random.randrange(2**32) if seed is None else seed
    carrier = SimulatedCarrier(clock, seed)
    supplier, provider = SimulatedPartner(clock, seed), SimulatedPartner(clock, seed + 1)
    engine = standard_shop(
        store,
        clock=clock,
        ids=ids,
        steps=MANUAL if manual else BY_ORDER,
        carrier=carrier,
        supplier=supplier,
        provider=provider,
        printer=printer,
    )
    supply = Replenishment(lambda _sku, short: short, timedelta(days=1))
    people = SimulatedPeople(seed, does=lambda task: manual or task.name in _ALWAYS_DONE)
    others: list[Actor] = [carrier, supplier, provider]
    world = World(engine, clock, others, supply, lambda: follower.look(engine), people)
    return _report(engine, *_play(world, orders, run, stock, console))


def _play(
    world: World, orders: list[NewOrder], run: str, stock: int, console: Console
) -> tuple[list[str], list[_Refused]]:
    """Place the orders and work until nothing is due, with a progress bar."""
    with Progress(console=console, transient=True) as progress:
        tracked = progress.track(orders, description="placing")
        outcome = _place(world, tracked, run, stock)
        progress.add_task("working", total=None)
        world.run_until()
    return outcome


def _told(orders: Iterable[NewOrder]) -> str:
    """A digest that identifies a file of orders."""
    whole = "\n".join(order.model_dump_json() for order in orders)
    return hashlib.sha256(whole.encode()).hexdigest()[:6]


_ALWAYS_DONE = ("collect", "overdue.cash")


def _place(
    world: World, orders: Iterable[NewOrder], run: str, stock: int
) -> tuple[list[str], list[_Refused]]:
    """Place each order, with pauses; returns the ids of placed orders, and the refused ones."""
    placed, refused = list[str](), list[_Refused]()
    for number, order in enumerate(orders, start=1):
        _open_stock(world.engine, order, stock)
        try:
            found = world.engine.place(order, id=f"run-{run}-{number}", by="customer")
        except Refused as error:
            refused.append((order.number or f"line {number}", error.refusals))
        else:
            placed.append(found.id)
            world.placed(found)
        world.run_until(world.clock.now() + _BETWEEN_ORDERS)
    return placed, refused


def _open_stock(engine: Engine, order: NewOrder, stock: int) -> None:
    """Give each unknown SKU an opening stock."""
    for line in order.lines:
        method = method_of(line) if line.ships else "digital"
        if stock and line.stocked and method in _OPENING:
            receive = ReceiveStock(
                sku=line.sku, location=_OPENING[method], quantity=stock, reference="opening"
            )
            with suppress(Refused):  # it was opened with another quantity
                engine.change_stock(receive.to(by="shop", id=f"opening-{line.sku}"))


_OPENING = {"in_house": "main", "third_party": "third_party"}
"""The location of each method's stock, where we keep it."""


def _report(engine: Engine, placed: list[str], refused: list[_Refused]) -> RunReport:
    by_status: Counter[str] = Counter()
    by_method: Counter[str] = Counter()
    trouble = []
    for order_id in placed:
        order = engine.order(order_id)
        by_status[order.status] += 1
        for slot, units in order.ledger.slots():
            by_method[order.fulfillment_orders[slot.fo].strategy if slot.fo else "nobody"] += units
        if "exception" in order.overlays:
            trouble.append(order_id)
    counts = dict(sorted(by_status.items()))
    return RunReport(
        tuple(placed),
        tuple(refused),
        counts,
        tuple(trouble),
        tuple(engine.tasks()),
        dict(sorted(by_method.items())),
        engine.clock.now(),
    )
