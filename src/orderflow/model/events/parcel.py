"""Events of a parcel."""

from __future__ import annotations

from datetime import datetime

import attrs

from orderflow.model.events.kinds import Event, event
from orderflow.model.parcel import Content, Scan

__all__ = [
    "ParcelContentsAdded",
    "ParcelContentsRemoved",
    "ParcelEffectGaveUp",
    "ParcelHandedOver",
    "ParcelHeld",
    "ParcelLabelVoided",
    "ParcelLabeled",
    "ParcelNumberReused",
    "ParcelOpened",
    "ParcelScanRetracted",
    "ParcelScanned",
    "ParcelSealed",
    "ParcelTrackingOverdue",
    "ParcelVoided",
]


@event(50)
@attrs.frozen
class ParcelOpened(Event):
    """A parcel was opened. More units may be added until it is *sealed*."""

    strategy: str
    contents: tuple[Content, ...]
    sealed: bool = True


@event(51)
@attrs.frozen
class ParcelLabeled(Event):
    """A carrier sold the parcel's label."""

    carrier: str
    tracking_number: str


@event(52)
@attrs.frozen
class ParcelHandedOver(Event):
    """The parcel was handed over to its carrier."""


@event(53)
@attrs.frozen
class ParcelScanned(Event):
    """The carrier scanned the parcel."""

    scan: Scan


@event(54)
@attrs.frozen
class ParcelVoided(Event):
    """The parcel was voided: it will not leave."""


@event(55)
@attrs.frozen
class ParcelLabelVoided(Event):
    """The carrier voided the label."""


@event(56)
@attrs.frozen
class ParcelHeld(Event):
    """An order in the parcel is on hold (*held*), or no longer."""

    order: str
    held: bool


@event(57)
@attrs.frozen
class ParcelEffectGaveUp(Event):
    """An effect for the parcel ran out of attempts."""

    key: str


@event(58)
@attrs.frozen
class ParcelTrackingOverdue(Event):
    """The carrier has not scanned the parcel in time."""


@event(59)
@attrs.frozen
class ParcelContentsAdded(Event):
    """More units were put into the parcel."""

    contents: tuple[Content, ...]


@event(60)
@attrs.frozen
class ParcelSealed(Event):
    """The parcel was sealed: nothing more goes in."""


@event(61)
@attrs.frozen
class ParcelScanRetracted(Event):
    """The carrier retracted a scan, by the scan's id."""

    scan: str


@event(62)
@attrs.frozen
class ParcelContentsRemoved(Event):
    """Units of the parcel are sent again; it no longer counts for them."""

    contents: tuple[Content, ...]


@event(63)
@attrs.frozen
class ParcelNumberReused(Event):
    """The tracking number was that of the parcel *before*; it is this one's *since* then."""

    tracking_number: str
    before: str
    since: datetime
