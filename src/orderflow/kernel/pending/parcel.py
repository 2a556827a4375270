"""What a parcel waits for."""

from __future__ import annotations

from collections.abc import Iterator

from orderflow.calendars import add_span
from orderflow.kernel.decision.rules import Rules
from orderflow.kernel.pending.forms import LABEL, TRACE
from orderflow.model.parcel import AT_SENDER, Parcel, ParcelStatus
from orderflow.model.work import Effect, PendingWork, Task, Timer, effect_key

__all__ = ["parcel_pending_work"]


def parcel_pending_work(parcel: Parcel, rules: Rules) -> dict[str, PendingWork]:
    """What the parcel itself waits for, by key."""
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
    """Whether its carrier told of it and took that back: its units left with the first word."""
    return any(
        scan.id in parcel.retracted and scan.status not in (*AT_SENDER, ParcelStatus.VOIDED)
        for scan in parcel.scans
    )


def _carrier(parcel: Parcel) -> str:
    """Who has it, in a sentence."""
    return parcel.carrier or "the carrier"


def _word_key(parcel: Parcel) -> str:
    """What each word of the carrier changes."""
    return f"{parcel.id}:tracking:{len(parcel.scans) + len(parcel.retracted)}"


def _ask(parcel: Parcel, why: str) -> Task:
    """A person asks the carrier, and reports."""
    key, what = (
        f"{_word_key(parcel)}:trace",
        f"{why}: ask the carrier, and enter the parcel's status",
    )
    return Task(key, "exception.trace", parcel.id, "support", what, fields=TRACE)


def _label(parcel: Parcel, rules: Rules) -> Iterator[PendingWork]:
    """What is still to be packed, or a label: the first one, or another for one that is void."""
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
    """The label of a parcel that will not leave is taken back."""
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
    """The carrier's next word of a parcel on its way, or a person who asks for it."""
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
