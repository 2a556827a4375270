"""Time only goes on: what waits for less than none of it is refused where it is declared."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orderflow import ORDER
from orderflow.errors import InvalidInput, InvalidWorkflow
from orderflow.model.phases import OrderPhase
from orderflow.policies import Windows
from orderflow.workflow import State
from orderflow.workflow.graph import PendingItem
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, replace


def spans(kind: type) -> list[str]:
    """The fields of a class that are a time to wait, as they are declared."""
    return [field.name for field in attrs.fields(kind) if "timedelta" in str(field.type)]


WAITS = [(kind, name) for kind in get_args(PendingItem) for name in spans(kind)]
GIVEN = {"step": "confirm", "role": "sales", "name": "ask", "party": "bank", "trigger": "confirm"}


def declared(kind: Any, name: str, span: object) -> State:
    """A state that waits so long, in one of the ways that there are."""
    more: dict[str, Any] = {f.name: GIVEN[f.name] for f in attrs.fields(kind) if f.name in GIVEN}
    more |= dict.fromkeys(spans(kind), timedelta(1)) | {name: span}
    return State("placed", OrderPhase.PLACED, kind(**more))


@given(span=st.timedeltas())
@example(span=timedelta())
@example(span=timedelta(microseconds=-1))
@example(span=timedelta.min)
@pytest.mark.parametrize(("kind", "name"), WAITS)
def test_a_state_waits_for_time_that_comes(kind: Any, name: str, span: timedelta) -> None:
    state = declared(kind, name, span)
    if span >= timedelta():
        assert ORDER.extend(name="waits", states=[state]).by_name["placed"] == state
        return
    with pytest.raises(InvalidWorkflow) as caught:
        ORDER.extend(name="waits", states=[state])
    told = [(found.field, found.value) for found in caught.value.findings]
    assert told == [("state placed", span)]


@pytest.mark.parametrize("span", [5, "1 day"])
@pytest.mark.parametrize(("kind", "name"), WAITS)
def test_what_is_no_time_is_refused(kind: Any, name: str, span: object) -> None:
    with pytest.raises(InvalidWorkflow, match="write a timedelta of 0 or more"):
        ORDER.extend(name="waits", states=[declared(kind, name, span)])


@given(span=st.timedeltas())
@example(span=timedelta(microseconds=-1))
@pytest.mark.parametrize("name", spans(Windows))
def test_a_window_is_a_time_that_comes(name: str, span: timedelta) -> None:
    given: Any = {name: span}
    if span >= timedelta():
        assert getattr(Windows(**given), name) == span
        return
    with pytest.raises(InvalidInput) as caught:
        Windows(**given)
    assert [(found.field, found.value) for found in caught.value.problems] == [(name, span)]


def waits_for_what_is_past(patch: Patch) -> None:
    """A state may wait for less than no time."""
    replace(patch, "a time to wait", lambda given: isinstance(given, timedelta))


BELOW = timedelta(microseconds=-1)
LAWS: dict[Mutate, Law] = {
    waits_for_what_is_past: law(test_a_state_waits_for_time_that_comes, *WAITS[0], BELOW),
}
MUTANTS = Mutants("spans", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
