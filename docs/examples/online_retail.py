"""Run the UCI Online Retail data through orderflow, in time order, on a virtual clock.

Sales become orders; lines of `C` invoices become cancellations or returns of earlier sales;
negative lines of other invoices are stock write-offs. Stock opens with 80 % of what the file
sells of a SKU; the rest arrives a day after the SKU is first short. A third of the SKUs each is
fulfilled in-house, by a supplier who reports its stock, and by a logistics provider.

    python online_retail.py FILE [--db URL] [--json]
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from orderflow import (
    Charge,
    Customer,
    Dropship,
    Engine,
    FulfillmentStrategy,
    InHouse,
    Line,
    NewOrder,
    Order,
    Refusal,
    ThirdParty,
)
from orderflow.model.commands import Cancel, ReceiveStock, RequestReturn, WriteOff
from orderflow.model.events import UnitsMoved
from orderflow.model.folds.fold import fold
from orderflow.model.folds.parcel import fold_parcel
from orderflow.model.ledger import Bucket
from orderflow.model.observations import GoodsReturned, PaymentReported
from orderflow.model.state import PaymentOutcome
from orderflow.model.stock import Cause, StockKey
from orderflow.money import to_minor
from orderflow.ports import OrderQuery, Store
from orderflow.simulation import (
    Replenishment,
    SequentialIds,
    SimulatedCarrier,
    SimulatedPartner,
    VirtualClock,
    World,
)
from orderflow.stores import MemoryStore, SqlStore

GOODS = re.compile(r"\d{5}")
PLACES = {"in_house": "main", "dropship": "supplier", "third_party": "3pl"}
CANCELLABLE = (Bucket.OPEN, Bucket.BACKORDERED, Bucket.ALLOCATED, Bucket.PICKED, Bucket.PACKED)
RETURNABLE = (Bucket.SHIPPED, Bucket.DELIVERED)


def method_of(sku: str) -> str:
    """Who fulfills a SKU: always the same, for any file."""
    return list(PLACES)[zlib.crc32(sku.encode()) % len(PLACES)]


class BySku(FulfillmentStrategy):
    """Takes the SKUs that the rule gives to it."""

    def accepts(self, line: Line) -> Refusal | None:
        """Silent where the SKU is its own."""
        if method_of(line.sku) == self.code:
            return None
        return Refusal("retail.other_method", f"{line.sku} is for {method_of(line.sku)}")


class Shelves(BySku, InHouse):
    """The shop's own shelves."""


class Supplier(BySku, Dropship):
    """A supplier."""


class Provider(BySku, ThirdParty):
    """A logistics provider."""


class Row(NamedTuple):
    """One row of the file, read and checked."""

    number: int
    invoice: str
    code: str
    name: str
    quantity: int
    at: datetime
    price: Decimal
    customer: str

    @property
    def goods(self) -> bool:
        """Whether the row is about goods, not a fee."""
        return bool(GOODS.match(self.code))


def read(path: Path, bad: list[int]) -> Iterator[Row]:
    """The rows of the file, one at a time; the line numbers of unreadable ones go to *bad*."""
    with path.open(newline="", encoding="utf-8", errors="replace") as lines:
        reader = csv.reader(lines)
        next(reader)
        for number, cells in enumerate(reader, start=2):
            try:
                invoice, code, name, quantity, at, price, customer, _country = cells
                when = datetime.strptime(at, "%m/%d/%y %H:%M").replace(tzinfo=UTC)
                yield Row(
                    number, invoice, code, name, int(quantity), when, Decimal(price), customer
                )
            except (ValueError, InvalidOperation):
                bad.append(number)


def sold(path: Path) -> Counter[str]:
    """Units that the file sells, per SKU."""
    units: Counter[str] = Counter()
    for row in read(path, []):
        if row.goods and row.quantity > 0 and not row.invoice.startswith("C"):
            units[row.code] += row.quantity
    return units


class Shop:
    """The shop that the file tells of."""

    def __init__(self, store: Store, sold_units: Counter[str], start: datetime) -> None:
        self.clock = VirtualClock(start)
        carrier, ids = SimulatedCarrier(self.clock), SequentialIds()
        supplier, provider = SimulatedPartner(self.clock, 1), SimulatedPartner(self.clock, 2)
        strategies = [
            Shelves(PLACES["in_house"], carrier=carrier),
            Supplier(supplier, locations=(PLACES["dropship"],)),
            Provider(provider, PLACES["third_party"]),
        ]
        self.engine = Engine(store, strategies, clock=self.clock, ids=ids)
        self.rest = {sku: units - units * 8 // 10 for sku, units in sold_units.items()}
        supply = Replenishment(lambda sku, _short: self.rest.pop(sku, 0), timedelta(days=1))
        self.world = World(self.engine, self.clock, [carrier, supplier, provider], supply)
        for sku, units in sold_units.items():
            if opening := units * 8 // 10:
                place = PLACES[method_of(sku)]
                receive = ReceiveStock(
                    sku=sku, location=place, quantity=opening, reference="opening"
                )
                self.engine.change_stock(receive.to(by="shop", id=f"opening-{sku}"))

    def invoice(self, invoice: str, rows: list[Row]) -> None:
        """What one invoice says, at its time."""
        self.world.run_until(rows[0].at)
        if invoice.startswith("C"):
            for row in rows:
                self.accept_return(row)
            return
        for row in rows:
            if row.goods and row.quantity < 0:
                body = WriteOff(
                    sku=row.code,
                    location=PLACES[method_of(row.code)],
                    quantity=-row.quantity,
                    reference=row.name or "unknown",
                )
                self.engine.change_stock(body.to(by="shop", id=f"{invoice}/{row.number}"))
        if any(row.goods and row.quantity > 0 for row in rows):
            self.sell(invoice, rows)

    def sell(self, invoice: str, rows: list[Row]) -> None:
        """Place the order that an invoice stands for."""
        goods = [row for row in rows if row.goods and row.quantity > 0]
        order = NewOrder(
            number=invoice,
            customer=Customer(id=rows[0].customer) if rows[0].customer else None,
            currency="GBP",
            lines=tuple(
                Line(sku=r.code, quantity=r.quantity, unit_price=r.price, name=r.name)
                for r in goods
            ),
            charges=tuple(
                Charge(
                    code=row.code, amount=to_minor(row.price * row.quantity, "GBP"), name=row.name
                )
                for row in rows
                if not row.goods
            ),
        )
        self.world.placed(self.engine.place(order, id=f"invoice-{invoice}", by="shop"))

    def accept_return(self, row: Row) -> None:
        """Match a `C` line to earlier sales, oldest first; what finds none stays in the inbox."""
        left, message = -row.quantity, f"{row.invoice}/{row.number}"
        if row.goods and row.customer:
            for order in self.engine.orders(OrderQuery(customer=row.customer)):
                if left:
                    left -= self.take_from(order, row.code, left, message)
        if not row.goods:
            amount = abs(to_minor(row.price * row.quantity, "GBP"))
            paid = PaymentReported(fact=PaymentOutcome.REFUNDED, amount=amount, reference=message)
            self.engine.observe(paid.at(row.at, subject=row.invoice, id=message))
        elif left:
            back = GoodsReturned(lines={row.code: left}, reason="no sale found")
            self.engine.observe(back.at(row.at, subject=row.invoice, id=message))

    def take_from(self, order: Order, sku: str, units: int, message: str) -> int:
        """Cancel or return up to *units* of a SKU of one order; give how many it were."""
        here, back = order.units(*CANCELLABLE), order.units(*RETURNABLE)
        taken = 0
        for line in order.lines:
            if line.sku != sku:
                continue
            if off := min(units - taken, here.get(line.id, 0)):
                taken += self.cancel(order, line.id, off, message)
            if off := min(units - taken, back.get(line.id, 0)):
                self.return_units(order.id, line.id, off, message)
                taken += off
        return taken

    def cancel(self, order: Order, line: str, units: int, message: str) -> int:
        """Cancel units of a line; give how many, since a party may have shipped them."""
        before = order.units(Bucket.CANCELLED).get(line, 0)
        cancel = Cancel(lines={line: units}, reason=message)
        self.engine.submit(cancel.to(order.id, by="shop", id=f"{message}-cancel-{line}"))
        self.engine.worker.run_until_idle()
        after = self.engine.order(order.id).units(Bucket.CANCELLED).get(line, 0)
        return after - before

    def return_units(self, order: str, line: str, units: int, message: str) -> None:
        """A plain return: requested, approved, received, closed."""
        asked = RequestReturn(lines={line: units}, reason=message)
        after = self.engine.submit(asked.to(order, by="shop", id=f"{message}-return-{line}"))
        self.engine.worker.run_until_idle()
        fact = GoodsReturned(lines={line: units}, rma=list(after.state.returns)[-1])
        now = self.clock.now()
        self.engine.observe(fact.at(now, subject=order, id=f"{message}-came-{line}"))
        self.engine.worker.run_until_idle()


def report(engine: Engine, bad_rows: int) -> dict[str, Any]:
    """What the store says in the end."""
    counts: Counter[str] = Counter()
    by_status: Counter[str] = Counter()
    ledger: Counter[str] = Counter()
    by_method: Counter[str] = Counter()
    taken_back: set[str] = set()
    goods_total = 0
    for order in engine.orders():
        counts["orders"] += 1
        counts["lines"] += len(order.lines)
        counts["units"] += sum(line.ordered for line in order.state.lines.values())
        goods_total += order.document.goods_total.minor
        by_status[order.status] += 1
        by_method.update(units_by_method(order))
        ledger.update({bucket.value: n for bucket, n in order.ledger.totals().items()})
        settled = order.state.phase.final
        counts["stuck"] += not settled and bool(engine.idle_parts(order.id))
        counts.update(journal_counts(engine, order, taken_back))
    inbox = engine.store.unmatched()
    taken_back |= {item.reference.removeprefix("order:") for item in inbox}
    counts.update(stock_counts(engine.store))
    return {
        "orders": counts["orders"],
        "lines": counts["lines"],
        "units": counts["units"],
        "goods_total": f"{Decimal(goods_total).scaleb(-2)}",
        "cancellation_invoices": len(taken_back),
        "matched_units": ledger["cancelled"] + ledger["returned"],
        "unmatched_lines": sum(
            item.observation is not None and isinstance(item.observation.body, GoodsReturned)
            for item in inbox
        ),
        "write_off_lines": counts["write_off_lines"],
        "bad_rows": bad_rows,
        "backordered_lines": counts["backordered_lines"],
        "units_by_method": dict(sorted(by_method.items())),
        "by_status": dict(sorted(by_status.items())),
        "ledger": dict(sorted(ledger.items())),
        "stock_mismatches": counts["stock_mismatches"],
        "stuck": counts["stuck"],
        "replay_mismatches": counts["replay_mismatches"],
    }


def units_by_method(order: Order) -> Counter[str]:
    """Units by who fulfills them, or would."""
    counts: Counter[str] = Counter()
    for slot, units in order.ledger.items():
        fo = order.fulfillment_orders.get(slot.fo)
        counts[fo.strategy if fo else method_of(order.state.lines[slot.line].sku)] += units
    return counts


def journal_counts(engine: Engine, order: Order, taken_back: set[str]) -> Counter[str]:
    """What the journals of an order and its parcels say; `C` invoices go to *taken_back*."""
    entries = list(engine.journal(order.id))
    moves = [e for entry in entries for e in entry.events if isinstance(e, UnitsMoved)]
    waited = {move.dest.line for move in moves if move.dest.bucket is Bucket.BACKORDERED}
    taken_back |= {found[1] for e in entries if (found := re.search(r"/(C\d+)/", e.cause))}
    wrong = fold(entries, order.id) != order.state
    for parcel in order.state.parcels:
        told = fold_parcel(engine.store.journal(f"parcel:{parcel}"), parcel)
        wrong = wrong or told != engine.store.parcel(parcel)
    return Counter(backordered_lines=len(waited), replay_mismatches=int(wrong))


def stock_counts(store: Store) -> Counter[str]:
    """What the stock journals say, against on hand."""
    counts: Counter[str] = Counter()
    after = StockKey("", "")
    while page := store.list_stock_levels(after, 500):
        for level in page:
            total = 0
            for movement in store.stock_movements(level.key):
                total += movement.quantity
                counts["write_off_lines"] += movement.cause is Cause.WRITE_OFF
            counts["stock_mismatches"] += total != level.on_hand
        after = page[-1].key
    return counts


def run(path: Path, store: Store) -> dict[str, Any]:
    """Run the whole file, let time pass until nothing is due, and report."""
    start = next(read(path, [])).at
    shop = Shop(store, sold(path), start)
    bad: list[int] = []
    for invoice, rows in groupby(read(path, bad), key=lambda row: row.invoice):
        shop.invoice(invoice, list(rows))
    shop.world.run_until()
    for number in bad:
        print(f"{path}:{number}: unreadable row left out", file=sys.stderr)
    return report(shop.engine, len(bad))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Run the UCI Online Retail data.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--db", default="", help="e.g. sqlite:///retail.db; in memory without it")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    options = parser.parse_args()
    store: Store = SqlStore(options.db) if options.db else MemoryStore()
    try:
        found = run(options.file, store)
    except (OSError, ValueError, KeyError) as error:
        parser.error(f"{options.file} cannot be read as invoices: {error}")
    if isinstance(store, SqlStore):
        store.close()
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        for name, value in found.items():
            print(f"{name:24} {value}")


if __name__ == "__main__":
    main()
