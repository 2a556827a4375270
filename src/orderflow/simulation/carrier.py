"""A carrier that sells labels, carries parcels and reports scans, all from a seed."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from datetime import datetime, timedelta

import attrs

from orderflow.model.observations import Observation, TrackingReported
from orderflow.model.parcel import ParcelStatus
from orderflow.ports import Clock, Label, LabelRequest

__all__ = ["SimulatedCarrier"]

_ROUTE = (
    (ParcelStatus.IN_TRANSIT, timedelta(hours=6)),
    (ParcelStatus.IN_TRANSIT, timedelta(hours=14)),
    (ParcelStatus.OUT_FOR_DELIVERY, timedelta(hours=10)),
)


@attrs.frozen
class _Trip:
    label: Label
    scans: tuple[tuple[timedelta, ParcelStatus], ...]


class SimulatedCarrier:
    """The carrier port on a virtual clock. Every label and trip is a function of seed and key.

    Args:
        clock: The simulation's clock.
        seed: Other seeds give other trips.
        attempted: The share of deliveries that need a second attempt.
    """

    code = "simulated"

    def __init__(self, clock: Clock, seed: int = 0, *, attempted: float = 0.1) -> None:
        self._clock, self._seed, self._attempted = clock, seed, attempted
        self._trips: dict[str, _Trip] = {}
        self._collected: set[str] = set()
        self._due: list[tuple[datetime, int, Observation]] = []
        self._count = 0

    def buy_label(self, request: LabelRequest) -> Label:
        """The same label for the same key."""
        trip = self._trips.get(request.key) or self._plan(request.key)
        self._trips[request.key] = trip
        return trip.label

    def find(self, key: str) -> Label | None:
        """The label that was bought with this key."""
        return self._trips[key].label if key in self._trips else None

    def void_label(self, key: str, label: Label) -> None:
        """It will not travel."""
        del key
        self._trips = {k: trip for k, trip in self._trips.items() if trip.label != label}

    def hand_over(self, key: str, label: Label) -> None:
        """Take a parcel along, once per key: its scans are due from now on."""
        if key in self._collected:
            return
        self._collected.add(key)
        tracking_number, at = label.tracking_number, self._clock.now()
        for number, (after, status) in enumerate(self._trip(label).scans):
            event = f"{tracking_number}-{number}"
            fact = TrackingReported(tracking_number=tracking_number, status=status, event=event)
            self._count += 1
            due = at + after
            heapq.heappush(self._due, (due, self._count, fact.at(due, id=event)))

    def _trip(self, label: Label) -> _Trip:
        return next(trip for trip in self._trips.values() if trip.label == label)

    def next_due(self) -> datetime | None:
        """When the next scan happens."""
        return self._due[0][0] if self._due else None

    def scans(self, now: datetime) -> Iterator[Observation]:
        """The scans that have happened by now."""
        while self._due and self._due[0][0] <= now:
            yield heapq.heappop(self._due)[2]

    def _plan(self, key: str) -> _Trip:
        chance = random.Random(f"{self._seed}/{key}")
        number = f"SIM{chance.randrange(10**11):011d}"
        after, scans = timedelta(), []
        for status, base in _ROUTE:
            after += base * (0.5 + chance.random())
            scans.append((after, status))
        if chance.random() < self._attempted:
            scans.append((after + timedelta(hours=4), ParcelStatus.ATTEMPTED))
            after += timedelta(days=1)
        scans.append((after + timedelta(hours=2 + 5 * chance.random()), ParcelStatus.DELIVERED))
        whole = tuple((timedelta(seconds=int(t.total_seconds())), s) for t, s in scans)
        return _Trip(Label(self.code, number), whole)
