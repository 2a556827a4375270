"""Scans that come early, late or again: one end for all, and what is over moves nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from orderflow.kernel.parcels.parcel import decide_parcel
from orderflow.kernel.pending.parcel import parcel_pending_work
from orderflow.model.commands import RequestReturn
from orderflow.model.ledger import Bucket
from orderflow.model.observations import (
    GoodsReturned,
    ObservationBody,
    TrackingReported,
    TrackingRetracted,
)
from orderflow.model.parcel import AT_SENDER, Content, Parcel, ParcelStatus, Scan, status_of
from orderflow.model.work import Timer
from tests.kernel.values import RULES
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, original, replace
from tests.shop import Shop

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
UNDONE_BY = {
    ParcelStatus.DAMAGED,
    ParcelStatus.RETURNING_TO_SENDER,
    ParcelStatus.RETURNED_TO_SENDER,
    ParcelStatus.LOST,
}
IDLE = sorted(set(ParcelStatus) - UNDONE_BY - {ParcelStatus.DELIVERED})


def scanned(*told: tuple[ParcelStatus, int], **more: Any) -> Parcel:
    """A parcel that was handed over, with scans of so many hours after that."""
    scans = (Scan(f"e{n}", s, NOW + timedelta(hours=h)) for n, (s, h) in enumerate(told))
    contents, status = (Content("A-1", "F", "1", 1),), ParcelStatus.HANDED_OVER
    known = {"handed_over": True, "tracking_number": "X", "carrier": "ups", **more}
    return Parcel("P", "in_house", 1, contents, status, NOW, scans=tuple(scans), **known)


# --- the laws ------------------------------------------------------------------------------------


@given(
    hour=st.integers(-9, 9),
    before=st.lists(st.tuples(st.sampled_from(IDLE), st.integers(-9, 9))),
    after=st.lists(st.tuples(st.sampled_from(IDLE), st.integers(-9, 99))),
)
def test_only_what_speaks_against_a_delivery_undoes_it(
    hour: int, before: list[tuple[ParcelStatus, int]], after: list[tuple[ParcelStatus, int]]
) -> None:
    told = [*before, (ParcelStatus.DELIVERED, hour), *after]
    last = NOW + timedelta(hours=hour)
    assert status_of(scanned(*told)) == (ParcelStatus.DELIVERED, last)
    for status in UNDONE_BY:
        assert status_of(scanned(*told, (status, 100)))[0] is status


@given(hours=st.lists(st.integers(-9, 99), min_size=1))
def test_a_delivery_is_as_late_as_the_last_scan_of_it(hours: list[int]) -> None:
    told = [(ParcelStatus.DELIVERED, hour) for hour in hours]
    assert status_of(scanned(*told))[1] == NOW + timedelta(hours=max(hours))


@given(told=st.lists(st.tuples(st.sampled_from(ParcelStatus), st.integers(-9, 99))))
def test_what_has_left_is_never_back_on_the_senders_table(
    told: list[tuple[ParcelStatus, int]],
) -> None:
    status, _ = status_of(scanned(*told))
    assert status not in AT_SENDER
    assert status is not ParcelStatus.VOIDED


ON_ITS_WAY = st.sampled_from(
    [
        ParcelStatus.HANDED_OVER,
        ParcelStatus.IN_TRANSIT,
        ParcelStatus.OUT_FOR_DELIVERY,
        ParcelStatus.ATTEMPTED,
        ParcelStatus.READY_FOR_PICKUP,
    ]
)


@given(
    out=st.lists(ON_ITS_WAY),
    back=st.lists(ON_ITS_WAY | st.sampled_from([ParcelStatus.DAMAGED, ParcelStatus.LOST])),
    after=st.lists(ON_ITS_WAY | st.just(ParcelStatus.DELIVERED)),
    ends=st.sampled_from([ParcelStatus.DELIVERED, ParcelStatus.RETURNED_TO_SENDER]),
)
def test_what_has_turned_back_ends_at_its_sender(
    out: list[ParcelStatus],
    back: list[ParcelStatus],
    after: list[ParcelStatus],
    ends: ParcelStatus,
) -> None:
    told = [*out, ParcelStatus.RETURNING_TO_SENDER, *back]
    hourly = list(zip([*told, ends, *after], range(99), strict=False))
    assert status_of(scanned(*hourly[: len(told)]))[0] in (
        {ParcelStatus.RETURNING_TO_SENDER, ParcelStatus.DAMAGED, ParcelStatus.LOST}
    )
    parcel = scanned(*hourly)
    assert status_of(parcel)[0] is ParcelStatus.RETURNED_TO_SENDER
    named = Scan("named", ParcelStatus.DELIVERED, NOW + timedelta(hours=100), to_recipient=True)
    found = attrs.evolve(parcel, scans=(*parcel.scans, named))
    assert status_of(found)[0] is ParcelStatus.DELIVERED


TOLD = st.tuples(
    st.sampled_from(sorted(set(ParcelStatus) - AT_SENDER)),
    st.integers(1, 9),
    st.booleans(),
    st.booleans(),
)
"""A status, the hour at which it was seen, whether the recipient is named, and it is taken back."""


def ends(told: Sequence[tuple[ObservationBody, int]]) -> tuple[object, ...]:
    """Where a parcel and its units stand after what was told, in this order, of that hour."""
    shop = Shop()
    shop.place()
    start = shop.clock.now()
    shop.passes(hours=10)
    for fact, hour in told:
        shop.engine.observe(fact.at(start + timedelta(hours=hour), subject="A-1"))
        shop.work()
    parcel = shop.store.parcel("A-1-P1")
    assert parcel is not None
    state, view = shop.order.state, shop.order.state.parcels["A-1-P1"]
    ended = state.lifecycle, state.delivered_at is not None, shop.tasks()
    returns = [(rma.state, dict(rma.lines)) for rma in state.returns.values()]
    return parcel.status, view.status, dict(shop.order.ledger.items()), *ended, returns


def said(told: Sequence[tuple[ParcelStatus, int, bool, bool]]) -> list[tuple[ObservationBody, int]]:
    """The facts that a carrier tells: scans, and that some of them were wrong."""
    found: list[tuple[ObservationBody, int]] = []
    for n, (status, hour, named, wrong) in enumerate(told):
        scan = TrackingReported(
            tracking_number="T1", status=status, event=f"e{n}", to_recipient=named
        )
        found.append((scan, hour))
        if wrong:
            found.append((TrackingRetracted(tracking_number="T1", event=f"e{n}"), 9))
    return found


MOVING = sorted({*IDLE, *UNDONE_BY} - AT_SENDER - {ParcelStatus.VOIDED, ParcelStatus.LOST})
"""What may be said of a parcel whose goods came back; once it is said to be back, or coming back,
and they came, the order is over, and what says that they were lost opens it no more."""


def came(units: int) -> tuple[ObservationBody, int]:
    """Goods that came back."""
    return GoodsReturned(lines={"1": units}), 9


@settings(max_examples=60)
@given(
    both=st.lists(TOLD, min_size=2, max_size=4)
    .map(said)
    .flatmap(lambda told: st.tuples(st.just(told), st.permutations(told)))
)
def test_a_parcel_and_its_units_come_to_one_end_in_whatever_order_scans_come(
    both: tuple[list[tuple[ObservationBody, int]], list[tuple[ObservationBody, int]]],
) -> None:
    assert ends(both[0]) == ends(both[1])


@settings(max_examples=40)
@given(
    both=st.tuples(
        st.lists(st.tuples(st.sampled_from(MOVING), st.integers(1, 9)), max_size=3),
        st.integers(1, 2),
    )
    .map(lambda told: [*said([(*scan, False, False) for scan in told[0]]), came(told[1])])
    .flatmap(lambda told: st.tuples(st.just(told), st.permutations(told)))
)
def test_goods_and_scans_come_to_one_end_in_whatever_order_they_come(
    both: tuple[list[tuple[ObservationBody, int]], list[tuple[ObservationBody, int]]],
) -> None:
    assert ends(both[0]) == ends(both[1]), "goods and scans"


def test_goods_whose_way_back_was_no_carriers_were_the_customers() -> None:
    shop = Shop()
    shop.place()
    shop.scan(ParcelStatus.RETURNED_TO_SENDER, event="r")
    shop.says(GoodsReturned(lines={"1": 1}))
    assert shop.order.state.delivered_at is None
    shop.says(TrackingRetracted(tracking_number="T1", event="r"))
    assert shop.order.state.delivered_at == shop.clock.now()


OTHERWISE = st.tuples(
    st.sampled_from([ParcelStatus.IN_TRANSIT, ParcelStatus.DELIVERED]),
    st.integers(1, 3),
    st.sampled_from(["", "Bristol"]),
)
"""What an event says: the status, the hour, the place."""


@settings(max_examples=40)
@given(
    told=st.lists(OTHERWISE, min_size=1, max_size=4),
    early=st.booleans(),
    named=st.booleans(),
    zone=st.integers(-12, 14),
)
def test_what_an_event_says_otherwise_is_kept(
    told: list[tuple[ParcelStatus, int, str]], early: bool, named: bool, zone: int
) -> None:
    """An event of the same id counts once, whoever sent it on; what differs goes before a person.

    *early* ones come before their parcel has its number, *named* ones with ids of their own.
    """
    shop = Shop(manual=["ship"])
    start, there = shop.clock.now(), timezone(timedelta(hours=zone))
    shop.passes(hours=12)
    if not early:
        shop.place()
    for n, (status, hour, place) in enumerate(told):
        scan = TrackingReported(tracking_number="T1", status=status, event="e", place=place)
        moment = (start + timedelta(hours=hour)).astimezone(there)
        shop.engine.observe(scan.at(moment, id=f"m{n}" if named else None))
    if early:
        shop.place()
    shop.work()
    parcel = shop.store.parcel("A-1-P1")
    assert parcel is not None
    assert [(scan.status, scan.place) for scan in parcel.scans] == [(told[0][0], told[0][2])]
    others = {content for content in told if content != told[0]}
    assert len(shop.engine.unmatched()) == len(others), "what differs is kept"
    assert all("the event e came before" in item.error for item in shop.engine.unmatched())
    assert ("exception.unreadable" in shop.tasks()) is bool(others)


@settings(max_examples=10)
@given(ahead=st.integers(1, 600), again=st.integers(1, 3))
def test_an_event_ahead_of_our_clock_comes_again_unchanged(ahead: int, again: int) -> None:
    shop = Shop()
    shop.place()
    moment = shop.clock.now() + timedelta(seconds=ahead)
    for n in range(1 + again):
        scan = TrackingReported(tracking_number="T1", status=ParcelStatus.DELIVERED, event="e")
        shop.engine.observe(scan.at(moment, id=f"m{n}"))
        shop.passes(minutes=20)
    assert shop.engine.unmatched() == []


@settings(max_examples=12)
@given(days=st.integers(0, 60), wrong=st.booleans())
def test_what_was_not_delivered_after_all_is_not_the_customers(days: int, wrong: bool) -> None:
    """A return whose delivery is taken back ends with the units where their carrier has them."""
    shop = Shop()
    shop.place()
    shop.scan(ParcelStatus.DELIVERED, event="d")
    shop.does(RequestReturn(lines={"1": 2}))
    if wrong:
        shop.says(TrackingRetracted(tracking_number="T1", event="d"))
    shop.passes(days=days)
    rma = shop.order.state.returns["A-1-R1"]
    where = Bucket.SHIPPED if wrong else Bucket.DELIVERED
    if rma.phase.final:
        assert shop.order.ledger.totals() == {where: 2}, "where the carrier has them"
    assert (shop.order.state.delivered_at is None) is wrong
    assert not (wrong and shop.order.state.phase.final)


@given(
    told=st.lists(
        st.tuples(st.sampled_from(sorted(set(ParcelStatus) - AT_SENDER)), st.integers(-9, 10**6)),
        min_size=1,
    )
)
def test_what_is_told_of_the_future_counts_as_of_now(told: list[tuple[ParcelStatus, int]]) -> None:
    """No scan silences those after it, and its carrier has no more than its time."""
    future = past = scanned()
    for n, (status, hours) in enumerate(told):
        now = NOW + timedelta(hours=n)
        scan = TrackingReported(tracking_number="X", status=status, event=f"e{n}")
        future = decide_parcel(future, "P", scan, now, now + timedelta(hours=hours)).parcel
        past = decide_parcel(past, "P", scan, now, now + timedelta(hours=min(0, hours))).parcel
        for wait in parcel_pending_work(future, RULES).values():
            assert not isinstance(wait, Timer) or wait.due <= now + RULES.windows.tracking
    assert future == past


@settings(max_examples=12)
@given(status=ON_ITS_WAY | st.sampled_from(sorted(UNDONE_BY)), again=ON_ITS_WAY)
def test_a_word_that_is_taken_back_leaves_nothing_silent(
    status: ParcelStatus, again: ParcelStatus
) -> None:
    """A parcel that we still have is said to be out, and then is not."""
    shop = Shop(manual=["ship"])
    shop.place()
    shop.scan(status, event="e")
    shop.says(TrackingRetracted(tracking_number="T1", event="e"))
    assert "exception.trace" in shop.tasks()
    shop.scan(again)
    assert "exception.trace" not in shop.tasks()


# --- the mutants ---------------------------------------------------------------------------------


def a_late_scan_undoes_a_delivery(patch: Patch) -> None:
    """Whatever is said of a parcel after its delivery moves it."""
    moves = original("a scan moves a parcel")

    def all_do(status: ParcelStatus, scan: ParcelStatus) -> bool:
        return status is ParcelStatus.DELIVERED or bool(moves(status, scan))

    replace(patch, "a scan moves a parcel", all_do)


def an_early_scan_takes_back(patch: Patch) -> None:
    """What is said of a parcel before it left puts it back on the sender's table."""
    moves = original("a scan moves a parcel")

    def early(status: ParcelStatus, scan: ParcelStatus) -> bool:
        return scan in AT_SENDER or bool(moves(status, scan))

    replace(patch, "a scan moves a parcel", early)


def the_first_delivery_counts(patch: Patch) -> None:
    """A delivery is as old as the first scan that said so."""
    moves = original("a scan moves a parcel")
    delivered = ParcelStatus.DELIVERED
    replace(
        patch,
        "a scan moves a parcel",
        lambda status, scan: not (status is scan is delivered) and moves(status, scan),
    )


def a_turn_back_is_forgotten(patch: Patch) -> None:
    """A depot that sees a parcel on its way back has it on its way to the customer."""
    replace(patch, "what a scan means on the way back", {})


def a_late_scan_undoes_a_return(patch: Patch) -> None:
    """Whatever is said of a parcel after it came back moves it."""
    moves = original("a scan moves a parcel")

    def all_do(status: ParcelStatus, scan: ParcelStatus) -> bool:
        return status is ParcelStatus.RETURNED_TO_SENDER or bool(moves(status, scan))

    replace(patch, "a scan moves a parcel", all_do)


def what_came_back_stays(patch: Patch) -> None:
    """Units that came back stay there, whatever their carrier says of their parcel."""
    there = original("the units that follow scans")
    left = tuple(bucket for bucket in there if bucket is not Bucket.RETURNED_UNDELIVERED)
    replace(patch, "the units that follow scans", left)


def the_future_is_believed(patch: Patch) -> None:
    """A scan counts as of the moment that it names, be it in a hundred years."""
    replace(patch, "what a scan tells of the future", lambda event, _now: event)


def what_is_taken_back_was_never_said(patch: Patch) -> None:
    """Nobody asks after a parcel of which everything was taken back."""
    replace(patch, "a parcel was seen", lambda _parcel: False)


def an_event_counts_once(patch: Patch) -> None:
    """What comes under the id of an event that came is that event, whatever it says."""
    replace(patch, "an event says otherwise", lambda *_: ())


def a_delivery_is_dated_for_good(patch: Patch) -> None:
    """What was delivered once is dated for ever, though it was not."""
    replace(patch, "when an order was delivered", lambda _deciding: None)


def the_customer_has_the_rest(patch: Patch) -> None:
    """What does not come with a return is with the customer, whatever its carrier says."""
    replace(patch, "where units are", lambda *_: Bucket.DELIVERED)


LAWS: dict[Mutate, Law] = {
    an_event_counts_once: law(test_what_an_event_says_otherwise_is_kept),
    a_delivery_is_dated_for_good: law(
        test_goods_and_scans_come_to_one_end_in_whatever_order_they_come
    ),
    the_customer_has_the_rest: law(test_what_was_not_delivered_after_all_is_not_the_customers),
    what_is_taken_back_was_never_said: law(test_a_word_that_is_taken_back_leaves_nothing_silent),
    the_future_is_believed: law(test_what_is_told_of_the_future_counts_as_of_now),
    a_turn_back_is_forgotten: law(test_what_has_turned_back_ends_at_its_sender),
    a_late_scan_undoes_a_return: law(test_what_has_turned_back_ends_at_its_sender),
    what_came_back_stays: law(
        test_a_parcel_and_its_units_come_to_one_end_in_whatever_order_scans_come
    ),
    a_late_scan_undoes_a_delivery: law(test_only_what_speaks_against_a_delivery_undoes_it),
    an_early_scan_takes_back: law(test_what_has_left_is_never_back_on_the_senders_table),
    the_first_delivery_counts: law(test_a_delivery_is_as_late_as_the_last_scan_of_it),
}
MUTANTS = Mutants("scans", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
