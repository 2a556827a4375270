"""Fakes for the ports, each with a record of what it was asked; all keep their contracts."""

from __future__ import annotations

import attrs

from orderflow.model.observations import CancellationAnswered, ObservationBody, RequestAnswered
from orderflow.ports import (
    Label,
    LabelRequest,
    Notification,
    PartnerCancellation,
    PartnerRequest,
    Picked,
    PickRequest,
)
from orderflow.renamed import keeps_old_members

__all__ = ["FakeCarrier", "FakeNotifier", "FakePartner", "FakeWarehouse"]


@attrs.define
class FakeWarehouse:
    """Finds everything, but one unit of each SKU in ``short``, once."""

    short: set[str] = attrs.field(factory=set)
    asked: list[PickRequest] = attrs.field(factory=list)
    _found: dict[str, Picked] = attrs.field(factory=dict)

    def pick(self, request: PickRequest) -> Picked:
        """The same for the same key."""
        self.asked.append(request)
        if request.key in self._found:
            return self._found[request.key]
        missing = {line: 1 for line in request.units if request.skus[line] in self.short}
        self.short -= {request.skus[line] for line in missing}
        units = {line: n - missing.get(line, 0) for line, n in request.units.items()}
        found = Picked({line: n for line, n in units.items() if n}, missing)
        self._found[request.key] = found
        return found


@attrs.define
class FakeCarrier:
    """Sells one label a key: ``T1``, then ``T2``."""

    code: str = "fake"
    asked: list[LabelRequest] = attrs.field(factory=list)
    labels: dict[str, Label] = attrs.field(factory=dict)
    voided: list[Label] = attrs.field(factory=list)
    handed_over: list[Label] = attrs.field(factory=list)

    def buy_label(self, request: LabelRequest) -> Label:
        """The same label for the same key."""
        self.asked.append(request)
        number = f"T{len(self.labels) + 1}"
        return self.labels.setdefault(request.key, Label(self.code, number))

    def find(self, key: str) -> Label | None:
        """What was bought with the key."""
        return self.labels.get(key)

    def void_label(self, key: str, label: Label) -> None:
        """Taken back."""
        del key
        self.voided.append(label)

    def hand_over(self, key: str, label: Label) -> None:
        """Announced."""
        del key
        self.handed_over.append(label)


@keeps_old_members
@attrs.define
class FakePartner:
    """Takes every request; answers at once and agrees where it is ``prompt``, else never."""

    prompt: bool = False
    asked: list[PartnerRequest] = attrs.field(factory=list)
    cancellations: list[PartnerCancellation] = attrs.field(factory=list)
    chased: list[str] = attrs.field(factory=list)

    def submit(self, request: PartnerRequest) -> ObservationBody | None:
        """Taken."""
        self.asked.append(request)
        return RequestAnswered(fo=request.number) if self.prompt else None

    def cancel(self, request: PartnerCancellation) -> ObservationBody | None:
        """All of it, where it answers."""
        self.cancellations.append(request)
        lines = dict(request.lines)
        return CancellationAnswered(fo=request.number, lines=lines) if self.prompt else None

    def chase(self, key: str, number: str) -> None:
        """Heard."""
        del key
        self.chased.append(number)


@attrs.define
class FakeNotifier:
    """Keeps what it was to send: the last of each key, as a customer would have it once."""

    asked: list[Notification] = attrs.field(factory=list)
    sent: dict[str, Notification] = attrs.field(factory=dict)

    def send(self, notification: Notification) -> None:
        """Sent, once per key."""
        self.asked.append(notification)
        self.sent[notification.key] = notification
