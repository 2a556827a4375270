"""Whatever fails, and for how long: the order is never silent, and goes on once it is mended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderflow import ORDER, Hooks, InHouse, Refusal, Step
from orderflow.engine.pipeline.prepare import Preparer
from orderflow.errors import PortFailed
from orderflow.model.parcel import ParcelStatus
from orderflow.model.work import LeasedRow
from orderflow.ports import EffectAnswer, EffectAttempt
from orderflow.stores import MemoryStore
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, replace
from tests.shop import Shop, new_order

LONG = timedelta(days=60)


class Trouble:
    """Rules of a shop that fail for as long as the trouble lasts."""

    def __init__(self) -> None:
        self.lasts, self.hooks = True, Hooks()

    def raises(self, *_given: object) -> Any:
        """Raise while it lasts."""
        if self.lasts:
            raise KeyError("crm_id")
        return ()


class Unreliable(InHouse):
    """A house whose software does something else in the place of its work while trouble lasts."""

    def __init__(self, trouble: Trouble, instead: Callable[[], EffectAnswer]) -> None:
        super().__init__()
        self.trouble, self.instead = trouble, instead

    def perform(self, effect: EffectAttempt) -> EffectAnswer:
        return self.instead() if self.trouble.lasts else super().perform(effect)


def an_effect(trouble: Trouble) -> Shop:
    """Every call fails."""

    def fails() -> EffectAnswer:
        raise PortFailed("503")

    return Shop(Unreliable(trouble, fails))


def an_answer(trouble: Trouble) -> Shop:
    """Every call says nothing, and is asked for an answer."""
    return Shop(Unreliable(trouble, lambda: None))


def a_message(trouble: Trouble) -> Shop:
    """What a parcel tells its order cannot be decided."""
    trouble.hooks.on_enter("fulfilled")(trouble.raises)
    return Shop(hooks=trouble.hooks)


def a_timer(trouble: Trouble) -> Shop:
    """The end of the time to complain cannot be decided."""
    trouble.hooks.on_enter("completed")(trouble.raises)
    return Shop(hooks=trouble.hooks)


def a_guarded_timer(trouble: Trouble) -> Shop:
    """The end of the time to complain is refused."""

    def refuses(_step: Step) -> Refusal | None:
        return Refusal("not.now", "not now") if trouble.lasts else None

    trouble.hooks.guard("complete")(refuses)
    return Shop(hooks=trouble.hooks)


def a_watcher(trouble: Trouble) -> Shop:
    """Nobody can be told that the order was confirmed."""
    trouble.hooks.committed("confirm")(trouble.raises)
    return Shop(hooks=trouble.hooks)


FAULTS = [an_effect, an_answer, a_message, a_timer, a_guarded_timer, a_watcher]


def lives_on(shop: Shop, pauses: list[int]) -> None:
    """So many minutes pass, again and again; the order waits for what is there, and comes."""
    for pause in pauses:
        shop.passes(minutes=pause)
        assert shop.engine.idle_parts("A-1") == ()
        for view in shop.order.state.parcels.values():
            if view.status is ParcelStatus.HANDED_OVER:
                shop.delivers(view.id)


def ends(shop: Shop) -> None:
    """After the mend each task can be done, and the order is completed."""
    for _ in range(6):
        for task in list(shop.engine.tasks()):
            shop.completes(task.name)
        lives_on(shop, [LONG // timedelta(minutes=1)])
    assert shop.order.status == "completed"
    assert not shop.tasks()


PAUSES = st.lists(st.integers(1, 9000), min_size=9, max_size=15)


@pytest.mark.parametrize("fault", FAULTS)
@settings(max_examples=4)
@given(pauses=PAUSES)
def test_what_fails_is_known_and_goes_on_when_mended(
    fault: Callable[[Trouble], Shop], pauses: list[int]
) -> None:
    trouble = Trouble()
    shop = fault(trouble).place()
    lives_on(shop, pauses)
    trouble.lasts = False
    ends(shop)


@settings(max_examples=4)
@given(pauses=PAUSES, manual=st.sampled_from([(), ("pick",), ("confirm",)]))
def test_what_another_release_knows_is_left_to_it(
    pauses: list[int], manual: tuple[str, ...]
) -> None:
    old, new = (ORDER.extend(name="mine", version=number) for number in (1, 2))
    shop = Shop(lifecycle=new, workflows=[old], manual=manual)
    shop.engine.place(new_order())
    shop.opens(lifecycle=old)
    for pause in pauses:
        shop.clock.advance(timedelta(minutes=pause))
        shop.engine.worker.run_until_idle()
    assert not shop.tasks() & {"exception.message", "exception.timer"}
    shop.opens(lifecycle=new, workflows=[old], manual=manual)
    lives_on(shop, [2, 2])
    assert shop.tasks() <= set(manual)
    ends(shop)


# --- the mutants ---------------------------------------------------------------------------------


def gives_up_what_is_true(patch: Patch) -> None:
    """A message or a timer that fails is given up like an effect."""
    replace(patch, "what is tried until it is done", ())


def gives_up_in_silence(patch: Patch) -> None:
    """Nobody is told that a row was given up."""
    fail = MemoryStore.record_failure

    def quietly(
        store: MemoryStore, row: LeasedRow, told: str, now: Any, again: Any, *_: Any
    ) -> None:
        fail(store, row, told, now, again, None)

    patch.setattr(MemoryStore, "record_failure", quietly)


def counts_for_other_releases(patch: Patch) -> None:
    """What only another release knows counts as a failure."""
    replace(patch, "what another release knows", ())


def takes_nothing_for_an_answer(patch: Patch) -> None:
    """A call that says nothing is over, whatever it had to say."""
    replace(patch, "whether an answer fits", lambda *_asked: "")
    patch.setattr(Preparer, "_left_waiting", lambda *_asked: ())
    patch.setattr(Preparer, "_is_unanswered", lambda *_asked: False)


GOES_ON = test_what_fails_is_known_and_goes_on_when_mended
LAWS: dict[Mutate, Law] = {
    gives_up_what_is_true: law(GOES_ON, a_timer, [9000] * 15),
    gives_up_in_silence: law(GOES_ON, an_effect, [600] * 15),
    counts_for_other_releases: law(test_what_another_release_knows_is_left_to_it, [60] * 15, ()),
    takes_nothing_for_an_answer: law(GOES_ON, an_answer, [600] * 15),
}
MUTANTS = Mutants("failing", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
