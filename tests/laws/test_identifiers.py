"""Identifiers: what we make, others read; what is miswritten is noticed."""

from __future__ import annotations

import biip
import pytest
from biip.checksums import gs1_standard_check_digit
from biip.gtin import Gtin
from biip.sscc import Sscc
from hypothesis import example, given
from hypothesis import strategies as st

from orderflow import NewOrder
from orderflow.engine.clock import CheckedIds
from orderflow.errors import InvalidInput, RuleFailed
from orderflow.identifiers import (
    ALPHABET,
    check_digit,
    code,
    read_code,
    read_gtin,
    read_sscc,
    sscc,
)
from orderflow.model.commands import Confirm
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, replace

DIGITS = st.text("0123456789", min_size=1, max_size=17)
PREFIXES = st.integers(4, 12).flatmap(lambda n: st.text("0123456789", min_size=n, max_size=n))
NUMBERS = st.integers(0, 29**7 - 1)


@given(DIGITS)
def test_the_check_digit_is_biips(digits: str) -> None:
    assert int(check_digit(digits)) == gs1_standard_check_digit(digits)


@given(PREFIXES, st.data())
def test_an_sscc_is_read_back_by_biip(prefix: str, data: st.DataObject) -> None:
    number = data.draw(st.integers(0, 10 ** (17 - len(prefix)) - 1))
    made = sscc(prefix, number)
    assert Sscc.parse(made).value == made == read_sscc(f"(00){made}") == read_sscc("00" + made)


@given(PREFIXES, st.data())
def test_other_numbers_give_other_ssccs(prefix: str, data: st.DataObject) -> None:
    numbers = st.integers(0, 10 ** (17 - len(prefix)) - 1)
    drawn = data.draw(st.sets(numbers, max_size=20))
    assert len({sscc(prefix, number) for number in drawn}) == len(drawn)


@given(PREFIXES)
def test_numbers_that_are_used_up_are_an_error_that_says_how_many_there_are(prefix: str) -> None:
    most = 10 ** (17 - len(prefix)) - 1
    assert sscc(prefix, most).startswith("9" + prefix)
    with pytest.raises(InvalidInput, match=f"number: got {most + 1}, 0 to {most} are right"):
        sscc(prefix, most + 1)


@given(st.sampled_from([7, 11, 12, 13]).flatmap(lambda n: st.integers(0, 10**n - 1).map(str)))
def test_a_gtin_is_accepted_as_biip_accepts_it(body: str) -> None:
    length = next(n for n in (7, 11, 12, 13) if n >= len(body))
    body = body.zfill(length)
    right = int(check_digit(body))
    for last in range(10):
        text = f"{body}{last}"
        try:
            Gtin.parse(text)
            biip_takes_it = True
        except biip.ParseError:
            biip_takes_it = False
        if last == right:
            assert read_gtin(text) == text
        else:
            assert not biip_takes_it
            with pytest.raises(InvalidInput, match="check digit is wrong"):
                read_gtin(text)


@given(st.sets(NUMBERS, min_size=2, max_size=20))
def test_other_numbers_give_other_codes(numbers: set[int]) -> None:
    assert len({code(number) for number in numbers}) == len(numbers)


@given(NUMBERS, st.sampled_from(["", "A-", "RMA-"]))
def test_a_code_is_read_back_however_it_is_typed(number: int, prefix: str) -> None:
    made = code(number, prefix)
    for typed in (made, made.lower(), made.replace("-", " "), made.replace("-", "")):
        assert read_code(typed, prefix) == made


@given(NUMBERS, st.integers(0, 7), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_noticed(number: int, place: int, other: str) -> None:
    plain = code(number).replace("-", "")
    wrong = plain[:place] + other + plain[place + 1 :]
    if wrong != plain:
        with pytest.raises(InvalidInput, match="a character is wrong"):
            read_code(wrong)


@given(st.integers(0, 29**27 - 1), st.integers(0, 27), st.integers(0, 27))
def test_two_characters_that_changed_places_are_always_noticed(number: int, i: int, j: int) -> None:
    plain = list(code(number, width=27).replace("-", ""))
    swapped = plain.copy()
    swapped[i], swapped[j] = plain[j], plain[i]
    if swapped != plain:
        with pytest.raises(InvalidInput, match="changed places"):
            read_code("".join(swapped))


def test_a_code_has_no_look_alikes() -> None:
    assert not set(ALPHABET) & set("0O1IL5SUV") - {"5", "V"}
    with pytest.raises(InvalidInput, match="0 O cannot be in a code"):
        read_code("2O20-2222")


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: check_digit("12a"), "digits"),
        (lambda: check_digit("٣٣"), "digits"),
        (lambda: check_digit("1" * 18), "digits"),
        (lambda: read_gtin("123"), "gtin"),
        (lambda: read_sscc("123"), "sscc"),
        (lambda: sscc("123", 1), "prefix"),
        (lambda: sscc("1234567", -1), "number"),
        (lambda: code(-1), "number"),
        (lambda: code(29**7), "number"),
        (lambda: code(1, width=28), "width"),
        (lambda: read_code("2"), "code"),
        (lambda: read_code("2222", "B-"), "code"),
    ],
)
def test_bad_input_names_its_field(call, field: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InvalidInput) as caught:
        call()
    assert [problem.field for problem in caught.value.problems] == [field]


TEXTS = st.text(st.characters() | st.sampled_from("\0\n \ud800\u0301\u200b"), max_size=230)
KINDS = ("order", "message", "lease", "person")


class Gives:
    """Ids of an application, all of them the same."""

    def __init__(self, text: str) -> None:
        self.text = text

    def new(self, _kind: str) -> str:
        return self.text


def as_sent(kind: str, text: str) -> str | None:
    """What becomes of the same id where somebody sends it; None where it is refused."""
    try:
        if kind == "order":
            return NewOrder(number=text, currency="EUR", lines=[]).number
        return Confirm().to("A-1", id=text).id
    except ValueError:
        return None


@given(TEXTS, st.sampled_from(KINDS))
@example("half \ud800", "message")
@example("half \udfff", "order")
@example("nothing \0", "lease")
@example("e\u0301", "person")
@example("o" * 65, "order")
@example("", "message")
def test_an_application_may_give_the_ids_that_may_be_sent(text: str, kind: str) -> None:
    """So each can be stored, whatever the store, and be spoken of in a command."""
    try:
        made = CheckedIds(Gives(text)).new(kind)
    except RuleFailed:
        made = None
    assert made == as_sent(kind, text), f"{text!r} is taken for an id of a new {kind}"


def takes_any_text_for_an_id(patch: Patch) -> None:
    """An id of an application is not looked at."""
    replace(patch, "what an id may be", lambda given, *_what: given)


LAWS: dict[Mutate, Law] = {
    takes_any_text_for_an_id: law(
        test_an_application_may_give_the_ids_that_may_be_sent, "half \ud800", "message"
    ),
}
MUTANTS = Mutants("identifiers", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
