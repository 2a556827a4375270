"""Nothing may leave an order that cannot be brought to an end.

After random trouble somebody who knows only what ``explain`` tells brings every order to an end: by
completing the tasks that it names, and by the commands that it offers. There is no override.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, run_state_machine_as_test

from orderflow import Engine, Order
from orderflow.engine import Explanation
from orderflow.errors import NotFound, Refused
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model.ledger import SETTLED, Bucket
from orderflow.model.stock import StockKey
from orderflow.model.work import FormField, Task
from orderflow.testing import BrokenLaw
from tests.laws.lives import Lives
from tests.mutants import HUNT, Law, Mutant, Mutants, Mutate, Patch, replace

HELPER = "helper"
ROUNDS_AT_MOST = 300
TIMES_AT_MOST = 5
PATIENCE = timedelta(days=60)
CANCELLING_ANSWERS = ("given up", "rejected", "not coming", "delivered")
DELIVERING_ANSWERS = ("shipped", "refused", "arrived", "delivered")
DELIVERING: tuple[type[cmd.CommandBody], ...] = (
    cmd.ReleaseHold,
    cmd.Confirm,
    cmd.AcceptSubstitute,
    cmd.Pick,
    cmd.Pack,
    cmd.Seal,
    cmd.Ship,
    cmd.Collect,
    cmd.Submit,
    cmd.Deliver,
    cmd.FinishPutAway,
    cmd.ApproveReturn,
    cmd.CloseReturn,
    cmd.Resend,
    cmd.RetryRefund,
    cmd.Route,
    cmd.ConfirmDelivery,
)
"""What somebody does who wants the goods to arrive, the first that is offered first."""
NOT_THERE = (Bucket.OPEN, Bucket.BACKORDERED, Bucket.LOST)
"""Where units stand whose goods do not exist."""


class Endings(Lives):
    """Random trouble, and then the end of every order."""

    cancels: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self.silent = False

    @initialize(silent=st.booleans())
    def others(self, silent: bool) -> None:
        """Whether parties and carriers are dead silent once the trouble is over."""
        self.silent = silent

    def teardown(self) -> None:
        self.moods.late = self.moods.short = False
        self.moods.fails, self.moods.prompt = self.silent, not self.silent
        helper = Helper(self.engine, cancels=self.cancels)
        patient_until = self.clock.now() + PATIENCE
        for _ in range(ROUNDS_AT_MOST):
            self.work_all()
            self.promises()
            told = [self.engine.explain(order, by=HELPER) for order in self.placed]
            open_ones = [each for each in told if not settled(each)]
            if not open_ones:
                break
            helped = [helper.act(each) for each in open_ones]
            due = self.engine.worker.next_due()
            if any(helped):
                continue
            if helper.patient and (due is None or due > patient_until):
                helper.patient = False
            elif due is not None:
                self.clock.move_to(due)
        else:
            raise BrokenLaw(5, "this cannot be ended:\n" + "\n".join(map(story, open_ones)))
        if not self.cancels:
            self.only_what_is_not_there_was_cancelled()

    def only_what_is_not_there_was_cancelled(self) -> None:
        """Goods that exist were not cancelled on the way to the end."""
        for order in self.placed:
            for entry in self.engine.journal(order):
                for event in entry.events if entry.actor == HELPER else ():
                    if isinstance(event, ev.UnitsMoved) and event.dest.bucket is Bucket.CANCELLED:
                        assert event.source.bucket in NOT_THERE, (order, event)


class CancellingEnds(Endings):
    """Whoever ends the orders cancels what can be cancelled."""


class DeliveringEnds(Endings):
    """Whoever ends the orders cancels only what does not exist."""

    cancels = False


TestCancellingEnds = CancellingEnds.TestCase
TestDeliveringEnds = DeliveringEnds.TestCase
TestCancellingEnds.settings = TestDeliveringEnds.settings = settings(max_examples=12)


def closes_what_nobody_answers(patch: Patch) -> None:
    """The tasks that ask after silence can only be closed: nobody can record an answer."""
    replace(patch, "what a silent party's task asks", lambda *_args: ())


MUTANTS = Mutants("endings", [closes_what_nobody_answers])


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(
        Law(mutant.law, partial(run_state_machine_as_test, DeliveringEnds, settings=HUNT))
    )


class Helper:
    """Somebody who helps orders on, and knows only what ``explain`` tells of them."""

    def __init__(self, engine: Engine, *, cancels: bool) -> None:
        self.engine, self.cancels, self.patient = engine, cancels, True
        self.answers = CANCELLING_ANSWERS if cancels else DELIVERING_ANSWERS
        self.times: Counter[str] = Counter()

    def act(self, told: Explanation) -> bool:
        """Do the first thing that helps; False where nothing that explain names does."""
        for act in self.acts(told):
            tried = f"{act.key if isinstance(act, Task) else act} {self.stock_for(told.order)}"
            if self.times[tried] < TIMES_AT_MOST:
                self.times[tried] += 1
                before = self.engine.order(told.order.id)
                with suppress(Refused, NotFound):
                    if isinstance(act, Task):
                        self.engine.complete(act, by=HELPER, data=self.form(act, told.order))
                    else:
                        self.engine.submit(act.to(told.order.id, by=HELPER))
                    self.engine.worker.run_until_idle()
                    if self.engine.order(told.order.id) != before:
                        return True
        return False

    def acts(self, told: Explanation) -> Iterator[Task | cmd.CommandBody]:
        """The offered commands and the named tasks, as far as they help."""
        offered = [offer.command.body for offer in told.allowed]
        if self.cancels:
            yield from (body for body in offered if isinstance(body, cmd.Cancel))
        for wait in told.pending:
            if found := self.engine.store.task(wait.key):
                yield found[1]
        for kind in DELIVERING:
            yield from (body for body in offered if isinstance(body, kind))
        yield from (b for b in offered if isinstance(b, cmd.Fire) and b.trigger == "place")
        if not self.cancels and not self.patient:
            nothing_there = {*told.order.ledger.totals()} <= {*SETTLED, *NOT_THERE}
            for body in offered:
                if isinstance(body, cmd.Cancel) and (body.lines or nothing_there):
                    for line in told.order.units(Bucket.OPEN, Bucket.BACKORDERED):
                        assert not self.can_be_had(told.order, line), story(told)
                    yield body

    def stock_for(self, order: Order) -> tuple[str, int]:
        """What makes another try worthwhile: units that an order lacks and that came in since."""
        lacking = order.units(Bucket.OPEN, Bucket.BACKORDERED)
        return order.id, sum(self.can_be_had(order, line) for line in lacking)

    def can_be_had(self, order: Order, line: str) -> int:
        """The units of a line that are in stock somewhere, for this order."""
        asked = order.line(line)
        keys = [
            StockKey(asked.sku, place)
            for taker in self.engine.rules.strategies_for(order, asked)
            for place in taker.locations
            if asked.stocked and place
        ]
        return sum(self.engine.level(key.sku, key.location).available for key in keys)

    def form(self, task: Task, order: Order) -> dict[str, str]:
        """The task's form, filled in."""
        return {f.name: self.fill(task, f, order) for f in task.fields if f.required}

    def fill(self, task: Task, field: FormField, order: Order) -> str:
        if field.choices:
            return next((a for a in self.answers if a in field.choices), field.choices[0])
        kind, _, line = field.name.partition(".")
        if kind == "serial":
            units = order.units(Bucket.ALLOCATED, fo=task.subject)[line]
            return ",".join(f"S{task.key}{n}" for n in range(units))
        return {"date": "2030-12-31", "number": "1"}.get(field.kind, f"{task.key}"[-60:])


def settled(told: Explanation) -> bool:
    """Nothing is left to do; only the request for a review may still be due."""
    order = told.order
    over = order.state.phase.final and set(order.ledger.totals()) <= SETTLED
    return over and not told.idle_parts and all(wait.name == "review" for wait in told.pending)


def story(told: Explanation) -> str:
    """Where an order stands that cannot be ended, and what was said of it."""
    waits = [f"  waits: {wait.kind} {wait.sentence}" for wait in told.pending]
    may = [f"  may: {offer.command.body!r}" for offer in told.allowed]
    totals = {str(bucket): units for bucket, units in told.order.ledger.totals().items()}
    return "\n".join([f"{told.order.id} {told.order.status} {totals}", *waits, *may])
