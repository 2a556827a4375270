"""Pending work of a parcel."""

from __future__ import annotations

from collections.abc import Iterator

from orderflow.calendars import add_span
from orderflow.kernel.decision.rules import Rules
from orderflow.kernel.pending.forms import LABEL, TRACE
from orderflow.model.parcel import AT_SENDER, Parcel, ParcelStatus
from orderflow.model.work import Effect, PendingWork, Task, Timer, effect_key

__all__ = ["parcel_pending_work"]


def parcel_pending_work(parcel: Parcel, rules: Rules) -> dict[str, PendingWork]:
    """All pending work of the parcel itself, by key."""
    return {wanted.key: wanted for wanted in _waits(parcel, rules)}


def _waits(parcel: Parcel, rules: Rules) -> Iterator[PendingWork]:
    if parcel.status is ParcelStatus.CREATED:
        yield from _label(parcel, rules)
    if parcel.voided and parcel.sealed and not parcel.label_voided:
        yield _void(parcel, rules)
    if parcel.status in AT_SENDER and _was_seen(parcel):
        yield _ask(parcel, f"{_carrier(parcel)} has {parcel.followed_by} no more, as it says")
    if parcel.status not in AT_SENDER and not parcel.status.final:
        yield _word(parcel, rules)


def _was_seen(parcel: Parcel) -> bool:
    """Whether its carrier retracted a scan of it: its units were shipped by the first one."""
    return any(
        scan.id in parcel.retracted and scan.status not in (*AT_SENDER, ParcelStatus.VOIDED)
        for scan in parcel.scans
    )


def _carrier(parcel: Parcel) -> str:
    """The carrier's name, for a sentence."""
    return parcel.carrier or "the carrier"


def _word_key(parcel: Parcel) -> str:
    """A key that changes with each scan and each retraction."""
    return f"{parcel.id}:tracking:{len(parcel.scans) + len(parcel.retracted)}"


def _ask(parcel: Parcel, why: str) -> Task:
    """The task to ask the carrier and report its answer."""
    key = f"{_word_key(parcel)}:trace"
    what = f"{why}: ask the carrier, and enter the parcel's status"
    return Task(key, "exception.trace", parcel.id, "support", what, fields=TRACE)


def _label(parcel: Parcel, rules: Rules) -> Iterator[PendingWork]:
    """The task to seal it, or its label: the first one, or a new one for a void label."""
    label, role = effect_key(parcel.id, "label", parcel.generation), rules.role("label")
    if not parcel.sealed:
        what = f"add units to parcel {parcel.id}, or seal it"
        yield Task(f"{parcel.id}:seal", "seal", parcel.id, rules.role("seal"), what)
    elif parcel.held_by:
        return
    elif parcel.tracking_number:
        void = f"the label {parcel.tracking_number} of {parcel.id} is void"
        what = f"{void}: buy another and type its tracking number"
        yield Task(f"{parcel.id}:relabel", "label", parcel.id, role, what, fields=LABEL)
    elif label in parcel.gave_up:
        what = f"buy a label for {parcel.id} and type its tracking number"
        yield Task(f"{label}:task", "label", parcel.id, role, what, fields=LABEL)
    else:
        yield Effect("label", parcel.id, label)


def _void(parcel: Parcel, rules: Rules) -> PendingWork:
    """Void the label of a parcel that will not leave."""
    void = effect_key(parcel.id, "void_label", parcel.generation)
    if not parcel.tracking_number:
        void += ":unknown"  # one may have been bought, and the answer got lost
    if void not in parcel.gave_up:
        return Effect("void_label", parcel.id, void)
    label_known = f"void the label {parcel.tracking_number}"
    unknown = f"a label may have been bought for {parcel.id}: check with the carrier, and void it"
    what = f"have {_carrier(parcel)} {label_known}" if parcel.tracking_number else unknown
    return Task(f"{void}:task", "void_label", parcel.id, rules.role("label"), what)


def _word(parcel: Parcel, rules: Rules) -> PendingWork:
    """The deadline for the carrier's next scan, or the task to ask for it."""
    key, number, carrier = _word_key(parcel), parcel.followed_by, _carrier(parcel)
    if parcel.status is ParcelStatus.DAMAGED:
        what = f"{carrier} reports {number} damaged: ask the carrier, and enter the parcel's status"
        name = "exception.damaged"
        return Task(f"{key}:damaged", name, parcel.id, "support", what, fields=TRACE)
    if parcel.label_voided and parcel.status is ParcelStatus.HANDED_OVER:
        return _ask(parcel, f"the label of {number} is void, and it left")
    if parcel.silent:
        return _ask(parcel, f"{carrier} says nothing of {number}")
    heard = max((scan.occurred_at for scan in parcel.scans), default=parcel.since)
    due = add_span(max(heard, parcel.since), rules.windows.tracking)
    return Timer(key, "tracking", parcel.id, due, parcel.carrier)
