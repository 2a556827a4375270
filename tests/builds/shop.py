"""The shop whose orders one build begins and another ends, and the world around it.

Each build runs this module as its own commit has it; the files of its world are read by both.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from orderflow import (
    IN_HOUSE,
    Committed,
    Digital,
    Dropship,
    Effect,
    Engine,
    Handover,
    Hooks,
    InHouse,
    Line,
    NewTask,
    Order,
    OrderPhase,
    Phase,
    Pickup,
    Refusal,
    State,
    Step,
    TaskFor,
    ThirdParty,
    Transition,
)
from orderflow.errors import PortFailed
from orderflow.model.document import Terms
from orderflow.model.observations import ObservationBody
from orderflow.ports import (
    EffectAttempt,
    Label,
    LabelRequest,
    Notification,
    PartnerCancellation,
    PartnerRequest,
    PartnerReturn,
    Picked,
    PickRequest,
    RefundRequest,
    Store,
)
from orderflow.simulation import VirtualClock
from orderflow.stores import MemoryStore

FOLDER = "BUILDS_FOLDER"
"""The environment variable that says where the world's record and the clock are."""


class FileClock:
    """A clock that every process reads from a file."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        if not self._file.exists():
            self.set(VirtualClock().now())

    def now(self) -> datetime:
        return datetime.fromisoformat(self._file.read_text())

    def set(self, moment: datetime) -> None:
        new = self._file.with_suffix(f".{os.getpid()}")
        new.write_text(moment.isoformat())
        new.replace(self._file)

    def advance(self, by: timedelta) -> None:
        self.set(self.now() + by)


class World:
    """Carrier, warehouse, supplier, provider, bank and notifier in one; its parties answer later.

    Each call that did something is a line of a file, whichever build called: its kind and its key.

    Attributes:
        out_of_order: Orders whose carrier does not answer, and what happens when it is asked.
        deadly: The order whose picking kills the process, after it was done.
    """

    code = "world"

    def __init__(self, folder: Path) -> None:
        self._record = folder / "world"
        self.out_of_order: dict[str, Callable[[], object]] = {}
        self.deadly = ""

    def calls(self) -> list[tuple[str, str]]:
        if not self._record.exists():
            return []
        return [(kind, key) for kind, key in map(json.loads, self._record.read_text().splitlines())]

    def _note(self, kind: str, key: str) -> None:
        with self._record.open("a") as record:
            record.write(json.dumps([kind, key]) + "\n")

    def pick(self, request: PickRequest) -> Picked:
        self._note("pick", request.key)
        if request.order == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        return Picked(request.units)

    def buy_label(self, request: LabelRequest) -> Label:
        for order in self.out_of_order.keys() & {*request.orders}:
            self.out_of_order[order]()
            raise PortFailed("out of order")
        self._note("label", request.key)
        digest = hashlib.sha256(request.key.encode()).hexdigest()
        return Label(self.code, f"W{digest[:10].upper()}")

    def find(self, key: str) -> Label | None:
        del key
        return None

    def void_label(self, key: str, label: Label) -> None:
        del label
        self._note("void_label", key)

    def hand_over(self, key: str, label: Label) -> None:
        del label
        self._note("ship", key)

    def intercept(self, key: str, label: Label) -> None:
        del label
        self._note("intercept", key)

    def submit(self, request: PartnerRequest) -> ObservationBody | None:
        self._note("submit", request.key)
        return None

    def cancel(self, request: PartnerCancellation) -> ObservationBody | None:
        self._note("ask_back", request.key)
        return None

    def chase(self, key: str, number: str) -> None:
        del number
        self._note("remind", key)

    def accept_return(self, request: PartnerReturn) -> ObservationBody | None:
        self._note("approve_return", request.key)
        return None

    def refund(self, request: RefundRequest) -> ObservationBody | None:
        self._note("refund", request.key)
        return None

    def send(self, notification: Notification) -> None:
        self._note("notify", notification.key)

    def provide(self, effect: EffectAttempt) -> None:
        self._note("provide", effect.key)

    def perform(self, effect: EffectAttempt) -> None:
        self._note(effect.name, effect.key)


ENGRAVED = IN_HOUSE.extend(
    name="engraved",
    version=1,
    states=[State("engraving", Phase.WORKING, TaskFor("engraver", trigger="engraved"))],
    transitions=[
        Transition("picked", "picking", "engraving"),
        Transition("engraved", "engraving", "packing"),
    ],
    without=[("picked", "picking")],
)
WHO = {"VASE": "dropship", "LAMP": "third_party", "RING": "engraver"}
"""Who takes a SKU; our own house takes all others."""


class Chosen:
    """Takes the lines that are for it."""

    code: str

    def accepts(self, line: Line) -> Refusal | None:
        if WHO.get(line.sku, "in_house") == self.code:
            return None
        return Refusal("shop.others", f"{line.sku} is not for {self.code}")


class OurHouse(Chosen, InHouse):
    def accepts(self, line: Line) -> Refusal | None:
        return super().accepts(line) or InHouse.accepts(self, line)


class Engraver(Chosen, InHouse):
    code, workflow = "engraver", ENGRAVED


class Supplier(Chosen, Dropship): ...


class Provider(Chosen, ThirdParty): ...


class NeedsPerson:
    """What an order's attribute ``hand`` names is done by people."""

    def automatic(self, step: str, order: Order, strategy: str = "") -> bool:
        del strategy
        return step not in str(order.attributes.get("hand", "")).split()

    def role(self, step: str) -> str:
        return f"{step} people"


def paid_or_later(order: Order) -> bool:
    """Work is released when the order is confirmed, and paid where it is to be paid first."""
    later = order.state.terms != Terms.PREPAID
    return order.state.phase is OrderPhase.CONFIRMED and (later or order.state.payments.paid)


def those_who_give(orders: Iterable[Order]) -> Sequence[Order]:
    """Who goes without where stock is short: who has agreed to it."""
    return [order for order in orders if order.attributes.get("gives")]


WINDOWS = type(Engine(MemoryStore(), [Handover()]).rules.windows)
"""What says how long others are waited for; no front door of either build has it."""


def engine_on(store: Store, folder: Path) -> tuple[Engine, World, FileClock]:
    """The shop's engine, its world and its clock, whose files are in *folder*."""
    world, clock, hooks = World(folder), FileClock(folder), Hooks()

    @hooks.committed("confirm", name="tell")
    @hooks.committed("shipped", name="tell")
    @hooks.timed_out("confirmation", name="tell")
    def tell(done: Committed) -> None:
        world._note("watch", done.key)

    @hooks.after("confirm")
    def wrap(step: Step) -> list[Effect]:
        return [Effect("wrap")] if step.order.attributes.get("wrap") else []

    @hooks.on_enter("engraving", workflow=ENGRAVED)
    def sharpen(step: Step) -> list[NewTask]:
        return [NewTask("sharpen", "engraver", f"sharpen a needle for {step.order.id}")]

    engine = Engine(
        store,
        [
            OurHouse(warehouse=world, carrier=world),
            Engraver(warehouse=world, carrier=world),
            Provider(world, "3pl"),
            Pickup(warehouse=world),
            Handover(),
            Digital(world.provide),
            Supplier(world),
        ],
        hooks=hooks,
        steps=NeedsPerson(),
        release=paid_or_later,
        shortage=those_who_give,
        windows=WINDOWS(reminder=timedelta(days=9), escalation=timedelta(days=5)),
        notifier=world,
        payments=world,
        performers={"wrap": world},
        clock=clock,
    )
    return engine, world, clock


def make_engine(store: Store) -> Engine:
    """What ``orderflow doctor --app tests.builds.shop:make_engine`` asks for."""
    return engine_on(store, Path(os.environ[FOLDER]))[0]


def picture(engine: Engine) -> dict[str, list[str]]:
    """Where each order and its units stand, as this build sees it."""
    return {
        order.id: [
            *(order.status, order.payment_status, order.return_status),
            *sorted(f"{bucket} {units}" for bucket, units in order.ledger.totals().items()),
        ]
        for order in engine.orders()
    }
