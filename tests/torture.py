"""Random lives by the hundred, every promise checked after each commit: what ``make torture`` runs.

Everything that may go wrong goes wrong together, and each order is brought to its end afterwards.
TORTURE_SEED chooses other lives, TORTURE_LIVES says how many.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from multiprocessing import Pool

import attrs
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from orderflow.engine import Engine
from orderflow.model.messages import SettleStock
from orderflow.ports import Commit, Outcome, Stored
from orderflow.testing import WatchedStore, check_order, check_stock
from tests.laws.test_endings import CancellingEnds, DeliveringEnds, Endings

STEPS = 50
PART = 10
"""Lives that one process lives before it reports."""


@attrs.define
class Tally:
    """What was lived through."""

    orders: int = 0
    steps: int = 0
    commits: int = 0


TALLY = Tally()
"""Of this process."""


class CheckedStore(WatchedStore):
    """After each commit every promise is checked of what it is about."""

    engine: Engine | None = None

    def commit(self, commit: Commit) -> Outcome:
        outcome = super().commit(commit)
        if isinstance(outcome, Stored):
            TALLY.commits += 1
            for part in commit.parts:
                self.check(part)
        return outcome

    def check(self, commit: Commit) -> None:
        assert self.engine is not None  # the machine opens it first
        kind, _, name = commit.subject.partition(":")
        if kind == "order":
            check_order(self.engine, name)
        elif kind == "parcel" and (parcel := self.parcel(name)) is not None:
            for order in parcel.orders:
                check_order(self.engine, order)
        if commit.stock and not any(isinstance(m.body, SettleStock) for m in commit.messages):
            check_stock(self.engine)


class Tortured(Endings):
    """The lives and their endings, counted."""

    store_factory = CheckedStore

    def open(self) -> Engine:
        engine = super().open()
        self.faulty.inner.engine = engine  # type: ignore[attr-defined]  # the store above
        return engine

    @invariant()
    def count(self) -> None:
        """One more step went well."""
        TALLY.steps += 1

    def teardown(self) -> None:
        super().teardown()
        TALLY.orders += len(self.placed)


class TorturedCancelling(Tortured, CancellingEnds):
    """Ended by cancelling."""


class TorturedDelivering(Tortured, DeliveringEnds):
    """Ended by delivering what is there."""


def live(part: tuple[int, int]) -> Tally:
    """Live a few lives. Raises what was broken, with the seed."""
    chosen, number = part
    machine: type[Tortured] = (TorturedCancelling, TorturedDelivering)[number % 2]
    told = settings(
        max_examples=PART,
        stateful_step_count=STEPS,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    TALLY.orders = TALLY.steps = TALLY.commits = 0
    try:
        run_state_machine_as_test(seed(chosen * 1_000_000 + number)(machine), settings=told)
    except Exception as error:
        story = "\n".join([str(error), *getattr(error, "__notes__", ())])
        raise AssertionError(f"TORTURE_SEED={chosen}, part {number}: {story}") from None
    return attrs.evolve(TALLY)


def main(parts: Sequence[tuple[int, int]]) -> None:
    """Live through all parts, on every core, and say what it came to."""
    whole = Tally()
    with Pool() as pool:
        for done, tally in enumerate(pool.imap_unordered(live, parts), start=1):
            whole.orders += tally.orders
            whole.steps += tally.steps
            whole.commits += tally.commits
            print(f"{done} of {len(parts)}: {whole.steps} steps", flush=True)
    print(
        f"{whole.orders} orders, {whole.steps} steps, {whole.commits} commits: "
        "every promise held after each commit, and every order was brought to its end"
    )


if __name__ == "__main__":
    lives = int(os.environ.get("TORTURE_LIVES", "350"))
    chosen = int(os.environ.get("TORTURE_SEED", "1"))
    main([(chosen, number) for number in range(-(-lives // PART))])
