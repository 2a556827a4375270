"""Fakes of the ports, which record their calls; all keep their contracts."""

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
    """Picks everything, except one unit of each SKU in ``short``, once."""

    short: set[str] = attrs.field(factory=set)
    asked: list[PickRequest] = attrs.field(factory=list)
    _found: dict[str, Picked] = attrs.field(factory=dict)

    def pick(self, request: PickRequest) -> Picked:
        """The same answer for the same key."""
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
    """Sells one label per key: ``T1``, then ``T2``."""

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
        """The label bought with the key."""
        return self.labels.get(key)

    def void_label(self, key: str, label: Label) -> None:
        """Record it as voided."""
        del key
        self.voided.append(label)

    def hand_over(self, key: str, label: Label) -> None:
        """Record it as handed over."""
        del key
        self.handed_over.append(label)


@keeps_old_members
@attrs.define
class FakePartner:
    """Accepts every request; if ``prompt``, it answers at once and agrees, else never."""

    prompt: bool = False
    asked: list[PartnerRequest] = attrs.field(factory=list)
    cancellations: list[PartnerCancellation] = attrs.field(factory=list)
    chased: list[str] = attrs.field(factory=list)

    def submit(self, request: PartnerRequest) -> ObservationBody | None:
        """Record the request; accept it if prompt."""
        self.asked.append(request)
        return RequestAnswered(fo=request.number) if self.prompt else None

    def cancel(self, request: PartnerCancellation) -> ObservationBody | None:
        """Record it; cancel all units if prompt."""
        self.cancellations.append(request)
        lines = dict(request.lines)
        return CancellationAnswered(fo=request.number, lines=lines) if self.prompt else None

    def chase(self, key: str, number: str) -> None:
        """Record it."""
        del key
        self.chased.append(number)


@attrs.define
class FakeNotifier:
    """Records notifications: the last one of each key, as a customer gets it once."""

    asked: list[Notification] = attrs.field(factory=list)
    sent: dict[str, Notification] = attrs.field(factory=dict)

    def send(self, notification: Notification) -> None:
        """Record it, once per key."""
        self.asked.append(notification)
        self.sent[notification.key] = notification
