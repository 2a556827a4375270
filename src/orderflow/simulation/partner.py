"""A supplier or logistics provider that accepts requests, answers and ships, with faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial

import attrs

from orderflow.errors import PortFailed
from orderflow.model.observations import (
    CancellationAnswered,
    GoodsShipped,
    InvoiceLine,
    InvoiceReceived,
    LineAnswer,
    Observation,
    ObservationBody,
    RequestAnswered,
    RequestReceived,
    ReturnAnswered,
    Verdict,
)
from orderflow.ports import Clock, PartnerCancellation, PartnerRequest, PartnerReturn
from orderflow.simulation.agenda import Agenda
from orderflow.simulation.trips import chance, plan_trip

__all__ = ["PartnerBehavior", "SimulatedPartner"]

_Action = Callable[[], Iterator[Observation]]
_LONG = timedelta(days=30)
_REMEMBERED = timedelta(days=90)


@attrs.frozen(kw_only=True)
class PartnerBehavior:
    """How often a partner misbehaves: the share (0 to 1) of its requests, by fault.

    Attributes:
        refuses: It rejects the whole request.
        backorders: It reports a line as delayed.
        silent: It does not answer before it is chased.
        repeats: It sends every observation twice.
        reorders: Its shipment notice comes before its answer.
        late: It accepts the request, and its confirmation is lost.
        fails: The first attempt fails without effect.
        ships_short: It rejects a unit that it had accepted.
        ships_over: It ships one unit too many.
        insists: It ships units in spite of a cancellation request.
        keeps_out: It refuses a return.
    """

    refuses: float = 0
    backorders: float = 0
    silent: float = 0
    repeats: float = 0
    reorders: float = 0
    late: float = 0
    fails: float = 0
    ships_short: float = 0
    ships_over: float = 0
    insists: float = 0
    keeps_out: float = 0


class _Job:
    """A request, its keys, and the units left to ship."""

    def __init__(self, request: PartnerRequest) -> None:
        self.request = request
        self.keys: set[str] = set()
        self.left = Counter({line.line: line.quantity for line in request.lines})
        self.taken = False
        self.shipped = False
        self.asleep = False


class SimulatedPartner:
    """The partner port on a virtual clock. Every choice is a function of seed and request.

    Args:
        clock: The simulation's clock.
        seed: Other seeds give other choices.
        moods: Its faults; by default none.
    """

    def __init__(
        self, clock: Clock, seed: int = 0, moods: PartnerBehavior = PartnerBehavior()
    ) -> None:
        self._clock, self._seed, self._moods = clock, seed, moods
        self._jobs: dict[str, _Job] = {}
        self._ended: Agenda[str] = Agenda()
        self._agenda: Agenda[_Action] = Agenda()

    def submit(self, request: PartnerRequest) -> ObservationBody | None:
        """Accept a request, once per key; answer later."""
        for number in self._ended.due(self._clock.now()):
            del self._jobs[number]
        job = self._jobs.setdefault(request.number, _Job(request))
        first = request.key not in job.keys
        job.keys.add(request.key)
        if first and self._is("fails", request.number):
            raise PortFailed("out of order")
        if not job.taken:
            job.taken, job.asleep = True, self._is("silent", request.number)
            if not job.asleep:
                self._plan(job)
        if first and self._is("late", request.number):
            raise PortFailed("no answer in time")
        return None

    def cancel(self, request: PartnerCancellation) -> ObservationBody | None:
        """Cancel units that are not shipped yet, unless it insists."""
        job = self._jobs.get(request.number)
        given: dict[str, int] = {}
        if job and not job.shipped and not self._is("insists", request.number):
            given = {line: min(n, job.left[line]) for line, n in request.lines.items()}
            job.left.subtract(given)
        lines = {line: n for line, n in given.items() if n}
        return CancellationAnswered(fo=request.number, lines=lines)

    def chase(self, key: str, number: str) -> None:
        """End its silence."""
        del key
        job = self._jobs.get(number)
        if job and job.asleep:
            job.asleep = False
            self._plan(job)

    def accept_return(self, request: PartnerReturn) -> ObservationBody | None:
        """Accept or refuse a return."""
        refused = "not taken back" if self._is("keeps_out", request.number) else ""
        return ReturnAnswered(rma=request.number, refused=refused)

    def next_due(self) -> datetime | None:
        """The time of its next action."""
        return self._agenda.next_due()

    def observations(self, now: datetime) -> Iterator[Observation]:
        """Its observations until now."""
        for effect in self._agenda.due(now):
            yield from effect()

    def _is(self, mood: str, number: str) -> bool:
        share: float = getattr(self._moods, mood)
        return chance(self._seed, f"{number}/{mood}").random() < share

    def _plan(self, job: _Job) -> None:
        now, number = self._clock.now(), job.request.number
        hours = 2 + 6 * chance(self._seed, f"{number}/answers").random()
        answers, ships = now + timedelta(hours=hours), now + timedelta(hours=hours + 20)
        if self._is("reorders", number):
            answers, ships = ships, answers
        self._agenda.add(now + timedelta(minutes=5), partial(self._receive, job))
        self._agenda.add(answers, partial(self._answer, job))
        if not self._is("refuses", number):
            waits = _LONG if self._is("backorders", number) else timedelta()
            self._agenda.add(ships + waits, partial(self._ship, job))

    def _says(self, job: _Job, name: str, fact: ObservationBody) -> Iterator[Observation]:
        number = job.request.number
        yield fact.at(self._clock.now(), id=f"{number}/{name}")
        if self._is("repeats", number):
            yield fact.at(self._clock.now(), id=f"{number}/{name}/again")

    def _end(self, job: _Job) -> None:
        """Drop the request later, when repeated calls have ended."""
        self._ended.add(self._clock.now() + _REMEMBERED, job.request.number)

    def _receive(self, job: _Job) -> Iterator[Observation]:
        yield from self._says(job, "received", RequestReceived(fo=job.request.number))

    def _answer(self, job: _Job) -> Iterator[Observation]:
        number = job.request.number
        if self._is("refuses", number):
            refused = RequestAnswered(fo=number, rejected="does not want to")
            yield from self._says(job, "answer", refused)
            self._end(job)
            return
        lines: tuple[LineAnswer, ...] = ()
        if self._is("backorders", number):
            line, at = job.request.lines[0].line, self._clock.now() + _LONG
            lines = (LineAnswer(line=line, verdict=Verdict.BACKORDERED, at=at),)
        yield from self._says(job, "answer", RequestAnswered(fo=number, lines=lines))

    def _ship(self, job: _Job) -> Iterator[Observation]:
        """Ship the remaining units: a parcel, its scans, and an invoice where costs were agreed."""
        number, now = job.request.number, self._clock.now()
        job.shipped = True
        self._end(job)
        if job.left.total() > 1 and self._is("ships_short", number):
            line = next(line for line, n in job.left.items() if n)
            job.left[line] -= 1
            back = LineAnswer(line=line, verdict=Verdict.REJECTED, quantity=1, reason="damaged")
            yield from self._says(job, "short", RequestAnswered(fo=number, lines=(back,)))
        shipped = {line: n for line, n in job.left.items() if n}
        if not shipped:
            return
        if self._is("ships_over", number):
            shipped[next(iter(shipped))] += 1
        trip = plan_trip(self._seed, f"{number}/trip", 0.1)
        notice = GoodsShipped(
            fo=number,
            notice=f"{number}/notice",
            lines=shipped,
            carrier="simulated",
            tracking_number=trip.number,
        )
        yield from self._says(job, "notice", notice)
        for report in trip.reports(now):
            self._agenda.add(report.occurred_at, partial(iter, (report,)))
        if lines := _charged(job.request, job.left):
            invoice = InvoiceReceived(fo=number, number=f"{number}/invoice", lines=lines)
            yield from self._says(job, "invoice", invoice)


def _charged(request: PartnerRequest, units: Mapping[str, int]) -> tuple[InvoiceLine, ...]:
    """Invoice lines at the agreed costs; none where no costs were agreed."""
    return tuple(
        InvoiceLine(line=ln.line, quantity=units[ln.line], unit_cost=ln.unit_cost)
        for ln in request.lines
        if ln.unit_cost is not None and units[ln.line]
    )
