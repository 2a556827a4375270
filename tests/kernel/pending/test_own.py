"""A state's own timer that was refused comes again, ever later, and at least once a day."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import attrs
from hypothesis import given
from hypothesis import strategies as st

from orderflow.kernel.pending.state_work import is_retry, state_timer
from tests.shop import Shop

DUE = datetime(2026, 3, 1, tzinfo=UTC)
STATE = Shop().place().order.state


@given(st.integers(0, 60))
def test_each_refusal_asks_for_another_try(times: int) -> None:
    state, keys, dues = STATE, [], []
    for _ in range(times + 1):
        timer = state_timer(state, "A-1-F1", DUE, DUE)
        keys.append(timer.key)
        dues.append(timer.due)
        state = attrs.evolve(state, done_timers=(*state.done_timers, timer.key))
    assert len(set(keys)) == len(keys)
    assert [is_retry(state_timer(STATE, "A-1-F1", DUE, DUE))] == [False]
    assert is_retry(state_timer(state, "A-1-F1", DUE, DUE))
    pauses = [after - before for before, after in itertools.pairwise(dues)]
    assert all(timedelta(hours=1) <= pause <= timedelta(days=1) for pause in pauses)
    assert pauses == sorted(pauses)
