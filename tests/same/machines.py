"""Random machines whose lives are written down: those of the tests, in the shops of this folder."""

from __future__ import annotations

from typing import Any, ClassVar

import attrs
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from orderflow import Engine
from orderflow.ports import EffectAnswer, EffectAttempt, Performer, Picked, PickRequest
from orderflow.testing import FakeCarrier, FakeNotifier, FakePartner, OrderMachine, PortFaults
from tests.laws.lives import Lives
from tests.laws.test_endings import CancellingEnds, DeliveringEnds
from tests.same.book import Book
from tests.same.insides import replace
from tests.same.ports import Heard
from tests.same.shops import Ground, build
from tests.same.wire import Json

WRITTEN: list[Json] = []
"""The lives of this process, each when it is over."""


@attrs.define
class NotedMoods(PortFaults):
    """Moods that have it written down where they change what becomes of a deed."""

    book: Book | None = None

    def perform(self, code: str, strategy: Performer, effect: EffectAttempt) -> EffectAnswer:
        assert self.book is not None  # who opens the shop gives it
        before = len(self.performed)
        try:
            reply = super().perform(code, strategy, effect)
        except Exception as error:
            asked = len(self.performed) > before
            if not asked or self.performed[-1].error is not error:
                self.book.altered(asked=asked, error=error)
            raise
        asked = len(self.performed) > before
        if not asked or self.performed[-1].reply is not reply:
            self.book.altered(asked=asked, reply=reply)
        return reply


class Recorded(OrderMachine):
    """A machine in a shop of this folder, whose life is written down."""

    shop: ClassVar[str]
    book: Book

    def options(self) -> Json:
        """What the shop is opened with, now."""
        return {}

    def real_ports(self) -> dict[str, object]:
        """Who answers."""
        raise NotImplementedError

    def make_engine(self) -> Engine:
        ground = Ground(self.faulty.port, self.clock, self.ids, self.book.heard)
        return build(self.shop, ground, self.options())

    def open(self) -> Engine:
        if not hasattr(self, "book"):
            self.book = Book(self.shop, self.clock, Heard(self.real_ports()))
            self.moods = NotedMoods(book=self.book)
            replace(self.faulty, "expect", self._expecting)
        engine = super().open()
        worker = engine.worker
        given = {**self.options(), "batch": worker.batch, "attempts": worker.attempts}
        return self.book.opened(engine, given)

    def _expecting(self, expect: Any) -> Any:
        def noted(*faults: Any) -> None:
            self.book.step("expect", {"dies": [[fault.number, fault.after] for fault in faults]})
            expect(*faults)

        return noted

    def promises(self) -> None:
        """Other tests look at them; it takes most of the time."""

    def teardown(self) -> None:
        super().teardown()
        WRITTEN.append(self.book.life(""))


class RecordedLives(Recorded, Lives):
    """Everything that may go wrong in the shop of the random lives."""

    shop = "lives"

    def options(self) -> Json:
        return {
            "manual": sorted(self.manual),
            "hits": self.hits,
            "keeps_packed": self.keeps_packed,
        }

    def real_ports(self) -> dict[str, object]:
        return {"party": self.party, "carrier": self.carrier, "payments": self.bank}

    def make_engine(self) -> Engine:
        self.bank.moods = self.party.moods = self.moods
        return super().make_engine()


class Cancelled(RecordedLives, CancellingEnds):
    """The same, ended by cancelling."""


class Delivered(RecordedLives, DeliveringEnds):
    """The same, ended by delivering."""


class ShortWarehouse:
    """Finds everything, but a unit of every fifth pick."""

    def __init__(self) -> None:
        self._found: dict[str, Picked] = {}

    def pick(self, request: PickRequest) -> Picked:
        if request.key not in self._found:
            units, short = dict(request.units), {}
            if len(self._found) % 5 == 4:
                line = min(units)
                short, units = {line: 1}, {ln: n - (ln == line) for ln, n in units.items()}
            found = {line: n for line, n in units.items() if n}
            self._found[request.key] = Picked(found, short)
        return self._found[request.key]


class RecallingCarrier(FakeCarrier):
    """Can turn parcels around."""

    def intercept(self, key: str, label: object) -> None:
        """Heard; scans would tell."""


class FakeEngraver:
    def engrave(self, key: str, words: str) -> None:
        """Engraved."""


class RecordedHooked(RecordedLives):
    """The same trouble in the shop whose application takes part in everything."""

    shop = "hooked"

    def real_ports(self) -> dict[str, object]:
        return {
            **super().real_ports(),
            "carrier": RecallingCarrier(),
            "warehouse": ShortWarehouse(),
            "notifier": FakeNotifier(),
            "engraver": FakeEngraver(),
        }


class RecordedWays(Recorded):
    """The kit's machine, in a shop with little of its own."""

    shop = "ways"

    def real_ports(self) -> dict[str, object]:
        return {"supplier": FakePartner(), "provider": FakePartner()}


MACHINES: dict[str, type[Recorded]] = {
    "lives": RecordedLives,
    "cancelled": Cancelled,
    "delivered": Delivered,
    "hooked": RecordedHooked,
    "ways": RecordedWays,
}


def lived(name: str, number: int, lives: int, steps: int) -> list[Json]:
    """Live random lives of a machine, and give what was written down of them."""
    WRITTEN.clear()
    told = settings(
        max_examples=lives,
        stateful_step_count=steps,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(number)(MACHINES[name]), settings=told)
    return list(WRITTEN)
