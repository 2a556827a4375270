"""A moment is the same moment in whatever zone, and of whatever class, an application gives it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest
from pydantic import TypeAdapter

from orderflow import Line
from orderflow.calendars import LATEST, in_utc, own_day
from orderflow.engine.pipeline.envelope import digest
from orderflow.model.bounds import Day
from orderflow.model.commands import Edit, PlaceHold, RequestReturn
from orderflow.model.parcel import ParcelStatus
from orderflow.ports import OrderQuery, Store
from orderflow.simulation import VirtualClock
from orderflow.stores import MemoryStore, SqlStore, codec
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, replace
from tests.shop import Shop

START = datetime(2026, 3, 5, 9, tzinfo=UTC)
"""Days before clocks go forward in America."""


class Span(timedelta):
    """What a library has in place of a timedelta: it divides by nothing but numbers."""

    def __floordiv__(self, _other: Any) -> Any:
        raise TypeError("a span is divided by a number")


class Derived(datetime):
    """A moment of a library such as freezegun or pendulum: what it comes to is of its class."""

    def __sub__(self, other: Any) -> Any:
        found = datetime.__sub__(self, other)
        if isinstance(found, timedelta):
            return Span(seconds=found.total_seconds())  # a float: far away it is not exact
        return derived(found)

    def __add__(self, other: Any) -> Any:
        return derived(datetime.__add__(self, other))

    def astimezone(self, tz: tzinfo | None = None) -> Any:
        return derived(datetime.astimezone(self, tz))


class DerivedDay(date):
    """A day of such a library."""


def derived(moment: datetime) -> Derived:
    """A moment, as the library gives it."""
    clock = moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second
    return Derived(*clock, moment.microsecond, moment.tzinfo, fold=moment.fold)


class Clock(VirtualClock):
    """A clock of an application: how it tells a moment is its own."""

    def __init__(self, zone: tzinfo, kind: type[datetime]) -> None:
        super().__init__(START)
        self._zone, self._kind = zone, kind

    def told(self, moment: datetime) -> datetime:
        """A moment as this application tells it."""
        there = moment.astimezone(self._zone)
        return derived(there) if self._kind is Derived else there

    def now(self) -> datetime:
        return self.told(super().now())


ZONES: list[tzinfo] = [UTC, timezone(timedelta(hours=5, minutes=30)), ZoneInfo("America/New_York")]


def stored(store: Store) -> Iterator[object]:
    """What waits, and when it is due."""
    for owner in ("order:A-1", "parcel:A-1-P1"):
        yield [(row.key, row.due) for row in store.open_rows(owner)]
    yield list(store.order_ids(OrderQuery(limit=9)))


def life(clock: Clock, store: Store) -> list[object]:
    """What becomes of an order on this clock."""
    shop, day = Shop(store=store, clock=clock), timedelta(days=1)
    story: list[object] = []

    def look() -> None:
        order = shop.engine.order("A-1")
        story.extend(stored(store))
        story.append([shop.tasks(), order.state, order.status, shop.engine.idle_parts("A-1")])
        story.append([[*shop.engine.findings()], [*shop.engine.findings("A-1")]])
        placed = OrderQuery(placed_before=clock.told(START + day))
        story.append([order.id for order in shop.engine.orders(placed)])

    later = clock.told(START + 30 * day)
    mugs = Line(sku="MUG", quantity=2, not_before=clock.told(START + day))
    shop.place(mugs, promised=later)
    look()
    shop.does(PlaceHold(hold="h", reason="r", until=clock.told(START + 2 * day)))
    shop.does(Edit(promised=clock.told(START + 31 * day)))
    for _ in range(12):
        shop.passes(days=1)
        look()
    scan = shop.scanned(ParcelStatus.DELIVERED, "A-1-P1")
    shop.engine.observe(scan.at(clock.told(START + 13 * day)))
    shop.work()
    shop.does(RequestReturn(lines={"1": 1}))
    shop.passes(days=40)
    look()
    return story


@pytest.mark.parametrize("kind", [datetime, Derived])
@pytest.mark.parametrize("zone", ZONES, ids=str)
@pytest.mark.parametrize("sql", [False, True])
def test_a_clock_may_tell_time_in_its_own_way(
    sql: bool, zone: tzinfo, kind: type[datetime], tmp_path: Path
) -> None:
    def store() -> Store:
        return SqlStore(f"sqlite:///{tmp_path}/shop.db") if sql else MemoryStore()

    right = life(Clock(UTC, datetime), MemoryStore())
    assert life(Clock(zone, kind), store()) == right, "its moments are taken for others"


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_a_moment_becomes_one_of_pythons_own(zone: tzinfo) -> None:
    for hours in range(-2000, 9000, 7):
        moment = START + timedelta(hours=hours, microseconds=hours)
        for given in (moment.astimezone(zone), derived(moment.astimezone(zone))):
            found = in_utc(given)
            assert (found, type(found), found.tzinfo) == (moment, datetime, UTC)
    late = LATEST.replace(microsecond=1)
    assert in_utc(derived(late)) == late
    assert type(own_day(DerivedDay(2026, 3, 8))) is date
    assert type(TypeAdapter(Day).validate_python(DerivedDay(2026, 3, 8))) is date
    assert own_day(DerivedDay(2026, 3, 8)) == date(2026, 3, 8)


def test_the_same_moment_is_the_same_content() -> None:
    plain, own = (PlaceHold(hold="h", reason="r", until=until) for until in (START, derived(START)))
    assert digest(plain.to("A-1").content()) == digest(own.to("A-1").content())
    assert type(own.until) is datetime


def test_what_hooks_give_is_stored_alike() -> None:
    own = {"at": derived(START), "day": DerivedDay(2026, 3, 8)}
    assert codec.encode_data(own) == codec.encode_data({"at": START, "day": date(2026, 3, 8)})


class Frozen(type):
    """What a library puts in the place of a class, while it freezes time."""

    def __instancecheck__(cls, given: object) -> bool:
        return isinstance(given, cls.__mro__[1])


class FrozenMoment(datetime, metaclass=Frozen):
    """A module that is read while time is frozen says this for a datetime."""


class FrozenDay(date, metaclass=Frozen):
    """And this for a date."""


@attrs.frozen
class Told:
    """What a store keeps."""

    at: FrozenMoment
    day: FrozenDay


def test_what_is_stored_can_be_read_while_time_is_frozen() -> None:
    told = codec._decode(Told, '{"at": "2026-03-05T09:00:00Z", "day": "2026-03-05"}')
    assert (told.at, type(told.at)) == (START, datetime)
    assert (told.day, type(told.day)) == (START.date(), date)


# --- mutants -------------------------------------------------------------------------------------


def believes_the_clock(patch: Patch) -> None:
    """What a clock gives is taken as it is."""
    replace(patch, "a moment that a clock tells", lambda moment: moment)


LAWS: dict[Mutate, Law] = {
    believes_the_clock: law(
        test_a_clock_may_tell_time_in_its_own_way, False, ZONES[2], Derived, Path()
    ),
}
MUTANTS = Mutants("moments", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
