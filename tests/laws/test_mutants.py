"""The record lists the mutants that there are, and only what a law says counts as caught."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow.inventory import levels
from orderflow.testing import BrokenLaw
from tests.mutants import RECORD, SEAMS, TESTS, Law, Patch, caught, give_engines, law, rooms
from tests.shop import Shop

MODULES = {file: file.read_text("utf-8") for file in sorted(TESTS.rglob("*.py"))}


def test_the_record_lists_the_mutants_that_there_are() -> None:
    there = {room.room: sorted(how.__name__ for how in room.mutants) for room in rooms()}
    assert there == {room: sorted(mutants) for room, mutants in RECORD.items()}


def test_each_room_is_declared_once() -> None:
    declared = Counter(room.room for room in rooms())
    assert set(declared.values()) == {1}, declared


def test_each_mutant_has_a_law_and_each_law_says_something() -> None:
    said = [laws for mutants in RECORD.values() for laws in mutants.values()]
    assert all(said)
    assert all(len(message) > 5 for laws in said for message in laws.values())


def test_every_seam_is_used() -> None:
    text = "".join(text for file, text in MODULES.items() if file != TESTS / "mutants.py")
    assert [seam for seam in SEAMS if f'"{seam}"' not in text] == []


def patched_by_name(text: str) -> Iterator[str]:
    """What a module patches by the name of a module, which no move of it would find."""
    for call in ast.walk(ast.parse(text)):
        if isinstance(call, ast.Call) and call.args and isinstance(call.args[0], ast.Constant):
            what = call.func.attr if isinstance(call.func, ast.Attribute) else ""
            if what in ("setattr", "delattr", "setitem", "patch", "dict"):
                yield ast.unparse(call)


def test_nothing_is_patched_by_the_name_of_a_module() -> None:
    assert [call for text in MODULES.values() for call in patched_by_name(text)] == []


def test_a_patch_by_the_name_of_a_module_is_seen() -> None:
    text = "patch.setattr('orderflow.money.share', None)\npatch.setattr(money, 'share', None)"
    assert list(patched_by_name(text)) == ["patch.setattr('orderflow.money.share', None)"]


# --- what counts as caught -----------------------------------------------------------------------


def two_and_two() -> None:
    assert 2 + 2 == 5


def test_a_law_that_fails_with_its_message_is_caught() -> None:
    assert "assert (2 + 2) == 5" in caught(law(two_and_two), "== 5")


def raises_nothing() -> None:
    with pytest.raises(KeyError):
        dict.fromkeys("ab", 1)["a"]


def test_a_law_that_expects_an_error_in_vain_is_caught() -> None:
    caught(law(raises_nothing), "DID NOT RAISE KeyError")


def breaks_a_promise() -> None:
    raise BrokenLaw(3, "too many")


def test_a_promise_that_is_broken_is_caught_by_its_number_or_where_it_is_checked() -> None:
    caught(Law("promise 3", breaks_a_promise), "too many")
    caught(law(breaks_a_promise), "promise 3: too many")
    with pytest.raises(AssertionError, match="something else failed, and not promise 4"):
        caught(Law("promise 4", breaks_a_promise), "too many")


def is_fine() -> None:
    assert 2 + 2 == 4


def misspells() -> None:
    assert "".uper() == ""  # type: ignore[attr-defined]  # on purpose


def divides() -> None:
    assert 1 // 0 == 1


def asserts_in_the_library() -> None:
    levels.KeyStock.asserts()  # type: ignore[attr-defined]  # compiled below, as the library's


@pytest.mark.parametrize(
    ("mutated", "message", "told"),
    [
        (is_fine, "", "is_fine did not fail: nothing noticed"),
        (misspells, "", "AttributeError.* is an error of the mutant's own"),
        (divides, "", "ZeroDivisionError.* is an error of the mutant's own"),
        (two_and_two, "== 6", "two_and_two failed, and did not say '== 6'"),
    ],
)
def test_what_is_not_caught(mutated: Callable[[], None], message: str, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        caught(law(mutated), message)


def test_another_law_is_not_this_one() -> None:
    with pytest.raises(AssertionError, match="something else failed, and not is_fine"):
        caught(Law("is_fine", two_and_two), "== 5")


def test_an_assertion_of_the_library_is_no_law(monkeypatch: Patch) -> None:
    """It is in the way of a mutant, and fails by itself."""
    names: dict[str, Callable[[], None]] = {}
    exec(compile("def asserts():\n    assert not 1, 'no'", levels.__file__, "exec"), names)
    monkeypatch.setattr(levels.KeyStock, "asserts", names["asserts"], raising=False)
    with pytest.raises(AssertionError, match="something else failed"):
        caught(law(asserts_in_the_library), "no")


@given(number=st.integers(0, 99))
def numbers_are_small(number: int) -> None:
    assert number < 50, f"{number} is not small"


def test_a_law_that_draws_is_hunted_or_given_an_example() -> None:
    assert "is not small" in caught(law(numbers_are_small), "assert ")
    assert "77 is not small" in caught(law(numbers_are_small, 77), "77")
    law(numbers_are_small, number=7).check()


def test_engines_have_the_policies_of_a_mutant(monkeypatch: Patch) -> None:
    give_engines(monkeypatch, amount_due=lambda _order: 7)
    shop = Shop().place()
    assert shop.engine.rules.amount_due(shop.order) == 7
