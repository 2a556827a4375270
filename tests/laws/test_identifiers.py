"""Identifiers: what we make, others read; what is miswritten is noticed."""

import biip
import pytest
from biip.checksums import gs1_standard_check_digit
from biip.gtin import Gtin
from biip.sscc import Sscc
from hypothesis import given
from hypothesis import strategies as st

from orderflow.errors import InvalidInput
from orderflow.identifiers import (
    ALPHABET,
    check_digit,
    code,
    read_code,
    read_gtin,
    read_sscc,
    sscc,
)

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
