"""The world around an engine: time passes, parcels travel, goods arrive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Protocol

from orderflow.engine import Engine
from orderflow.model.commands import ReceiveStock
from orderflow.model.ledger import Bucket
from orderflow.model.observations import Observation
from orderflow.model.order import Order
from orderflow.model.stock import StockKey, StockLevel
from orderflow.simulation.people import SimulatedPeople
from orderflow.simulation.time import VirtualClock

__all__ = ["Actor", "Replenishment", "World"]


class Actor(Protocol):
    """Acts on its own time, and reports observations: a carrier, a supplier, a provider."""

    def next_due(self) -> datetime | None:
        """The time of its next action; None where there is none."""

    def observations(self, now: datetime) -> Iterator[Observation]:
        """Its observations until now."""


class Replenishment:
    """Goods that arrive some time after a SKU is first short at a location.

    Args:
        quantity: The units that arrive, from the SKU and the number of missing units.
        after: The time until they arrive.
    """

    def __init__(self, quantity: Callable[[str, int], int], after: timedelta) -> None:
        self._quantity, self._after = quantity, after
        self._ordered: Counter[StockKey] = Counter()
        self._due: list[tuple[datetime, StockKey, int]] = []

    def look_at(self, engine: Engine, order: Order) -> None:
        """Order the SKUs that this order waits for, if not done yet."""
        skus = {order.state.lines[line].sku for line in order.units(Bucket.BACKORDERED)}
        keys = [StockKey(sku, place) for sku in sorted(skus) for place in engine.rules.locations]
        for level in engine.store.stock_levels(keys).values() if keys else ():
            self._order(engine, level)

    def look_around(self, engine: Engine) -> bool:
        """Order all SKUs that orders wait for; returns whether there was any."""
        before, after = len(self._due), StockKey("", "")
        while page := engine.store.list_stock_levels(after, 500):
            for level in page:
                self._order(engine, level)
            after = page[-1].key
        return len(self._due) > before

    def _order(self, engine: Engine, level: StockLevel) -> None:
        short = level.backordered - self._ordered[level.key]
        quantity = self._quantity(level.key.sku, short) if short > 0 else 0
        if quantity > 0:
            self._ordered[level.key] += quantity
            self._due.append((engine.clock.now() + self._after, level.key, quantity))

    def next_due(self) -> datetime | None:
        """When the next goods arrive; None where none are ordered."""
        return min((due for due, _, _ in self._due), default=None)

    def arrive(self, engine: Engine) -> None:
        """Receive the goods that have arrived by now."""
        now = engine.clock.now()
        here = sorted(item for item in self._due if item[0] <= now)
        self._due = [item for item in self._due if item[0] > now]
        for due, key, quantity in here:
            self._ordered[key] -= quantity
            reference = f"supply {due:%Y-%m-%d}"
            receive = ReceiveStock(
                sku=key.sku, location=key.location, quantity=quantity, reference=reference
            )
            engine.change_stock(receive.to(by="supplier", id=f"supply-{key}-{due.isoformat()}"))


class World:
    """Runs an engine and its partners on one virtual clock.

    Args:
        engine: Built on *clock*.
        clock: Moved by the world.
        outsiders: Carriers, suppliers, providers: they send the engine observations.
        supply: Replaces goods that run out.
        watch: Called after each moment with an event.
        people: Do the tasks.
    """

    def __init__(
        self,
        engine: Engine,
        clock: VirtualClock,
        outsiders: Iterable[Actor] = (),
        supply: Replenishment | None = None,
        watch: Callable[[], None] = lambda: None,
        people: SimulatedPeople | None = None,
    ) -> None:
        self.engine, self.clock = engine, clock
        self._outsiders, self._supply, self._watch = tuple(outsiders), supply, watch
        self._people = people

    def placed(self, order: Order) -> None:
        """Replenish the SKUs that the order waits for."""
        if self._supply is not None:
            self._supply.look_at(self.engine, order)

    def run_until(self, moment: datetime | None = None) -> None:
        """Process all events until *moment*; without one, until nothing is due."""
        while True:
            self._settle()
            due = self._next_due()
            if due is None and self._supply and self._supply.look_around(self.engine):
                continue
            if due is None or (moment is not None and due > moment):
                break
            self.clock.move_to(due)
        if moment is not None:
            self.clock.move_to(moment)

    def _settle(self) -> None:
        """Process all events that are due now."""
        now = self.clock.now()
        if self._supply is not None:
            self._supply.arrive(self.engine)
        for outsider in self._outsiders:
            for fact in outsider.observations(now):
                self.engine.observe(fact)
        self.engine.worker.run_until_idle()
        while self._people is not None and self._people.act(self.engine):
            self.engine.worker.run_until_idle()
        self._watch()

    def _next_due(self) -> datetime | None:
        parties = [self._supply] if self._supply is not None else []
        moments = [self.engine.worker.next_due(), *(p.next_due() for p in parties)]
        moments += [outsider.next_due() for outsider in self._outsiders]
        return min((moment for moment in moments if moment is not None), default=None)
