"""The ledger: how many units of each line are in which bucket, and which moves are legal."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

from orderflow.model.frozen_mapping import frozen

__all__ = ["IN_WORK", "LEGAL_MOVES", "SETTLED", "WORK_ORDER", "Bucket", "Ledger", "Slot", "path"]


class Bucket(StrEnum):
    """Where a unit is. The set is closed: an application's states add none."""

    OPEN = "open"
    ALLOCATED = "allocated"
    BACKORDERED = "backordered"
    PICKED = "picked"
    PACKED = "packed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    RETURNING = "returning"
    RETURNED = "returned"
    RETURNING_UNDELIVERED = "returning_undelivered"
    RETURNED_UNDELIVERED = "returned_undelivered"
    LOST = "lost"
    CANCELLED = "cancelled"
    SUBSTITUTED = "substituted"


_TABLE = {
    "open": "allocated backordered cancelled substituted",
    "backordered": "allocated open cancelled substituted",
    "allocated": "picked shipped open backordered cancelled substituted",
    "picked": "packed shipped open backordered cancelled",
    "packed": "shipped picked open cancelled",
    "shipped": "delivered returning_undelivered lost",
    "delivered": "returning shipped lost",
    "returning": "returned delivered lost",
    "returning_undelivered": "returned_undelivered shipped lost",
    "returned": "shipped",
    "returned_undelivered": "returning_undelivered open cancelled returned",
    "lost": "open cancelled delivered shipped returning_undelivered",
    "cancelled": "shipped",
    "substituted": "",
}
LEGAL_MOVES: Mapping[Bucket, tuple[Bucket, ...]] = {
    Bucket(source): tuple(map(Bucket, dests.split())) for source, dests in _TABLE.items()
}
"""Each bucket and the buckets that its units may move to."""

SETTLED = frozenset({Bucket.DELIVERED, Bucket.RETURNED, Bucket.CANCELLED, Bucket.SUBSTITUTED})
"""The buckets in which a unit waits for nothing."""

IN_WORK = (Bucket.ALLOCATED, Bucket.PICKED, Bucket.PACKED)
"""The buckets of units that a fulfillment order still has to ship."""

WORK_ORDER = {Bucket.ALLOCATED: 0, Bucket.PICKED: 1, Bucket.PACKED: 2, Bucket.SHIPPED: 3}
"""The buckets of a fulfillment order's work, in order."""


@cache
def path(source: Bucket, dest: Bucket) -> tuple[Bucket, ...] | None:
    """The buckets on the shortest legal path of a unit, with *dest*; None if there is none.

    >>> [str(bucket) for bucket in path(Bucket.SHIPPED, Bucket.RETURNED) or ()]
    ['delivered', 'returning', 'returned']
    """
    came_from: dict[Bucket, Bucket] = {}
    queue = deque([source])
    while queue and dest not in came_from:
        here = queue.popleft()
        for there in LEGAL_MOVES[here]:
            if there not in came_from:
                came_from[there] = here
                queue.append(there)
    if dest not in came_from:
        return None
    way = [dest]
    while came_from[way[-1]] != source:
        way.append(came_from[way[-1]])
    return tuple(reversed(way))


class Slot(NamedTuple):
    """The place of units: the line, the bucket, and the FO, parcel and return that hold them."""

    line: str
    bucket: Bucket
    fo: str = ""
    parcel: str = ""
    rma: str = ""


class Ledger:
    """Units per slot: an immutable mapping without empty slots.

    >>> ledger = Ledger({Slot("1", Bucket.OPEN): 3, Slot("1", Bucket.SHIPPED, "F1", "P1"): 2})
    >>> ledger.of("1")[Bucket.OPEN], ledger.total(Bucket.SHIPPED), ledger.total(fo="F1")
    (3, 2, 2)
    """

    __slots__ = ("_totals", "_units")

    def __init__(self, units: Mapping[Slot, int]) -> None:
        self._units = frozen(units)
        self._totals: Mapping[Bucket, int] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return Ledger, (self._units,)

    @property
    def units(self) -> Mapping[Slot, int]:
        """Units per slot, read-only."""
        return self._units

    def items(self) -> Iterable[tuple[Slot, int]]:
        """Every slot and its units (> 0)."""
        return self._units.items()

    def __getitem__(self, slot: Slot) -> int:
        return self._units.get(slot, 0)

    def slots(
        self, *buckets: Bucket, line: str = "", fo: str = "", parcel: str = "", rma: str = ""
    ) -> Iterator[tuple[Slot, int]]:
        """The slots in any of *buckets* (default: all) that match the given arguments."""
        for slot, units in self._units.items():
            if (
                (not buckets or slot.bucket in buckets)
                and (not line or slot.line == line)
                and (not fo or slot.fo == fo)
                and (not parcel or slot.parcel == parcel)
                and (not rma or slot.rma == rma)
            ):
                yield slot, units

    def total(
        self, *buckets: Bucket, line: str = "", fo: str = "", parcel: str = "", rma: str = ""
    ) -> int:
        """The units in the slots that :meth:`slots` yields."""
        if not (line or fo or parcel or rma):
            totals = self.totals()
            return sum(totals.get(bucket, 0) for bucket in buckets or totals)
        found = self.slots(*buckets, line=line, fo=fo, parcel=parcel, rma=rma)
        return sum(units for _, units in found)

    def of(self, line: str) -> dict[Bucket, int]:
        """The units of one line, per bucket."""
        return _sums(self.slots(line=line))

    def totals(self) -> Mapping[Bucket, int]:
        """The units of all lines, per bucket."""
        if self._totals is None:
            self._totals = frozen(_sums(self.items()))
        return self._totals

    def __eq__(self, other: object) -> bool:
        return self._units == other._units if isinstance(other, Ledger) else NotImplemented

    def __hash__(self) -> int:
        return hash(frozenset(self._units.items()))

    def __repr__(self) -> str:
        return f"Ledger({self._units!r})"


def _sums(found: Iterable[tuple[Slot, int]]) -> dict[Bucket, int]:
    sums: dict[Bucket, int] = {}
    for slot, units in found:
        sums[slot.bucket] = sums.get(slot.bucket, 0) + units
    return sums
