"""Tracking numbers, against the samples of tracking_number_data: all of them agree."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderflow.carriers import read_tracking_number, recognize
from orderflow.carriers.rules import RULES, Rule
from orderflow.errors import InvalidInput


def kinds(shared_data: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((shared_data / "tracking_number_data").glob("*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        for kind in data["tracking_numbers"]:
            yield data["courier_code"], kind


def rule_of(carrier: str, kind: dict[str, Any]) -> Rule:
    (found,) = [rule for rule in RULES if (rule.carrier, rule.name) == (carrier, kind["name"])]
    return found


def plain(number: str) -> str:
    return "".join(number.split()).upper()


def test_there_is_a_rule_for_every_kind_and_no_other(shared_data: Path) -> None:
    theirs = [rule_of(carrier, kind) for carrier, kind in kinds(shared_data)]
    assert sorted(rule.name for rule in theirs) == sorted(rule.name for rule in RULES)


def test_every_valid_sample_is_accepted(shared_data: Path) -> None:
    for carrier, kind in kinds(shared_data):
        rule = rule_of(carrier, kind)
        for number in kind["test_numbers"]["valid"]:
            assert rule.fits(plain(number)), (rule.name, number)
            assert carrier in {found.carrier for found in recognize(number)}
            assert read_tracking_number(number, carrier).number == plain(number)


def test_every_invalid_sample_is_refused(shared_data: Path) -> None:
    for carrier, kind in kinds(shared_data):
        rule = rule_of(carrier, kind)
        for number in kind["test_numbers"]["invalid"]:
            assert not rule.fits(plain(number)), (rule.name, number)


def test_urls_are_theirs(shared_data: Path) -> None:
    for carrier, kind in kinds(shared_data):
        theirs = (kind.get("tracking_url") or "").replace("%s", "{}")
        assert rule_of(carrier, kind).url == theirs.replace("http://", "https://")


@pytest.mark.parametrize(
    ("text", "carrier", "url"),
    [
        (
            "1z5r89390357567127",
            "ups",
            "https://wwwapps.ups.com/WebTracking/track?track=yes&trackNums=1Z5R89390357567127",
        ),
        ("RB123456785GB", "s10", ""),
        ("TBA000000000000", "amazon", ""),
    ],
)
def test_a_number_is_recognised(text: str, carrier: str, url: str) -> None:
    found = read_tracking_number(text)
    assert (found.carrier, found.url) == (carrier, url)


def test_a_checked_reading_comes_before_an_unchecked_one() -> None:
    readings = recognize("60120172242323")
    assert [found.checked for found in readings] == sorted(
        (found.checked for found in readings), reverse=True
    )


def test_a_wrong_number_is_an_error_that_names_the_field() -> None:
    with pytest.raises(InvalidInput, match=r"tracking_number: got '1Z5R89390357567128'.*ups"):
        read_tracking_number("1Z5R89390357567128", "ups")
    with pytest.raises(InvalidInput, match=r"carrier: got 'pigeon', one of amazon, "):
        read_tracking_number("1Z5R89390357567127", "pigeon")


CHECKED = [rule for rule in RULES if rule.check is not None]
PUROLATOR = next(rule for rule in RULES if rule.name == "Purolator (12)")


@given(st.integers(0, 6 * 10**10 - 1), st.integers(0, 11), st.sampled_from("0123456789"))
def test_a_wrong_digit_is_always_noticed_by_luhns_check(body: int, place: int, digit: str) -> None:
    (right,) = [n for n in (f"{body:011d}{last}" for last in range(10)) if PUROLATOR.fits(n)]
    wrong = right[:place] + digit + right[place + 1 :]
    assert PUROLATOR.fits(wrong) is (wrong == right)


@pytest.mark.parametrize("rule", CHECKED, ids=[rule.name for rule in CHECKED])
@settings(max_examples=15)
@given(data=st.data())
def test_a_body_has_one_check_character_at_most(rule: Rule, data: st.DataObject) -> None:
    number = data.draw(st.from_regex(rule.pattern, fullmatch=True))
    found = rule.pattern.fullmatch(number)
    assert found is not None
    at = found.start("c")
    fitting = {c for c in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" if _fits(rule, number, at, c)}
    assert len(fitting) <= 1


def _fits(rule: Rule, number: str, at: int, character: str) -> bool:
    return rule.fits(number[:at] + character + number[at + 1 :])


@given(st.text(max_size=50))
def test_any_text_is_read_or_refused(text: str) -> None:
    for found in recognize(text):
        assert found.number == plain(text)
    if not recognize(text):
        with pytest.raises(InvalidInput):
            read_tracking_number(text)
