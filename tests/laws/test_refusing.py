"""What cannot be read is refused before it costs much: work is counted, as no clock is trusted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from orderflow.carriers.webhooks import read_tracking
from orderflow.cli.run import Unreadable, read_orders
from orderflow.errors import InvalidInput, Problem
from orderflow.model import parts, reading
from orderflow.model.bounds import MANY
from orderflow.model.commands import Command
from orderflow.model.document import NewOrder
from orderflow.model.reading import read, read_json
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law

RIGHT, WRONG = {"sku": "MUG", "quantity": 1}, {"sku": "MUG", "quantity": -1}
EVENT = {"tracking_number": "T1", "code": "delivered", "occurred_at": "2026-01-05T10:00:00Z"}


def order(*lines: Any) -> dict[str, Any]:
    return {"currency": "EUR", "lines": list(lines)}


def pick(units: dict[str, Any]) -> dict[str, Any]:
    return {"subject": "A-1", "body": {"kind": "pick", "fo": "F", "units": units}}


def problems(model: type[NewOrder | Command], sent: dict[str, Any] | str) -> Sequence[Problem]:
    """What is wrong with a document, or with the values in it."""
    try:
        read_json(model, sent) if isinstance(sent, str) else read(model, sent)
    except InvalidInput as error:
        return error.problems
    return ()


def fields(error: InvalidInput) -> list[str]:
    return [problem.field for problem in error.problems]


@given(st.lists(st.booleans(), max_size=60), st.booleans())
def test_each_of_a_few_faults_is_told_where_it_is(right: list[bool], text: bool) -> None:
    """Lists and mappings are read in parts, and nobody sees it."""
    lines = order(*(RIGHT if fine else WRONG for fine in right))
    units = pick({f"L{at}": 1 if fine else -1 for at, fine in enumerate(right)})
    wrong = [at for at, fine in enumerate(right) if not fine]
    told: list[tuple[type[NewOrder | Command], dict[str, Any], list[str]]] = [
        (NewOrder, lines, [f"lines.{at}.quantity" for at in wrong]),
        (Command, units, [f"body.pick.units.L{at}" for at in wrong]),
    ]
    for model, sent, expected in told:
        found = problems(model, json.dumps(sent) if text else sent)
        assert [problem.field for problem in found] == expected
        assert {problem.value for problem in found} <= {-1}
        assert {problem.expected for problem in found} <= {"input should be greater than 0"}


def many() -> Iterator[tuple[str, type[NewOrder | Command], dict[str, Any]]]:
    """Documents with as many faults as can be."""
    unknown = {f"n{number}": 1 for number in range(90)}
    yield "lines", NewOrder, order(*[WRONG] * MANY)
    yield "the last lines", NewOrder, order(*[RIGHT] * 200, *[WRONG] * (MANY - 200))
    yield "names", NewOrder, order(*[unknown] * 2000)
    yield "substitutes", NewOrder, order(*[{**RIGHT, "substitutes": [1] * 100}] * 2000)
    yield "units", Command, pick({f"L{number}": -1 for number in range(MANY)})
    yield "names of lines", Command, pick({f"\0{number}": -1 for number in range(MANY)})


@pytest.mark.parametrize(
    ("model", "given_"), [pytest.param(m, g, id=name) for name, m, g in many()]
)
def test_of_many_faults_the_first_are_told(
    model: type[NewOrder | Command], given_: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError) as found:
        model.model_validate(given_)
    assert found.value.error_count() <= 2_500, "it went on to read what nobody is told of"
    with pytest.raises(InvalidInput) as told:
        read_json(model, json.dumps(given_))
    assert len(told.value.problems) <= 101
    assert len(str(told.value)) < 50_000


@pytest.mark.parametrize("wrong", [{}, {"code": "beyond"}, {"tracking_number": "\0"}])
def test_of_a_payload_without_any_event_the_first_faults_are_told(wrong: dict[str, str]) -> None:
    event = {**EVENT, **wrong} if wrong else {}
    with pytest.raises(InvalidInput) as told:
        read_tracking(json.dumps({"events": [event] * 1000}).encode())
    assert fields(told.value)[0].startswith("events.0.")
    assert len(told.value.problems) <= 100


def test_of_a_file_of_faults_the_first_are_told(tmp_path: Path) -> None:
    path = tmp_path / "orders.jsonl"
    path.write_text("{}\n" * 300_000)
    with pytest.raises(Unreadable) as told:
        read_orders(path)
    first, *_, last = str(told.value).split("\n")
    assert first.startswith(f"{path}:1: currency")
    assert last == f"{path}: line 100 is the last that was read: see to these first"


# --- lists are counted before they are made -------------------------------------------------------

texts = st.text('[]{}"\\,:x\n', max_size=8)
values = st.recursive(
    st.none() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


def lists(value: object) -> int:
    """The lists and objects in a value."""
    if isinstance(value, dict):
        return 1 + sum(map(lists, value.values()))
    return 1 + sum(map(lists, value)) if isinstance(value, list) else 0


@given(values, st.booleans(), st.booleans())
def test_what_is_in_a_text_is_no_list(value: Any, ascii_: bool, as_bytes: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_LISTS", -1)
        assert reading._lists(text.encode() if as_bytes else text) == lists(value)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "text",
    ['"\\' * 400_000, '"' * 900_000, '"\\\\' * 300_000, "\\" * 900_000, '"' + "x" * 900_000],
    ids=["open", "quotes", "escapes", "slashes", "endless"],
)
def test_counting_takes_no_time(text: str) -> None:
    with pytest.raises(InvalidInput, match="at most"):
        read_json(NewOrder, "[" * 60_000 + '""' + "[" + text)


def test_more_lists_than_a_document_may_have_are_refused() -> None:
    deep: list[list[Any]] = [[[[1]]] * 50_000, [{"a": {}}] * 30_000]
    for within in deep:
        with pytest.raises(InvalidInput) as told:
            read_json(NewOrder, json.dumps({**order(RIGHT), "attributes": {"v": within}}))
        assert fields(told.value) == ["(whole)"]
    notes = json.dumps({**order(RIGHT), "attributes": {"v": ["[" * 100_000] * 3}})
    assert read_json(NewOrder, notes).attributes["v"] == ("[" * 100_000,) * 3


class Told:
    """A value that counts how often it is shown."""

    times = 0

    def __repr__(self) -> str:
        Told.times += 1
        return "it"


def test_what_nobody_would_read_is_not_written_out() -> None:
    Told.times = 0
    large = {"lines": [[Told()] * 100] * 100}
    assert "got a dict of 1, fewer" in str(Problem("field", large, "fewer are right"))
    assert not Told.times, "it was written out, and thrown away"


# --- mutants --------------------------------------------------------------------------------------


def reads_on(patch: Patch) -> None:
    """However many faults are found, all the rest is read, too."""
    patch.setattr(parts, "_FAULTS", 10**9)


def forgets_where_a_part_begins(patch: Patch) -> None:
    """A fault is told with its place in its part of the list."""
    fault = parts._fault
    patch.setattr(parts, "_fault", lambda found, _after=0: fault(found))


def takes_brackets_for_lists(patch: Patch) -> None:
    """Whatever looks like a list is counted, in texts as well."""

    def count(data: str | bytes) -> int:
        text = data if isinstance(data, bytes) else data.encode()
        return text.count(b"[") + text.count(b"{")

    patch.setattr(reading, "_lists", count)


LAWS: dict[Mutate, Law] = {
    reads_on: law(test_of_many_faults_the_first_are_told, NewOrder, order(*[WRONG] * MANY)),
    forgets_where_a_part_begins: law(test_each_of_a_few_faults_is_told_where_it_is),
    takes_brackets_for_lists: law(test_what_is_in_a_text_is_no_list),
}
MUTANTS = Mutants("refusing", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
