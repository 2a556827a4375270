"""The little shop that the cases play in, and how a case says what is right."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import attrs

from orderflow import Engine, InHouse, Line, NewOrder
from orderflow.errors import OrderflowError, Refused
from orderflow.fulfillment.strategy import FulfillmentStrategy
from orderflow.model.commands import CommandBody, ReceiveStock
from orderflow.model.observations import (
    GoodsShipped,
    ObservationBody,
    PaymentReported,
    TrackingReported,
)
from orderflow.model.parcel import ParcelStatus
from orderflow.model.state import PaymentOutcome
from orderflow.ports import RefundRequest, Store
from orderflow.simulation import VirtualClock
from orderflow.stores import MemoryStore

Severity = Literal["high", "medium", "low"]
Errors = type[BaseException] | tuple[type[BaseException], ...]


@attrs.frozen
class Case:
    """One answer of the library that was wrong once: a play that passes where it is right.

    ``limit`` is in seconds. A *slow* one is played by ``make cases``, not by the tests; an *open*
    one cannot be played, as no call of the library expresses it.
    """

    id: str
    play: Callable[[], None]
    title: str
    severity: Severity
    limit: float = 60
    slow: bool = False
    open: bool = False

    @property
    def theme(self) -> str:
        return self.id.rpartition("-")[0]


CASES: dict[str, Case] = {}


def case(
    title: str, severity: Severity, **more: Any
) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Take a play down as the next case of its theme; a new one stands at the end of its module."""

    def take(play: Callable[[], None]) -> Callable[[], None]:
        theme = play.__module__.rpartition(".")[2]
        number = 1 + sum(known.theme == theme for known in CASES.values())
        CASES[f"{theme}-{number}"] = Case(f"{theme}-{number}", play, title, severity, **more)
        return play

    return take


class Different(AssertionError):
    """What came out is not what is right."""

    def __init__(self, right: object, got: object) -> None:
        super().__init__(f"expected {right!r}, got {got!r}")
        self.right, self.got = right, got


def expect(right: object, got: object) -> None:
    """Pass where both are the same."""
    if right != got:
        raise Different(right, got)


def require(right: str, holds: bool, got: str = "it does not") -> None:
    """Pass where what is said to be *right* holds."""
    if not holds:
        raise Different(right, got)


def answer(call: Callable[[], object], *, told: Errors = OrderflowError) -> str:
    """How a call ends: ``done``, ``told`` by an error that is promised, or by one that escapes."""
    try:
        call()
    except told:
        return "told"
    except Exception as error:
        return f"{type(error).__name__} escapes"
    return "done"


def done_or_told(got: str) -> None:
    """Pass where no error escapes."""
    require("done or told", got in ("done", "told"), got)


def orderflow(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command line as a user runs it, in the current folder."""
    return subprocess.run(
        [Path(sys.executable).parent / "orderflow", *words],
        capture_output=True,
        encoding="utf-8",
        env=os.environ | environment,
        check=False,
    )


def line(sku: str, quantity: int = 1, price: str = "0", **more: Any) -> Line:
    return Line(sku=sku, quantity=quantity, unit_price=Decimal(price), **more)


def order(number: str, *lines: Line, **more: Any) -> NewOrder:
    return NewOrder(**{"number": number, "currency": "EUR", "lines": lines, **more})


POSTER = line("P", stocked=False)


def notice(quantity: int = 1, number: str = "T1", on: str = "A-1", **more: Any) -> GoodsShipped:
    """Units of the first line left: what the first party of an order tells."""
    fo, units = f"{on}-F1", {"1": quantity}
    return GoodsShipped(fo=fo, notice=f"{on}-N", lines=units, tracking_number=number, **more)


class Bank:
    """Pays each refund at once."""

    def __init__(self) -> None:
        self.paid: list[int] = []

    def refund(self, request: RefundRequest) -> PaymentReported:
        self.paid.append(request.amount)
        refunded = PaymentOutcome.REFUNDED
        return PaymentReported(fact=refunded, amount=request.amount, reference=request.key)


class Shop:
    """A shop whose clock is moved by hand; its methods are about order A-1 where none is named."""

    def __init__(
        self,
        *strategies: FulfillmentStrategy,
        store: Store | None = None,
        clock: VirtualClock | None = None,
        **rules: Any,
    ) -> None:
        self.clock, self.bank = clock or VirtualClock(), Bank()
        self.engine = Engine(
            store or MemoryStore(),
            strategies or [InHouse()],
            payments=self.bank,
            clock=self.clock,
            **rules,
        )

    def run(self) -> None:
        self.engine.worker.run_until_idle()

    def wait(self, **period: float) -> None:
        """Let time pass, and do what is due then."""
        self.clock.advance(timedelta(**period))
        self.run()

    def days(self, number: int) -> None:
        """Let so many days pass, each with its work."""
        for _ in range(number):
            self.wait(days=1)

    def stock(self, sku: str, quantity: int, location: str = "main") -> None:
        self.engine.change_stock(ReceiveStock(sku=sku, quantity=quantity, location=location).to())
        self.run()

    def place(self, *lines: Line, number: str = "A-1", **more: Any) -> None:
        self.engine.place(order(number, *lines, **more))
        self.run()

    def do(self, command: CommandBody, *, by: str = "ana") -> str:
        """``done``, or the codes of the refusal."""
        got = refusal(lambda: self.engine.submit(command.to("A-1", by=by)))
        self.run()
        return got

    def hear(
        self, fact: ObservationBody, at: datetime | None = None, *, about: str = "A-1"
    ) -> None:
        self.engine.observe(fact.at(at or self.clock.now(), subject=about))
        self.run()

    def scan(self, number: str, status: str, at: datetime | None = None, **more: Any) -> None:
        scanned = ParcelStatus(status)
        self.hear(TrackingReported(tracking_number=number, status=scanned, **more), at, about="")

    def pay(self, amount: int, reference: str = "p1", fact: str = "captured") -> None:
        self.hear(PaymentReported(fact=PaymentOutcome(fact), amount=amount, reference=reference))

    def complete(self, **data: str) -> None:
        """Complete the only task."""
        (task,) = self.engine.tasks()
        self.engine.complete(task, by="ana", data=data)
        self.run()

    def number(self, parcel: str = "P1") -> str:
        """The tracking number of a parcel."""
        found = self.engine.store.parcel(f"A-1-{parcel}")
        return str(found and found.tracking_number)

    def deliver(self, parcel: str = "P1") -> None:
        self.scan(self.number(parcel), "delivered")

    def status(self, order: str = "A-1") -> str:
        return str(self.engine.order(order).status)

    def units(self, order: str = "A-1") -> dict[str, int]:
        """How many units of an order stand where."""
        return {str(b): n for b, n in self.engine.order(order).ledger.totals().items()}

    def places(self) -> list[str]:
        """Where the living fulfillment orders are."""
        over = ("cancelled", "rejected")
        every = self.engine.order("A-1").fulfillment_orders.values()
        return [fo.location for fo in every if fo.state not in over]

    def fo(self) -> str:
        """The state of the first fulfillment order."""
        return str(self.engine.order("A-1").fulfillment_orders["A-1-F1"].state)

    def owed(self) -> int:
        """What the order costs now, in minor units."""
        return self.engine.order("A-1").state.payments.total

    def on_hand(self, sku: str, location: str = "main") -> int:
        return self.engine.level(sku, location).on_hand

    def tasks(self, part: str = "") -> list[str]:
        """The keys of open tasks that have *part* in them."""
        return [task.key for task in self.engine.tasks() if part in task.key]

    def silent(self) -> str:
        """What the order waits for: a task, a row of the outbox that will come due, or nothing."""
        if self.tasks("A-1"):
            return "a task"
        return "a row" if self.engine.store.open_rows("order:A-1") else "nothing"


def refusal(call: Callable[[], object]) -> str:
    """``done``, or the codes that a call is refused with."""
    try:
        call()
    except Refused as refused:
        return ", ".join(refused.codes)
    return "done"
