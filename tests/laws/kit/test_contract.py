"""How laws become tests: copies for each contract, more laws, narrower data, declined laws."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import strategies as st

from orderflow.testing import Contract, FulfillmentStrategyContract, law


class Sums(Contract):
    """A contract about something small."""

    seen: list[int]

    def make_sum(self) -> int:
        return 0

    def number(self) -> st.SearchStrategy[int]:
        return st.integers(0, 100)

    @law(since="0.1", why="sums are added up")
    def it_grows(self, number: int) -> None:
        """A sum never falls."""
        assert self.make_sum() + number >= number, f"it fell at {number}"

    @law(needs="undo")
    def it_can_be_undone(self, number: int) -> None:
        """What was added can be taken off."""
        assert self.make_sum() + number - number == self.make_sum()


class TestOne(Sums):
    capabilities = frozenset({"undo"})

    @law
    def it_starts_low(self) -> None:
        assert self.make_sum() < 100


class TestOther(Sums):
    def number(self) -> st.SearchStrategy[int]:
        return st.integers(5, 7)

    @law
    def numbers_are_narrow(self, number: int) -> None:
        assert number in (5, 6, 7)


class Wrong(Sums):
    def make_sum(self) -> int:
        return -1


def test_each_contract_has_copies_of_its_own() -> None:
    one, other = vars(TestOne)["test_it_grows"], vars(TestOther)["test_it_grows"]
    assert one is not other
    assert [found.name for found in TestOther.laws()] == [
        *("it_grows", "it_can_be_undone", "numbers_are_narrow"),
    ]


def test_a_broken_law_says_which_and_why() -> None:
    with pytest.raises(AssertionError, match="it fell at 0") as caught:
        Wrong().test_it_grows()
    notes = caught.value.__notes__
    assert notes[:2] == ["law it_grows: A sum never falls.", "     because sums are added up"]


def test_a_law_without_its_capability_is_skipped() -> None:
    with pytest.raises(pytest.skip.Exception, match="not a capability of TestOther: undo"):
        TestOther().test_it_can_be_undone()


def test_a_declined_law_is_skipped_with_its_reason() -> None:
    class Declining(Sums):
        declined = {"it_grows": "it is a difference"}

    with pytest.raises(pytest.skip.Exception, match="declined: it is a difference"):
        Declining().test_it_grows()


MISTAKES = {
    "declines 'it_growz'; its laws are: it_grows,": "declined = {'it_growz': 'why not'}",
    "declines 'it_grows' and does not say why": "declined = {'it_grows': ' '}",
    r"unknown capabilities \['redo'\]; there are: \['undo'\]": "capabilities = frozenset({'redo'})",
    r"has no method size\(\) for sizes to draw": "@law\n    def sizes(self, size): pass",
}


@pytest.mark.parametrize("message", MISTAKES)
def test_a_mistake_is_an_error_where_the_class_is_made(message: str) -> None:
    with pytest.raises(TypeError, match=message):
        exec(f"class Mistaken(Sums):\n    {MISTAKES[message]}", {"Sums": Sums, "law": law})


def test_a_test_class_without_what_it_tests_is_an_error() -> None:
    """Else pytest leaves it out without a word; a class of one's own in between may be abstract."""

    class Between(FulfillmentStrategyContract): ...

    with pytest.raises(TypeError, match=r"TestMine has no make_strategy\(\): write what it gives"):

        class TestMine(Between): ...


SUITE = """
from hypothesis import settings
from orderflow import InHouse
from orderflow.testing import FulfillmentStrategyContract
settings.register_profile("mine", max_examples=7, derandomize=True)
settings.load_profile("mine")
class TestMine(FulfillmentStrategyContract):
    declined = {"costs_are_exact": "no costs"}
    count = 0
    def make_strategy(self): return InHouse()
class TestMineToo(TestMine):
    pass
def test_the_profile_is_obeyed():
    found = TestMine.test_lives_keep_the_promises._hypothesis_internal_use_settings
    assert found.max_examples == 7 and found.derandomize
"""


@pytest.mark.parametrize("options", [[], ["-n", "2"]], ids=["alone", "xdist"])
def test_a_users_suite_runs(tmp_path: Path, options: list[str]) -> None:
    (tmp_path / "test_mine.py").write_text(SUITE)
    command = [sys.executable, "-m", "pytest", "-v", "-rs", "-p", "no:cacheprovider", *options]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "TestMine::test_its_work_comes_to_an_end" in done.stdout
    assert "TestMineToo::test_its_work_comes_to_an_end" in done.stdout
    assert "declined: no costs" in done.stdout


def test_without_the_extra_one_error_names_it(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "import orderflow\n"
        "try: import orderflow.testing\n"
        "except ImportError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "orderflow.testing needs: pip install 'orderflow[testing]'"
