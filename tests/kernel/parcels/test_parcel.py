"""The parcel: a fold whose end does not depend on what came first, and what it waits for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow.kernel.parcels.parcel import decide_parcel
from orderflow.kernel.pending.parcel import parcel_pending_work
from orderflow.model.events import Entry
from orderflow.model.folds.parcel import fold_parcel
from orderflow.model.messages import (
    DeliverParcel,
    Dispatched,
    EffectFailed,
    HandOverParcel,
    HoldParcel,
    OpenParcel,
    ParcelChanged,
    SealParcel,
    TakeUnitsOut,
    TimerFired,
    VoidParcel,
)
from orderflow.model.observations import (
    LabelBought,
    LabelVoided,
    TrackingReported,
    TrackingRetracted,
)
from orderflow.model.parcel import Content, Parcel, ParcelStatus, Scan
from orderflow.model.work import Effect, Task, Timer
from tests.kernel.values import NOW, RULES

HOUR = timedelta(hours=1)
MINE, THEIRS = Content("A", "A-F1", "1", 2), Content("B", "B-F1", "1", 1)
OPENED = Parcel("P", "in_house", 1, (MINE,), ParcelStatus.CREATED, NOW)
LABELLED = attrs.evolve(OPENED, carrier="post", tracking_number="T", status=ParcelStatus.LABELED)
OUT = attrs.evolve(LABELLED, handed_over=True, status=ParcelStatus.HANDED_OVER)


def scan(status: ParcelStatus, event: str = "", **more: Any) -> TrackingReported:
    return TrackingReported(tracking_number="T", status=status, event=event, **more)


def after(parcel: Parcel | None, *told: object, hour: int = 0) -> Parcel:
    """The parcel when all of it was told, and no sooner."""
    for number, body in enumerate(told):
        at = NOW + hour * HOUR + number * HOUR
        parcel = decide_parcel(parcel, "P", body, at, at).parcel
    assert parcel is not None
    return parcel


BODIES = st.sampled_from(
    [
        LabelBought(parcel="P", carrier="post", tracking_number="T"),
        LabelVoided(parcel="P"),
        HandOverParcel(),
        SealParcel(),
        VoidParcel(),
        DeliverParcel(),
        scan(ParcelStatus.IN_TRANSIT, "e1"),
        scan(ParcelStatus.RETURNING_TO_SENDER, "e2"),
        scan(ParcelStatus.DELIVERED, "e3", signed=True),
        TrackingRetracted(tracking_number="T", event="e3"),
        HoldParcel("A", True),
        HoldParcel("A", False),
        EffectFailed("P:label:0", "label", "P"),
        TimerFired("k", "tracking", "P"),
        TakeUnitsOut((attrs.evolve(MINE, quantity=1),)),
        OpenParcel("P", "in_house", (THEIRS,), sealed=False),
    ]
)


@given(st.lists(BODIES, max_size=8))
def test_the_journal_tells_the_parcel(told: list[Any]) -> None:
    """And what is told twice, where it can be true once, is no event."""
    parcel: Parcel | None = None
    entries = []
    for number, body in enumerate([OpenParcel("P", "in_house", (MINE,), sealed=False), *told]):
        at = NOW + number * HOUR
        decision = decide_parcel(parcel, "P", body, at, at)
        if decision.events:
            parcel = decision.parcel
            entries.append(Entry("parcel:P", parcel.version, at, "", "", decision.events, {}))
        if not isinstance(body, TakeUnitsOut | OpenParcel):
            again = decide_parcel(parcel, "P", body, at, at)
            assert (again.events, again.messages) == ((), ())
    assert fold_parcel(entries, "P") == parcel


def test_an_empty_journal_tells_nothing() -> None:
    with pytest.raises(ValueError, match="the journal of P is empty"):
        fold_parcel([], "P")


SCANS = [
    (scan(ParcelStatus.IN_TRANSIT, "e1"), 1),
    (scan(ParcelStatus.RETURNING_TO_SENDER, "e2"), 2),
    (scan(ParcelStatus.DELIVERED, "e3", signed=True), 3),
    (TrackingRetracted(tracking_number="T", event="e2"), 4),
    (scan(ParcelStatus.DAMAGED), 5),
]


@given(st.lists(st.sampled_from(SCANS), unique_by=lambda told: told[1]).flatmap(
    lambda told: st.tuples(st.just(told), st.permutations(told))
))  # fmt: skip
def test_scans_come_to_one_status_in_whatever_order(
    told: tuple[Sequence[Any], Sequence[Any]],
) -> None:
    ends = []
    for order in told:
        parcel = OUT
        for body, hour in order:
            parcel = decide_parcel(parcel, "P", body, NOW + 9 * HOUR, NOW + hour * HOUR).parcel
        ends.append((parcel.status, parcel.signed))
    assert ends[0] == ends[1]


def test_a_delivery_to_the_sender_is_none_unless_it_names_the_recipient() -> None:
    back = scan(ParcelStatus.RETURNING_TO_SENDER)
    assert after(OUT, back, scan(ParcelStatus.DELIVERED)).status is ParcelStatus.RETURNED_TO_SENDER
    named = scan(ParcelStatus.DELIVERED, to_recipient=True)
    assert after(OUT, back, named).status is ParcelStatus.DELIVERED
    assert after(OUT, back, DeliverParcel()).status is ParcelStatus.DELIVERED


@given(
    first=st.tuples(st.sampled_from(["", "c"]), st.sampled_from(["", "p"]), st.integers(0, 1)),
    second=st.tuples(st.sampled_from(["", "c"]), st.sampled_from(["", "p"]), st.integers(0, 1)),
    ids=st.tuples(st.sampled_from(["", "e"]), st.sampled_from(["", "e"])),
)
def test_a_scan_is_known_by_its_id_or_else_by_all_that_it_says(
    first: tuple[str, str, int], second: tuple[str, str, int], ids: tuple[str, str]
) -> None:
    parcel = OUT
    for (code, place, hour), event in zip((first, second), ids, strict=True):
        body = scan(ParcelStatus.IN_TRANSIT, event, code=code, place=place)
        parcel = decide_parcel(parcel, "P", body, NOW, NOW + hour * HOUR).parcel
    same = ids[0] == ids[1] and (bool(ids[0]) or first == second)
    assert len(parcel.scans) == (1 if same else 2)


# --- what is in it --------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from("AB"), st.integers(1, 3)), max_size=4))
def test_what_is_taken_out_is_in_it_no_more(taken: list[tuple[str, int]]) -> None:
    parcel = attrs.evolve(OPENED, contents=(MINE, THEIRS))
    left = {"A": 2, "B": 1}
    for order, units in taken:
        parcel = after(parcel, TakeUnitsOut((Content(order, f"{order}-F1", "1", units),)))
        left[order] = max(0, left[order] - units)
    assert {c.order: c.quantity for c in parcel.contents} == {k: n for k, n in left.items() if n}
    assert parcel.lead == next((order for order in "AB" if left[order]), parcel.lead)
    assert parcel.orders == ("A", "B")


def test_orders_hear_of_what_looks_different_to_them() -> None:
    shared = attrs.evolve(OPENED, contents=(MINE, THEIRS), sealed=False)

    def told(body: object, parcel: Parcel | None = shared) -> dict[str, ParcelChanged]:
        decision = decide_parcel(parcel, "P", body, NOW, NOW)
        found = {message.to: message.body for message in decision.messages}
        return found  # type: ignore[return-value]  # a parcel tells nothing else

    assert told(SealParcel()) == {}
    label = LabelBought(parcel="P", carrier="post", tracking_number="T")
    assert {of: body.tracking_number for of, body in told(label).items()} == {
        "order:A": "T",
        "order:B": "T",
    }
    held = told(HoldParcel("A", True))
    assert {of: body.held_by for of, body in held.items()} == {"order:B": ("A",)}
    more = told(OpenParcel("P", "in_house", (attrs.evolve(THEIRS, line="2"),), sealed=False))
    assert set(more) == {"order:B"}
    assert told(OpenParcel("P", "in_house", (MINE,), sealed=True), None) == {}
    left = told(Dispatched("P", "dropship", (MINE,), "ups", "X"), None)["order:A"]
    assert (left.status, left.carrier, left.lead) == (ParcelStatus.HANDED_OVER, "ups", "A")


def test_who_looks_for_a_parcel_finds_it_by_its_number_from_then_on() -> None:
    def known_as(parcel: Parcel | None, body: object) -> tuple[str, ...]:
        return decide_parcel(parcel, "P", body, NOW, NOW).references

    label = LabelBought(parcel="P", carrier="post", tracking_number="T2")
    assert known_as(OPENED, SealParcel()) == ()
    assert known_as(OPENED, label) == ("tracking:T2",)
    assert known_as(LABELLED, label) == ("tracking:T2",)
    assert known_as(LABELLED, HandOverParcel()) == ()
    assert known_as(None, Dispatched("P", "dropship", (MINE,), "ups", "")) == (
        "parcel:P",
        "tracking:P",
    )


# --- when, and what next --------------------------------------------------------------------------


def test_a_status_is_as_old_as_the_scan_that_gave_it() -> None:
    scanned = decide_parcel(OUT, "P", scan(ParcelStatus.LOST), NOW + 9 * HOUR, NOW + HOUR).parcel
    assert (scanned.since, scanned.version) == (NOW + HOUR, 2)
    again = decide_parcel(scanned, "P", HoldParcel("A", True), NOW + 9 * HOUR, NOW).parcel
    assert again.since == NOW + HOUR
    handed = decide_parcel(LABELLED, "P", HandOverParcel(), NOW + 9 * HOUR, NOW).parcel
    assert handed.since == NOW + 9 * HOUR


GONE = attrs.evolve(LABELLED, voided=True, status=ParcelStatus.VOIDED)
LOST_LABEL = attrs.evolve(GONE, tracking_number="")
SCANNED = attrs.evolve(
    OUT, status=ParcelStatus.IN_TRANSIT, scans=(Scan("e", ParcelStatus.IN_TRANSIT, NOW + HOUR),)
)


@pytest.mark.parametrize(
    ("parcel", "wanted"),
    [
        (OPENED, {"label": Effect}),
        (attrs.evolve(OPENED, sealed=False), {"seal": Task}),
        (attrs.evolve(OPENED, held_by=("A",)), {}),
        (attrs.evolve(OPENED, gave_up=("P:label:0",)), {"label": Task}),
        (attrs.evolve(OPENED, generation=1, gave_up=("P:label:0",)), {"label": Effect}),
        (LABELLED, {}),
        (GONE, {"void_label": Effect}),
        (attrs.evolve(GONE, label_voided=True), {}),
        (attrs.evolve(GONE, sealed=False), {}),
        (attrs.evolve(GONE, gave_up=("P:void_label:0",)), {"void_label": Task}),
        (LOST_LABEL, {"void_label": Effect}),
        (attrs.evolve(LOST_LABEL, gave_up=("P:void_label:0",)), {"void_label": Effect}),
        (attrs.evolve(LOST_LABEL, gave_up=("P:void_label:0:unknown",)), {"void_label": Task}),
        (OUT, {"tracking": Timer}),
        (attrs.evolve(OUT, silent=True), {"exception.trace": Task}),
        (attrs.evolve(SCANNED, status=ParcelStatus.DAMAGED), {"exception.damaged": Task}),
        (attrs.evolve(SCANNED, status=ParcelStatus.DELIVERED), {}),
    ],
)
def test_what_a_parcel_waits_for(parcel: Parcel, wanted: dict[str, type]) -> None:
    found = parcel_pending_work(parcel, RULES)
    assert {each.name: type(each) for each in found.values()} == wanted
    assert all(key == each.key for key, each in found.items())


def test_a_carrier_has_its_time_since_it_was_last_heard() -> None:
    def due(parcel: Parcel) -> Any:
        (timer,) = parcel_pending_work(parcel, RULES).values()
        assert isinstance(timer, Timer)
        return timer.due - RULES.windows.tracking

    assert (due(OUT), due(SCANNED)) == (NOW, NOW + HOUR)
    assert due(attrs.evolve(SCANNED, since=NOW + 2 * HOUR)) == NOW + 2 * HOUR
    keys = {key for parcel in (OUT, SCANNED) for key in parcel_pending_work(parcel, RULES)}
    assert len(keys) == 2, "each word of the carrier begins a time of its own"


def test_a_word_of_the_carrier_ends_its_silence() -> None:
    silent = attrs.evolve(OUT, silent=True)
    assert not after(silent, scan(ParcelStatus.IN_TRANSIT)).silent
    assert not after(silent, TrackingRetracted(tracking_number="T", event="e")).silent
    assert after(silent, HoldParcel("A", True)).silent
    relabelled = attrs.evolve(LABELLED, label_voided=True)
    other = LabelBought(parcel="P", carrier="dhl", tracking_number="T2")
    assert not after(relabelled, other).label_voided
