"""The trips of parcels: a carrier's scans of each, as a function of seed and key."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

import attrs

from orderflow.model.observations import Observation, TrackingReported
from orderflow.model.parcel import ParcelStatus

__all__ = ["Trip", "chance", "plan_trip"]

_ROUTE = (
    (ParcelStatus.IN_TRANSIT, timedelta(hours=6)),
    (ParcelStatus.IN_TRANSIT, timedelta(hours=14)),
    (ParcelStatus.OUT_FOR_DELIVERY, timedelta(hours=10)),
)


@attrs.frozen
class Trip:
    """A tracking number, and its scans: the time after the start, and the status."""

    number: str
    scans: tuple[tuple[timedelta, ParcelStatus], ...]

    def reports(self, start: datetime) -> Iterator[Observation]:
        """The scans as observations, for a trip that starts then."""
        for count, (after, status) in enumerate(self.scans):
            event = f"{self.number}-{count}"
            fact = TrackingReported(tracking_number=self.number, status=status, event=event)
            yield fact.at(start + after, id=event)


def chance(seed: int, key: str) -> random.Random:
    """A random generator for one key: the same for the same seed, in any order of calls."""
    return random.Random(f"{seed}/{key}")


_MISHAPS = (
    (ParcelStatus.LOST,),
    (ParcelStatus.DAMAGED, ParcelStatus.DELIVERED),
    (ParcelStatus.READY_FOR_PICKUP, ParcelStatus.DELIVERED),
    (ParcelStatus.RETURNING_TO_SENDER, ParcelStatus.RETURNED_TO_SENDER),
)
"""The ends of failed trips: a day lies between the scans."""


def plan_trip(seed: int, key: str, attempted: float, mishaps: float = 0) -> Trip:
    """The trip for a key; *attempted* is the share of deliveries that need a second attempt.

    *mishaps* is the share of trips that fail.
    """
    dice = chance(seed, key)
    number = f"SIM{dice.randrange(10**11):011d}"
    after, scans = timedelta(), []
    for status, base in _ROUTE:
        after += base * (0.5 + dice.random())
        scans.append((after, status))
    if dice.random() < attempted:
        scans.append((after + timedelta(hours=4), ParcelStatus.ATTEMPTED))
        after += timedelta(days=1)
    last: tuple[ParcelStatus, ...] = (ParcelStatus.DELIVERED,)
    after += timedelta(hours=2 + 5 * dice.random())
    luck = chance(seed, f"{key}/mishap")
    if luck.random() < mishaps:
        last = luck.choice(_MISHAPS)
    scans += [(after + timedelta(days=day), status) for day, status in enumerate(last)]
    whole = tuple((timedelta(seconds=int(t.total_seconds())), s) for t, s in scans)
    return Trip(number, whole)
