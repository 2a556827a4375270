"""The parcel: what left, under one tracking number. A boundary of its own."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs

__all__ = ["AT_SENDER", "Content", "Parcel", "ParcelStatus", "Scan", "status_of"]


class ParcelStatus(StrEnum):
    """Where a parcel stands."""

    CREATED = "created"
    LABELED = "labelled"
    HANDED_OVER = "handed_over"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    ATTEMPTED = "attempted"
    READY_FOR_PICKUP = "ready_for_pickup"
    DAMAGED = "damaged"
    DELIVERED = "delivered"
    RETURNING_TO_SENDER = "returning_to_sender"
    RETURNED_TO_SENDER = "returned_to_sender"
    LOST = "lost"
    VOIDED = "voided"

    @property
    def final(self) -> bool:
        """Whether nothing more is expected of the parcel."""
        return self in (
            ParcelStatus.DELIVERED,
            ParcelStatus.RETURNED_TO_SENDER,
            ParcelStatus.LOST,
            ParcelStatus.VOIDED,
        )


_RANK = {status: rank for rank, status in enumerate(ParcelStatus)}
AT_SENDER = frozenset({ParcelStatus.CREATED, ParcelStatus.LABELED})
"""The statuses of a parcel that has not left."""


@attrs.frozen
class Content:
    """Units in a parcel, and whose they are."""

    order: str
    fo: str
    line: str
    quantity: int


@attrs.frozen
class Scan:
    """One tracking event.

    *to_recipient*: a delivery scan that names the recipient; *signed*: who signed for it.
    """

    id: str
    status: ParcelStatus
    occurred_at: datetime
    code: str = ""
    place: str = ""
    to_recipient: bool = False
    signed: bool = False


@attrs.frozen
class Parcel:
    """A parcel's state. Its status is a fold over its scans (see :func:`status_of`).

    ``generation`` counts the labels that failed or were voided for good, so that a new attempt
    has a new key; ``held_by`` names the orders on hold in it. A parcel that is not ``sealed``
    gets more units, perhaps of other orders; its ``lead`` hands it over for all.
    """

    id: str
    strategy: str
    version: int
    contents: tuple[Content, ...]
    status: ParcelStatus
    since: datetime
    carrier: str = ""
    tracking_number: str = ""
    handed_over: bool = False
    voided: bool = False
    label_voided: bool = False
    generation: int = 0
    held_by: tuple[str, ...] = ()
    scans: tuple[Scan, ...] = ()
    retracted: tuple[str, ...] = ()
    taken_out: tuple[Content, ...] = ()
    gave_up: tuple[str, ...] = ()
    silent: bool = False
    sealed: bool = True

    @property
    def lead(self) -> str:
        """The order that first put units into it."""
        return (*self.contents, *self.taken_out)[0].order

    @property
    def has_label(self) -> bool:
        """Whether a carrier sold it a label, and did not take that back."""
        return bool(self.tracking_number) and not self.label_voided

    @property
    def followed_by(self) -> str:
        """The number by which scans speak of it: its own id, where it left without one."""
        return self.tracking_number or self.id

    @property
    def orders(self) -> tuple[str, ...]:
        """The orders with units in it, or in it once, sorted."""
        return tuple(sorted({content.order for content in (*self.contents, *self.taken_out)}))

    @property
    def signed(self) -> bool:
        """Whether it is delivered, and a scan that stands says that the recipient signed."""
        return self.status is ParcelStatus.DELIVERED and any(
            scan.signed and scan.id not in self.retracted for scan in self.scans
        )


def status_of(parcel: Parcel) -> tuple[ParcelStatus, datetime | None]:
    """The status that the scans give, and since when; the same for every order of arrival.

    The scans are folded sorted by (time, rank, id). Once a parcel has turned back, whatever its
    carrier does with it brings it nearer to the sender: a depot that sees it has it on its way
    back, and who takes it is the sender, unless a scan names the recipient. Retracted scans count
    for nothing; nor do those that :func:`_moves` says are told of what is over.
    """
    at: datetime | None = None
    status, back = _unscanned(parcel), False
    stands = [scan for scan in parcel.scans if scan.id not in parcel.retracted]
    for scan in sorted(stands, key=lambda s: (s.occurred_at, _RANK[s.status], s.id)):
        turned = back and not scan.to_recipient
        said = _ON_THE_WAY_BACK.get(scan.status, scan.status) if turned else scan.status
        if not _moves(status, said):
            continue
        back = (back and said is not ParcelStatus.DELIVERED) or said in _TURNED_BACK
        status, at = said, scan.occurred_at
    return status, at


def _unscanned(parcel: Parcel) -> ParcelStatus:
    """Where a parcel stands by what we did with it."""
    if parcel.handed_over:
        return ParcelStatus.HANDED_OVER
    if parcel.voided:
        return ParcelStatus.VOIDED
    return ParcelStatus.LABELED if parcel.has_label else ParcelStatus.CREATED


_TURNED_BACK = (ParcelStatus.RETURNING_TO_SENDER, ParcelStatus.RETURNED_TO_SENDER)
_ON_THE_WAY_BACK = {
    ParcelStatus.HANDED_OVER: ParcelStatus.RETURNING_TO_SENDER,
    ParcelStatus.IN_TRANSIT: ParcelStatus.RETURNING_TO_SENDER,
    ParcelStatus.OUT_FOR_DELIVERY: ParcelStatus.RETURNING_TO_SENDER,
    ParcelStatus.ATTEMPTED: ParcelStatus.RETURNING_TO_SENDER,
    ParcelStatus.READY_FOR_PICKUP: ParcelStatus.RETURNING_TO_SENDER,
    ParcelStatus.DELIVERED: ParcelStatus.RETURNED_TO_SENDER,
}
"""What a scan of a parcel means that has turned back."""


def _moves(status: ParcelStatus, scanned: ParcelStatus) -> bool:
    """Whether a scan moves a parcel that stands there.

    We know what is said of a parcel before it leaves, and only what speaks against an end undoes
    one.
    """
    if status in _AGAINST:
        return scanned in _AGAINST[status]
    if scanned is ParcelStatus.VOIDED:
        return status in AT_SENDER
    return scanned not in AT_SENDER


_AGAINST = {
    ParcelStatus.DELIVERED: frozenset(
        {
            ParcelStatus.DELIVERED,  # the last one says when
            ParcelStatus.DAMAGED,
            ParcelStatus.RETURNING_TO_SENDER,
            ParcelStatus.RETURNED_TO_SENDER,
            ParcelStatus.LOST,
        }
    ),
    ParcelStatus.RETURNED_TO_SENDER: frozenset(
        {
            ParcelStatus.DELIVERED,  # to the recipient, by name
            ParcelStatus.RETURNED_TO_SENDER,
            ParcelStatus.LOST,
        }
    ),
}
"""What may be said after a parcel's trip has ended that still moves it."""
