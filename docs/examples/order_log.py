"""Replay an object-centric log of order management through the public API, event by event.

The log (the columns of OCEL's CSV form) tells of single items that are ordered, picked and put into
packages, which hold items of several orders. Work is released at placement, orders are paid by
invoice, and every step is a person's: the log says who did what when. Stock is short exactly where
the log says that an item was out of stock.

    python order_log.py FILE [--json]

Exit code 1 where an event was refused; the reason is printed with its line.
"""

from __future__ import annotations

import argparse
import ast
import csv
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from orderflow import (
    MANUAL,
    Customer,
    Engine,
    InHouse,
    Line,
    NewOrder,
    NotFound,
    Refusal,
    Refused,
)
from orderflow.model import commands as cmd
from orderflow.model.events import DunningSent
from orderflow.model.folds.fold import fold
from orderflow.model.folds.parcel import fold_parcel
from orderflow.model.ledger import Bucket
from orderflow.model.observations import ObservationBody, PaymentReported, TrackingReported
from orderflow.model.parcel import ParcelStatus
from orderflow.model.state import PaymentOutcome
from orderflow.model.stock import StockKey
from orderflow.money import split, to_minor
from orderflow.policies import ReserveAtPlacement, at_placement
from orderflow.simulation import SequentialIds, VirtualClock
from orderflow.stores import MemoryStore

CURRENCY = "EUR"  # the log names none
REORDERED = timedelta(days=3)


class Row(NamedTuple):
    """One event of the log. Objects by their ids; *price* is the sum of its items' prices."""

    line: int
    id: str
    activity: str
    at: datetime
    customer: str
    items: tuple[str, ...]
    orders: tuple[str, ...]
    packages: tuple[str, ...]
    price: int

    @property
    def item(self) -> str:
        """The item of an event about one."""
        return self.items[0]

    @property
    def order(self) -> str:
        """The order of an event about one."""
        return self.orders[0]

    @property
    def package(self) -> str:
        """The package of an event about one."""
        return self.packages[0]


def read(path: Path) -> Iterator[Row]:
    """The events of a log, in the order of its rows; one at a time.

    Raises:
        ValueError: A row cannot be read; names the line.
    """
    with path.open(newline="", encoding="utf-8") as lines:
        for number, row in enumerate(csv.DictReader(lines), start=2):
            try:
                yield _row(number, row)
            except (KeyError, TypeError, ValueError, ArithmeticError, SyntaxError) as error:
                raise ValueError(f"{path}:{number}: unreadable event: {error}") from error


def _row(number: int, row: Mapping[str, str]) -> Row:
    def objects(kind: str) -> tuple[str, ...]:
        cell = (row.get(f"ocel:type:{kind}") or "").strip()
        return tuple(str(one) for one in ast.literal_eval(cell)) if cell else ()

    return Row(
        number,
        row["ocel:eid"],
        row["ocel:activity"],
        datetime.fromisoformat(row["ocel:timestamp"]),
        next(iter(objects("customers")), "unknown"),
        objects("items"),
        objects("orders"),
        objects("packages"),
        to_minor(Decimal(row["price"]), CURRENCY),
    )


class Shop:
    """The shop that the log tells of; each activity is a command or an observation."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.engine = Engine(
            MemoryStore(),
            [InHouse()],
            steps=MANUAL,
            release=at_placement,
            reserve=ReserveAtPlacement(lasts=None),
            clock=self.clock,
            ids=SequentialIds(),
        )
        self.placed: dict[str, tuple[str, str]] = {}  # the order and the line of each item
        self.packed: dict[str, str] = {}  # an order with units in each package

    def replay(self, row: Row) -> None:
        """Let one event happen, and what follows from it at once.

        Raises:
            Refused: With every reason; nothing happened.
        """
        self.clock.move_to(row.at)
        try:
            activity = ACTIVITIES[row.activity]
        except KeyError:
            known = ", ".join(ACTIVITIES)
            raise _refused("log.activity", f"{row.activity!r} is none of {known}") from None
        activity(self, row)
        self.engine.worker.run_until_idle()

    def place(self, row: Row) -> None:
        """One line for each item; what a single item costs, the log has not told by now."""
        for item in row.items:
            self.stock(cmd.ReceiveStock(sku=item, quantity=1, reference="opening"), row)
        amounts = split(row.price, [1] * len(row.items)) if row.items else ()
        order = NewOrder(
            number=row.order,
            customer=Customer(id=row.customer),
            currency=CURRENCY,
            lines=tuple(
                Line(sku=item, quantity=1, amount=amount)
                for item, amount in zip(row.items, amounts, strict=True)
            ),
        )
        placed = self.engine.place(order, id=row.id, by=row.customer)
        self.placed.update({line.sku: (placed.id, line.id) for line in placed.lines})

    def confirm(self, row: Row) -> None:
        """The order is confirmed."""
        self.submit(cmd.Confirm(), row.order, row)

    def pick(self, row: Row) -> None:
        """An item is picked; what was reordered has come by now."""
        order, line = self.order_of(row.item)
        for due in self.engine.store.inbound_shipments(StockKey(row.item, "main")):
            came = cmd.ReceiveStock(
                sku=row.item, quantity=1, for_order=order, for_line=line, expected=due.id
            )
            self.stock(came, row)
            self.engine.worker.run_until_idle()
        fo = self.fo_of(order, line, Bucket.ALLOCATED)
        self.submit(cmd.Pick(fo=fo, units={line: 1}), order, row)

    def out_of_stock(self, row: Row) -> None:
        """An item was not on its shelf: a short pick, and a backorder from now on."""
        order, line = self.order_of(row.item)
        fo = self.fo_of(order, line, Bucket.ALLOCATED)
        self.submit(cmd.Pick(fo=fo, short={line: 1}), order, row)

    def reorder(self, row: Row) -> None:
        """The item is on its way to us."""
        at = row.at + REORDERED
        self.stock(cmd.ExpectInbound(sku=row.item, expected=row.item, quantity=1, at=at), row)

    def create_package(self, row: Row) -> None:
        """Items of several orders go into one package, which is then complete."""
        packs: dict[tuple[str, str], dict[str, int]] = {}
        for item in row.items:
            order, line = self.order_of(item)
            packs.setdefault((order, self.fo_of(order, line, Bucket.PICKED)), {})[line] = 1
        for (order, fo), units in packs.items():
            self.submit(cmd.Pack(fo=fo, units=units, into=row.package), order, row, part=fo)
            self.packed.setdefault(row.package, order)
        self.engine.worker.run_until_idle()
        self.submit(cmd.Seal(parcel=row.package), self.packed[row.package], row)

    def send_package(self, row: Row) -> None:
        """The package leaves; every order with items in it hears of that."""
        self.submit(cmd.Ship(parcel=row.package), self.order_with(row.package), row)

    def failed_delivery(self, row: Row) -> None:
        """The carrier did not meet the customer."""
        order = self.engine.order(self.order_with(row.package))
        number = order.state.parcels[row.package].tracking_number
        if not number:
            raise _refused("log.not_sent", f"package {row.package} has no label yet")
        scan = TrackingReported(tracking_number=number, status=ParcelStatus.ATTEMPTED)
        self.observe(scan, "", row)

    def delivered(self, row: Row) -> None:
        """The package arrived."""
        self.submit(cmd.Deliver(parcel=row.package), self.order_with(row.package), row)

    def remind(self, row: Row) -> None:
        """The customer is reminded to pay."""
        self.submit(cmd.SendDunning(), row.order, row)

    def pay(self, row: Row) -> None:
        """The customer paid the invoice."""
        amount = self.engine.order(row.order).document.total.minor
        paid = PaymentReported(fact=PaymentOutcome.CAPTURED, amount=amount, reference=row.id)
        self.observe(paid, row.order, row)

    def submit(self, body: cmd.OrderCommandBody, order: str, row: Row, part: str = "") -> None:
        """Give a command about an order under the event's id, one *part* of the event's."""
        self.engine.submit(body.to(order, by="log", id=f"{row.id}-{body.kind}{part}"))

    def stock(self, body: cmd.StockCommandBody, row: Row) -> None:
        """Give a command about stock."""
        self.engine.change_stock(body.to(by="log", id=f"{row.id}-{body.kind}"))

    def observe(self, fact: ObservationBody, order: str, row: Row) -> None:
        """Report a fact."""
        self.engine.observe(fact.at(row.at, subject=order, id=f"{row.id}-fact"))

    def order_of(self, item: str) -> tuple[str, str]:
        """The order and the line of an item."""
        if item not in self.placed:
            raise _refused("log.not_placed", f"item {item} is in no order that was placed")
        return self.placed[item]

    def order_with(self, package: str) -> str:
        """An order with items in the package."""
        if package not in self.packed:
            raise _refused("log.not_created", f"package {package} was not created")
        return self.packed[package]

    def fo_of(self, order: str, line: str, bucket: Bucket) -> str:
        """The fulfillment order that has the line in this bucket."""
        ledger = self.engine.order(order).ledger
        found = next((slot.fo for slot, _ in ledger.slots(bucket, line=line)), None)
        if found is None:
            stands = ", ".join(ledger.of(line))
            raise _refused("log.not_there", f"line {line} of {order} is {stands}, not {bucket}")
        return found


ACTIVITIES: Mapping[str, Callable[[Shop, Row], None]] = {
    "place order": Shop.place,
    "confirm order": Shop.confirm,
    "pick item": Shop.pick,
    "item out of stock": Shop.out_of_stock,
    "reorder item": Shop.reorder,
    "create package": Shop.create_package,
    "send package": Shop.send_package,
    "failed delivery": Shop.failed_delivery,
    "package delivered": Shop.delivered,
    "payment reminder": Shop.remind,
    "pay order": Shop.pay,
}


def _refused(code: str, sentence: str) -> Refused:
    return Refused([Refusal(code, sentence)])


def report(engine: Engine) -> dict[str, int]:
    """What the store says in the end."""
    counts: Counter[str] = Counter()
    packages: set[str] = set()
    for order in engine.orders():
        counts["orders"] += 1
        counts["items"] += sum(order.ledger.totals().values())
        counts["delivered_items"] += order.ledger.total(Bucket.DELIVERED)
        counts["paid_orders"] += order.payment_status == "paid"
        entries = list(engine.journal(order.id))
        events = [event for entry in entries for event in entry.events]
        counts["reminders"] += sum(isinstance(event, DunningSent) for event in events)
        counts["replay_mismatches"] += fold(entries, order.id) != order.state
        packages.update(order.state.parcels)
    for package in packages:
        parcel = engine.store.parcel(package)
        told = fold_parcel(engine.store.journal(f"parcel:{package}"), package)
        counts["replay_mismatches"] += told != parcel
        scans = parcel.scans if parcel else ()
        counts["failed_deliveries"] += sum(s.status is ParcelStatus.ATTEMPTED for s in scans)
    counts["packages"] = len(packages)
    return {name: counts[name] for name in REPORTED}


REPORTED = (
    "orders",
    "items",
    "packages",
    "delivered_items",
    "paid_orders",
    "failed_deliveries",
    "reminders",
    "replay_mismatches",
)


def run(path: Path) -> dict[str, int]:
    """Replay the whole log, and report; what is refused is told with its line."""
    shop, counts = Shop(), Counter[str]()
    for row in read(path):
        counts["events"] += 1
        try:
            shop.replay(row)
            counts["applied"] += 1
        except (Refused, NotFound) as error:
            counts["refused"] += 1
            print(f"{path}:{row.line}: {row.activity}: {error}", file=sys.stderr)
    return {name: counts[name] for name in ("events", "applied", "refused")} | report(shop.engine)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Replay an object-centric order log.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    options = parser.parse_args()
    try:
        found = run(options.file)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        for name, value in found.items():
            print(f"{name:24} {value}")
    return 1 if found["refused"] else 0


if __name__ == "__main__":
    sys.exit(main())
