"""Ids that no line has, and the lines that stand in for others."""

from hypothesis import given
from hypothesis import strategies as st

from orderflow.kernel.orders.lines import (
    document_line,
    free_id,
    line_and_substitutes,
    substitute_id,
)
from orderflow.model.state import LineState

NAMES = st.sets(st.sampled_from(["1", "2", "3", "4", "1.s1", "1.s2", "2.s1", "mug"]))
MUG = LineState("MUG", 2)
CUP, POT = LineState("CUP", 1, substitutes="1"), LineState("POT", 1, substitutes="2")


@given(NAMES)
def test_a_free_id_is_the_first_number_after_as_many_as_there_are(taken: set[str]) -> None:
    found = free_id(taken)
    assert found not in taken
    assert int(found) > len(taken)
    assert all(str(n) in taken for n in range(len(taken) + 1, int(found)))


@given(NAMES)
def test_a_substitutes_id_begins_with_its_lines_and_is_free(taken: set[str]) -> None:
    found = substitute_id(dict.fromkeys(taken, MUG), "1")
    assert found.startswith("1.s")
    assert found not in taken


def test_substitutes_are_counted_whosever_they_are() -> None:
    assert substitute_id({"1": MUG}, "1") == "1.s1"
    assert substitute_id({"1": MUG, "2": MUG, "2.s1": POT}, "1") == "1.s2"
    assert substitute_id({"1": MUG, "1.s2": CUP}, "1") == "1.s3"


def test_a_substitute_is_its_line_and_any_other_is_itself() -> None:
    lines = {"1": MUG, "1.s1": CUP}
    assert [document_line(lines, line) for line in ("1", "1.s1", "9")] == ["1", "1", "9"]


def test_who_speaks_of_a_line_may_mean_what_stands_in_for_it_and_not_the_other_way() -> None:
    lines = {"1": MUG, "1.s1": CUP, "1.s1.s2": CUP, "2": MUG, "2.s1": POT, "1.s9": POT, "3": CUP}
    assert line_and_substitutes(lines, "1") == ("1", "1.s1", "1.s1.s2")
    assert line_and_substitutes(lines, "1.s1") == ("1.s1", "1.s1.s2")
    assert line_and_substitutes(lines, "2") == ("2", "2.s1")
    assert line_and_substitutes(lines, "7") == ("7",)
