"""The parcel: units that ship under one tracking number. A boundary of its own."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs

__all__ = ["AT_SENDER", "Content", "Parcel", "ParcelStatus", "Scan", "status_of"]


class ParcelStatus(StrEnum):
    """The status of a parcel."""

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
    """Units in a parcel, with their order, FO and line."""

    order: str
    fo: str
    line: str
    quantity: int


@attrs.frozen
class Scan:
    """One tracking event.

    *to_recipient*: a delivery scan that names the recipient; *signed*: the recipient signed.
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
    has a new key; ``held_by`` names the orders on hold in it. Until a parcel is ``sealed``, more
    units may be added, perhaps of other orders; its ``lead`` hands it over for all.
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
        """Whether it has a carrier's label that was not voided."""
        return bool(self.tracking_number) and not self.label_voided

    @property
    def followed_by(self) -> str:
        """The number in its scans: its own id, if it was shipped without a tracking number."""
        return self.tracking_number or self.id

    @property
    def orders(self) -> tuple[str, ...]:
        """The orders with units in it, now or earlier, sorted."""
        return tuple(sorted({content.order for content in (*self.contents, *self.taken_out)}))

    @property
    def signed(self) -> bool:
        """Whether it is delivered, and a scan not retracted has the recipient's signature."""
        return self.status is ParcelStatus.DELIVERED and any(
            scan.signed and scan.id not in self.retracted for scan in self.scans
        )


def status_of(parcel: Parcel) -> tuple[ParcelStatus, datetime | None]:
    """The status from the scans, and since when; the same for every order of arrival.

    The scans are folded sorted by (time, rank, id). Once a parcel has turned back, each further
    scan means that it is nearer to the sender: a depot's, that it is on its way back; a delivery,
    that the sender has it, unless the scan names the recipient. Retracted scans do not count; nor
    do scans that :func:`_moves` finds outdated.
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
    """The parcel's status without scans, from our own actions."""
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
"""The meaning of a scan once the parcel has turned back."""


def _moves(status: ParcelStatus, scanned: ParcelStatus) -> bool:
    """Whether a scan changes this status.

    We know the status of a parcel before it leaves; a final status is changed only by a scan that
    contradicts it.
    """
    if status in _AGAINST:
        return scanned in _AGAINST[status]
    if scanned is ParcelStatus.VOIDED:
        return status in AT_SENDER
    return scanned not in AT_SENDER


_AGAINST = {
    ParcelStatus.DELIVERED: frozenset(
        {
            ParcelStatus.DELIVERED,  # the last one dates it
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
"""The scans that change a final status."""
