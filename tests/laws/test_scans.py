"""Scans that come early, late or again: what is over moves nothing, and nothing comes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from orderflow.model.parcel import AT_SENDER, Content, Parcel, ParcelStatus, Scan, status_of
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, original, replace

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


LAWS: dict[Mutate, Law] = {
    a_late_scan_undoes_a_delivery: law(test_only_what_speaks_against_a_delivery_undoes_it),
    an_early_scan_takes_back: law(test_what_has_left_is_never_back_on_the_senders_table),
    the_first_delivery_counts: law(test_a_delivery_is_as_late_as_the_last_scan_of_it),
}
MUTANTS = Mutants("scans", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
