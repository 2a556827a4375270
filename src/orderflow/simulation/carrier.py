"""A carrier that sells labels, transports parcels and reports scans, all from a seed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from orderflow.model.observations import Observation, TrackingReported
from orderflow.model.parcel import ParcelStatus
from orderflow.ports import Clock, Label, LabelRequest
from orderflow.simulation.agenda import Agenda
from orderflow.simulation.trips import Trip, plan_trip

__all__ = ["SimulatedCarrier"]


class SimulatedCarrier:
    """The carrier port on a virtual clock. Every label and trip is a function of seed and key.

    Args:
        clock: The simulation's clock.
        seed: Other seeds give other trips.
        attempted: The share of deliveries that need a second attempt.
        mishaps: The share of trips that fail: lost, damaged, left for pickup, sent back.
    """

    code = "simulated"

    def __init__(
        self, clock: Clock, seed: int = 0, *, attempted: float = 0.1, mishaps: float = 0
    ) -> None:
        self._clock, self._seed, self._shares = clock, seed, (attempted, mishaps)
        self._trips: dict[str, Trip] = {}
        self._collected: set[str] = set()
        self._recalled: dict[str, str] = {}
        self._agenda: Agenda[Observation] = Agenda()

    def buy_label(self, request: LabelRequest) -> Label:
        """The same label for the same key."""
        trip = self._trips.get(request.key)
        if trip is None:
            trip = self._trips[request.key] = plan_trip(self._seed, request.key, *self._shares)
        return Label(self.code, trip.number)

    def find(self, key: str) -> Label | None:
        """The label that was bought with this key."""
        return Label(self.code, self._trips[key].number) if key in self._trips else None

    def void_label(self, key: str, label: Label) -> None:
        """Cancel the label's trip."""
        del key
        number = label.tracking_number
        self._trips = {k: trip for k, trip in self._trips.items() if trip.number != number}

    def hand_over(self, key: str, label: Label) -> None:
        """Collect a parcel, once per key: its scans are due from now on."""
        if key in self._collected:
            return
        self._collected.add(key)
        number = label.tracking_number
        bought = next(k for k, trip in self._trips.items() if trip.number == number)
        for report in self._trips.pop(bought).reports(self._clock.now()):
            self._agenda.add(report.occurred_at, report)

    def intercept(self, key: str, label: Label) -> None:
        """Recall a parcel, once: it comes back in a day, and its other scans are dropped."""
        number, now = label.tracking_number, self._clock.now()
        if number in self._recalled:
            return
        self._recalled[number] = key
        for count, status in enumerate((ParcelStatus.RETURNING_TO_SENDER, ParcelStatus.DELIVERED)):
            event, at = f"{key}-{count}", now + timedelta(hours=4 + 20 * count)
            fact = TrackingReported(tracking_number=number, status=status, event=event)
            self._agenda.add(at, fact.at(at, id=event))

    def next_due(self) -> datetime | None:
        """The time of the next scan."""
        return self._agenda.next_due()

    def observations(self, now: datetime) -> Iterator[Observation]:
        """The scans until now."""
        for report in self._agenda.due(now):
            assert isinstance(report.body, TrackingReported)  # it has no other observations
            if report.body.event.startswith(self._recalled.get(report.body.tracking_number, "")):
                yield report
