"""What a parcel waits for."""

from __future__ import annotations

from collections.abc import Iterator

from orderflow.calendars import later
from orderflow.kernel.decision.rules import Rules
from orderflow.kernel.pending.forms import LABEL, TRACE
from orderflow.model.parcel import AT_SENDER, Parcel, ParcelStatus
from orderflow.model.work import Effect, Task, Timer, Wanted, effect_key

__all__ = ["parcel_waits"]


def parcel_waits(parcel: Parcel, rules: Rules) -> dict[str, Wanted]:
    """What the parcel itself waits for, by key."""
    return {wanted.key: wanted for wanted in _waits(parcel, rules)}


def _waits(parcel: Parcel, rules: Rules) -> Iterator[Wanted]:
    label = effect_key(parcel.id, "label", parcel.generation)
    void = effect_key(parcel.id, "void_label", parcel.generation)
    if parcel.status is ParcelStatus.CREATED and not parcel.sealed:
        what = f"put more into {parcel.id}, or seal it"
        yield Task(f"{parcel.id}:seal", "seal", parcel.id, rules.role("seal"), what)
    elif parcel.status is ParcelStatus.CREATED and not parcel.held_by:
        if label in parcel.gave_up:
            what = f"buy a label for {parcel.id} and type its tracking number"
            yield Task(f"{label}:task", "label", parcel.id, rules.role("label"), what, fields=LABEL)
        else:
            yield Effect("label", parcel.id, label)
    if parcel.voided and parcel.sealed and not parcel.label_voided:
        if not parcel.tracking_number:
            void += ":unknown"  # one may have been bought, and the answer got lost
        if void in parcel.gave_up:
            label_known = f"void the label {parcel.tracking_number}"
            unknown = f"see whether a label was bought for {parcel.id}, and void it"
            what = f"have {parcel.carrier} {label_known}" if parcel.tracking_number else unknown
            yield Task(f"{void}:task", "void_label", parcel.id, rules.role("label"), what)
        else:
            yield Effect("void_label", parcel.id, void)
    if parcel.status not in AT_SENDER and not parcel.status.final:
        key = f"{parcel.id}:tracking:{len(parcel.scans) + len(parcel.retracted)}"
        if parcel.status is ParcelStatus.DAMAGED:
            what = f"{parcel.carrier} damaged {parcel.followed_by}: ask what comes of it, report it"
            name = "exception.damaged"
            yield Task(f"{key}:damaged", name, parcel.id, "support", what, fields=TRACE)
        elif parcel.silent:
            what = f"{parcel.carrier} says nothing of {parcel.followed_by}: ask, and report"
            yield Task(f"{key}:trace", "exception.trace", parcel.id, "support", what, fields=TRACE)
        else:
            heard = max((scan.occurred_at for scan in parcel.scans), default=parcel.since)
            due = later(max(heard, parcel.since), rules.windows.tracking)
            yield Timer(key, "tracking", parcel.id, due, parcel.carrier)
