"""Races between contenders that do the same work, and what came of them."""

from __future__ import annotations

import multiprocessing
import statistics
import sys
import time
import timeit
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from typing import Any, ParamSpec

import attrs

__all__ = ["Goal", "Pair", "Race", "Result", "apart", "at_least", "at_most", "counted", "seconds"]

P = ParamSpec("P")


@attrs.frozen
class Goal:
    """What the ratio of ours to theirs must be."""

    sign: str
    limit: float

    def __str__(self) -> str:
        return f"{self.sign} {self.limit:.3g}"

    def holds(self, ratio: float) -> bool:
        return ratio <= self.limit if self.sign == "≤" else ratio >= self.limit


def at_most(limit: float) -> Goal:
    """A goal of what is better when it is small: seconds, bytes."""
    return Goal("≤", limit)


def at_least(limit: float) -> Goal:
    """A goal of what is better when it is large: orders a second."""
    return Goal("≥", limit)


@attrs.frozen
class Pair:
    """Two contenders of a race, and how they are to compare."""

    name: str
    ours: str
    theirs: str
    goal: Goal | None = None


@attrs.frozen
class Result:
    """One row of the results. The ratio is the median of the rounds' ratios of ours to theirs."""

    table: str
    name: str
    ours: float
    theirs: float | None
    peer: str
    unit: str
    ratio: float | None = None
    spread: tuple[float, float] | None = None
    goal: str | None = None
    met: bool | None = None
    rounds: int = 1

    def as_dict(self) -> dict[str, Any]:
        """For JSON, with four digits of each number."""
        return {name: _rounded(value) for name, value in attrs.asdict(self).items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_rounded(each) for each in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


@attrs.frozen
class Race:
    """Contenders that take turns; each gives a figure in *unit* whenever it is called."""

    table: str
    unit: str
    contenders: Mapping[str, Callable[[], float]]
    pairs: tuple[Pair, ...]
    rounds: int = 5

    def run(self) -> list[Result]:
        """Let all of them run in each round; every other round goes backwards."""
        figures: dict[str, list[float]] = {name: [] for name in self.contenders}
        for number in range(self.rounds):
            for name in list(self.contenders)[:: -1 if number % 2 else 1]:
                figures[name].append(self.contenders[name]())
                print(f"  {name:44} {figures[name][-1]:12.4g} {self.unit}", file=sys.stderr)
        return [self._result(pair, figures) for pair in self.pairs]

    def _result(self, pair: Pair, figures: Mapping[str, list[float]]) -> Result:
        ours, theirs = figures[pair.ours], figures[pair.theirs]
        ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
        ratio = statistics.median(ratios)
        return Result(
            self.table,
            pair.name,
            statistics.median(ours),
            statistics.median(theirs),
            pair.theirs,
            self.unit,
            ratio,
            (min(ratios), max(ratios)),
            str(pair.goal) if pair.goal else None,
            pair.goal.holds(ratio) if pair.goal else None,
            self.rounds,
        )


def counted(table: str, name: str, count: float, unit: str) -> Result:
    """A figure that no machine changes."""
    return Result(table, name, count, None, "", unit)


def seconds(effect: Callable[[], object], times: int, repeat: int = 3) -> float:
    """The least processor time that *effect* took, for one of the *times* that it does its work.

    What neither waits nor has threads takes no other time, and others on the machine add nothing.
    """
    return min(timeit.repeat(effect, number=1, repeat=repeat, timer=time.process_time)) / times


def apart(function: Callable[P, float], *args: P.args, **kwargs: P.kwargs) -> float:
    """What *function* gives in a process of its own, which nothing has warmed or burdened."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(function, *args, **kwargs).result()
