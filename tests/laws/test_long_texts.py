"""A long text costs no time before it is refused, and is told cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from orderflow.errors import (
    InvalidInput,
    InvalidWorkflow,
    OrderflowError,
    Problem,
    Refusal,
    Refused,
    RuleFailed,
    UnreadableRow,
)
from orderflow.model import bounds
from orderflow.model.commands import Cancel, Fire
from orderflow.model.document import NewOrder
from orderflow.model.reading import read
from orderflow.stores.sql.commit import Raced
from tests.laws.test_bounds import FIELDS
from tests.laws.test_travelling import ERRORS
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, replace

MARKS = "a" + "\u0316\u0301" * 5_000
"""What is a name of one letter to the eye, and takes seconds to compose."""


def _told(model: type[BaseModel], data: dict[str, Any]) -> str:
    """What is told of data that cannot be read."""
    try:
        read(model, {"currency": "EUR", "quantity": 1, "more": 1} | data)
    except InvalidInput as error:
        return str(error)
    return ""


@pytest.mark.parametrize(("model", "field"), FIELDS, ids=lambda of: getattr(of, "__name__", of))
def test_no_text_is_composed_before_its_length_is_known(model: type[BaseModel], field: str) -> None:
    composed = [0]

    def is_normalized(_form: str, text: str) -> bool:
        composed.append(len(text))
        return True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bounds, "is_normalized", is_normalized)
        for given in (MARKS, {MARKS: 1}, [MARKS], [{MARKS: MARKS}]):
            assert len(_told(model, {field: given})) < 5_000
    assert max(composed) <= 200, f"{max(composed)} letters are composed"


@given(letters=st.integers(1_001, 90_000), deep=st.integers(0, 40), many=st.integers(1, 90))
def test_a_name_in_free_data_has_a_bound(letters: int, deep: int, many: int) -> None:
    data: Any = {"n" * letters: 1} | {f"m{number}": 1 for number in range(many)}
    for _ in range(deep):
        data = {"n": data}
    for model in (Fire, NewOrder):
        with pytest.raises(InvalidInput) as refused:
            read(model, {"trigger": "t", "currency": "EUR", "data": data, "attributes": data})
        assert "a name is a text of more than 1000 characters" in str(refused.value)


def test_a_fault_in_free_data_is_told_with_its_place() -> None:
    with pytest.raises(InvalidInput, match=r"a\.0\.b has more than 100 digits"):
        read(Fire, {"trigger": "t", "data": {"a": [{"b": 10**200}]}})


def _long(kind: type[OrderflowError], text: str, many: int) -> OrderflowError:
    """An error in which everything is long."""
    made: Callable[..., OrderflowError] = kind
    if kind in (InvalidInput, InvalidWorkflow):
        return made(text, [Problem(text, text, text)] * many)
    if kind is Refused:
        return Refused([Refusal(text, text)] * many)
    if kind is RuleFailed:
        return RuleFailed(text, text, text)
    if kind is UnreadableRow:
        return UnreadableRow("orders", text, text)
    return made() if kind is Raced else made(text)


@given(
    kind=st.sampled_from(ERRORS),
    text=st.integers(0, 200_000).map(lambda letters: "x" * letters),
    many=st.integers(1, 300),
)
def test_every_error_is_told_in_some_thousand_letters(
    kind: type[OrderflowError], text: str, many: int
) -> None:
    error = _long(kind, text, many)
    told = str(error)
    assert max(map(len, (told, repr(error)))) < 5_000, f"{len(told)} letters are told"
    assert text[:900] in told or kind is Raced
    assert getattr(error, "problems", ())[:1] == (Problem(text, text, text),) * (
        kind is InvalidInput
    )


# --- mutants --------------------------------------------------------------------------------------


def composes_whatever_comes(patch: Patch) -> None:
    """A name is composed however long it is."""
    replace(patch, "letters of a name that is composed", 10**9)


def takes_names_of_any_length(patch: Patch) -> None:
    """A name in free data may be as long as a text."""
    replace(patch, "letters of a name in free data", 10**9)


def tells_all(patch: Patch) -> None:
    """An error says all that it was given."""
    replace(patch, "what is told of a long text", lambda text, *_most: text)


LAWS: dict[Mutate, Law] = {
    composes_whatever_comes: law(
        test_no_text_is_composed_before_its_length_is_known, Cancel, "lines"
    ),
    takes_names_of_any_length: law(test_a_name_in_free_data_has_a_bound, 2_000, 1, 1),
    tells_all: law(test_every_error_is_told_in_some_thousand_letters, Refused, "x" * 9_000, 1),
}
MUTANTS = Mutants("long_texts", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
