"""Whatever an application's rule raises at a worker counts as a failure, but for what ends it."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from orderflow import Hooks
from orderflow.errors import ends_process
from orderflow.ports import EffectAttempt
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, replace
from tests.shop import Shop, new_order


class Killed(BaseException):
    """What libraries raise that no handler of theirs may catch by mistake."""


def group(*errors: BaseException) -> BaseException:
    """Several errors that were raised at once."""
    return BaseExceptionGroup("several", errors)


COUNTED: Mapping[str, Callable[[], BaseException]] = {
    "Exception": lambda: ValueError("no"),
    "Killed": Killed,
    "GeneratorExit": GeneratorExit,
    "StopIteration": StopIteration,
    "CancelledError": CancelledError,
    "group": lambda: group(CancelledError(), Killed()),
    "deep group": lambda: group(group(KeyboardInterrupt()), group(GeneratorExit())),
}
ENDS: Mapping[str, Callable[[], BaseException]] = {
    "KeyboardInterrupt": KeyboardInterrupt,
    "SystemExit": SystemExit,
    "group": lambda: group(KeyboardInterrupt(), group(SystemExit())),
}


def hook(point: str, name: str, gives: Any) -> Callable[[Callable[[], None]], Mapping[str, Any]]:
    """A shop with a hook or a watcher that fails."""

    def rules(fail: Callable[[], None]) -> Mapping[str, Any]:
        hooks = Hooks()

        def faulty(_step: object) -> Any:
            fail()
            return gives

        getattr(hooks, point)(name)(faulty)
        return {"hooks": hooks}

    return rules


def performer(fail: Callable[[], None]) -> Mapping[str, Any]:
    """A shop whose performer of an effect fails."""

    class Faulty:
        def perform(self, _effect: EffectAttempt) -> None:
            fail()

    return {"performers": {"pick": Faulty()}}


RULES: Mapping[str, Callable[[Callable[[], None]], Mapping[str, Any]]] = {
    "guard": hook("guard", "confirm", None),
    "on_enter": hook("on_enter", "packing", []),
    "committed": hook("committed", "picked", None),
    "performer": performer,
}


def opened(rule: str, error: Callable[[], BaseException]) -> Shop:
    """A shop with an order whose worker will meet the error."""

    def fail() -> None:
        raise error()

    shop = Shop(**RULES[rule](fail))
    shop.engine.place(new_order())
    return shop


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("kind", COUNTED)
def test_whatever_a_rule_raises_is_counted_and_told(kind: str, rule: str) -> None:
    shop = opened(rule, COUNTED[kind])
    for _ in range(12):
        try:
            shop.engine.worker.run_until_idle()
        except BaseException as error:
            pytest.fail(f"it is raised out of the worker: {type(error).__name__}")
        shop.clock.advance(timedelta(hours=2))
    told = {name.partition(":")[0] for name in shop.tasks()}
    assert told & {"confirm", "pick", "exception.committed"}, "nobody is told"


@pytest.mark.parametrize("rule", ["guard", "on_enter", "committed"])
@pytest.mark.parametrize("kind", ENDS)
def test_what_ends_a_process_ends_the_worker(kind: str, rule: str) -> None:
    shop = opened(rule, ENDS[kind])
    with pytest.raises(type(ENDS[kind]())) as caught:
        shop.engine.worker.run_until_idle()
    assert ends_process(caught.value)


# --- mutants -------------------------------------------------------------------------------------


def counts_exceptions_alone(patch: Patch) -> None:
    """What is no Exception goes through the worker."""
    replace(patch, "what a worker counts", lambda: Exception)


def counts_an_interrupt(patch: Patch) -> None:
    """A process cannot be ended in a watcher."""
    replace(patch, "what a worker counts", lambda: BaseException)


LAWS: dict[Mutate, Law] = {
    counts_exceptions_alone: law(
        test_whatever_a_rule_raises_is_counted_and_told, "Killed", "committed"
    ),
    counts_an_interrupt: law(
        test_what_ends_a_process_ends_the_worker, "KeyboardInterrupt", "committed"
    ),
}
MUTANTS = Mutants("raised", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
