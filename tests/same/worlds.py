"""The orders of the documentation, placed and worked in a simulated world, and written down."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import attrs

from orderflow import NewOrder
from orderflow.errors import Refused
from orderflow.model.commands import ReceiveStock
from orderflow.model.reading import read_json
from orderflow.simulation import (
    Replenishment,
    SequentialIds,
    SimulatedCarrier,
    SimulatedPartner,
    SimulatedPeople,
    VirtualClock,
    World,
)
from orderflow.simulation.partner import PartnerBehavior
from orderflow.stores import MemoryStore
from orderflow.testing import FakeNotifier
from tests.same.book import Book
from tests.same.ports import Heard
from tests.same.shops import Ground, build
from tests.same.wire import Json

ORDERS = Path(__file__).parents[2] / "docs" / "examples" / "orders.jsonl"
BETWEEN = timedelta(minutes=20)
PLACES = {"in_house": "main", "third_party": "third_party"}


@attrs.frozen
class Weather:
    """How a world behaves."""

    name: str
    seed: int
    people: bool = False
    mishaps: float = 0.0
    moods: PartnerBehavior = attrs.field(factory=PartnerBehavior)
    first: int = 0
    last: int = 40


ROUGH = PartnerBehavior(
    refuses=0.2,
    backorders=0.3,
    silent=0.2,
    repeats=0.3,
    reorders=0.2,
    late=0.2,
    fails=0.3,
    ships_short=0.3,
    ships_over=0.2,
    insists=0.3,
    keeps_out=0.3,
)
WEATHERS = (
    Weather("fair", 1, last=8),
    Weather("people", 2, people=True, first=14, last=20),
    Weather("rough", 3, mishaps=0.4, moods=ROUGH, first=20, last=28),
    Weather("rough-people", 4, people=True, mishaps=0.4, moods=ROUGH, last=6),
)


def lived(weather: Weather) -> Json:
    """What became of some of the orders, as it was asked of the engine."""
    clock, ids = VirtualClock(), SequentialIds()
    carrier = SimulatedCarrier(clock, weather.seed, mishaps=weather.mishaps)
    supplier = SimulatedPartner(clock, weather.seed, weather.moods)
    provider = SimulatedPartner(clock, weather.seed + 1, weather.moods)
    others = {"carrier": carrier, "supplier": supplier, "provider": provider}
    heard = Heard({**others, "notifier": FakeNotifier()})
    options = {"people": weather.people}
    engine = build("standard", Ground(MemoryStore(), clock, ids, heard), options)
    book = Book("standard", clock, heard)
    book.opened(engine, options)
    people = SimulatedPeople(weather.seed, short=0.2 if weather.mishaps else 0)
    supply = Replenishment(lambda _sku, short: short, timedelta(days=1))
    world = World(engine, clock, [carrier, supplier, provider], supply, people=people)
    lines = ORDERS.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines[weather.first : weather.last], start=1):
        order = read_json(NewOrder, line)
        for each in order.lines:
            place = PLACES.get(str(each.attributes.get("method", "in_house")))
            if place and each.stocked and each.ships:
                body = ReceiveStock(sku=each.sku, location=place, quantity=4, reference="opening")
                engine.change_stock(body.to(by="shop", id=f"opening-{each.sku}"))
        with suppress(Refused):
            world.placed(engine.place(order, id=f"order-{number}", by="customer"))
        world.run_until(clock.now() + BETWEEN)
    world.run_until(clock.now() + timedelta(days=60))
    return book.life(f"world-{weather.name}")


def all_lived() -> list[Json]:
    return [lived(weather) for weather in WEATHERS]
