"""What became true of a parcel."""

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
    """A parcel exists. One that is not *sealed* gets more."""

    strategy: str
    contents: tuple[Content, ...]
    sealed: bool = True


@event(51)
@attrs.frozen
class ParcelLabeled(Event):
    """A carrier sold its label."""

    carrier: str
    tracking_number: str


@event(52)
@attrs.frozen
class ParcelHandedOver(Event):
    """It left."""


@event(53)
@attrs.frozen
class ParcelScanned(Event):
    """The carrier saw it."""

    scan: Scan


@event(54)
@attrs.frozen
class ParcelVoided(Event):
    """It will not leave."""


@event(55)
@attrs.frozen
class ParcelLabelVoided(Event):
    """The carrier took the label back."""


@event(56)
@attrs.frozen
class ParcelHeld(Event):
    """An order in it is on hold (*held*), or no longer."""

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
    """The carrier has said nothing for too long."""


@event(59)
@attrs.frozen
class ParcelContentsAdded(Event):
    """More units were put into it."""

    contents: tuple[Content, ...]


@event(60)
@attrs.frozen
class ParcelSealed(Event):
    """It gets nothing more."""


@event(61)
@attrs.frozen
class ParcelScanRetracted(Event):
    """The carrier took a scan back, by the scan's id."""

    scan: str


@event(62)
@attrs.frozen
class ParcelContentsRemoved(Event):
    """Units that were in it are sent again; it answers for them no more."""

    contents: tuple[Content, ...]


@event(63)
@attrs.frozen
class ParcelNumberReused(Event):
    """Its tracking number was another parcel's *before*; it is this one's *since* then."""

    tracking_number: str
    before: str
    since: datetime
