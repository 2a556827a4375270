"""The events of a carrier's webhook: each is read separately, and none is lost."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from orderflow.errors import InvalidInput, Problem
from orderflow.model.bounds import Many
from orderflow.model.reading import read, read_json

__all__ = ["Given", "events_of", "named_twice"]

_SHOWN = 50
"""Characters to show of an event that is not JSON, or nested too deep."""


class _Payload(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=True)

    events: Many[Any] = Field(min_length=1, max_length=1000)


class Given(NamedTuple):
    """A received event: its value or error, and its text where the value has less.

    Numbers with too many digits stay text.
    """

    value: Any
    text: str = ""


def events_of(payload: str | bytes) -> list[Given]:
    """The events, or their errors: an error in one stops no other.

    Raises InvalidInput where there is no event.
    """
    try:
        found = [Given(value) for value in read_json(_Payload, payload, "webhook").events]
    except InvalidInput:
        if isinstance(payload, str | bytes | bytearray):
            with suppress(ValueError, RecursionError):
                return _apart(payload)
        raise
    return _apart(payload) if _names_twice(payload) else found


class _Twice(dict[str, Any]):
    """An object with a repeated name; as a dict it has the last value of each, as in JSON."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Twice(pairs)


def named_twice(given: object) -> Mapping[str, list[Any]]:
    """The names that an event repeats with different values."""
    found: dict[str, list[Any]] = {}
    for name, value in given.pairs if isinstance(given, _Twice) else ():
        found.setdefault(name, []).append(value)
    return {name: values for name, values in found.items() if any(v != values[0] for v in values)}


def _names_twice(payload: str | bytes) -> bool:
    """Whether an object in a readable payload repeats a name."""
    found: list[dict[str, Any]] = []

    def look(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if isinstance(each := _object(pairs), _Twice):
            found.append(each)
        return each

    with suppress(ValueError, RecursionError):
        json.loads(_text(payload), parse_int=_number, object_pairs_hook=look)
    return bool(found)


def _all_events(whole: Any) -> Any:
    """A payload with its repeated lists of events merged; a wrong list is kept as it is."""
    if not isinstance(whole, _Twice):
        return whole
    lists = [value for name, value in whole.pairs if name == "events"]
    wrong = [each for each in lists if not isinstance(each, list)]
    return {**whole, "events": wrong[0] if wrong else [one for each in lists for one in each]}


_MARKS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["\[\]{}]', re.DOTALL)
"""Strings, brackets, and the quote of an unterminated string."""
_BRACKETS = re.compile(r"[\[\]{}]")
_OF_AN_EVENT = 2
"""Lists and objects around an event: the payload, and its events."""


def _marks(text: str) -> Iterator[re.Match[str]]:
    """Strings and brackets; after an unterminated quote only brackets.

    Searching the end of each later quote would take quadratic time.
    """
    for mark in _MARKS.finditer(text):
        if mark[0] == '"':
            yield from _BRACKETS.finditer(text, mark.end())
            return
        yield mark


def _apart(payload: str | bytes) -> list[Given]:
    """The events of a payload, each read separately. Raises ValueError where it is no JSON.

    A typing error, a wrong encoding, too long a number or too deep a list affects one event.
    """
    text, texts, rest = _text(payload), list[str](), list[str]()
    depth = began = after = 0
    for mark in _marks(text):
        if mark[0] in "[{":
            began = mark.start() if depth == _OF_AN_EVENT else began
            depth += 1
        elif mark[0] in "]}":
            depth -= 1
            if depth == _OF_AN_EVENT:
                rest.append(f"{text[after:began]}[{len(texts)}]")
                texts.append(text[began : mark.end()])
                after = mark.end()
    whole = _loads("".join(rest) + text[after:])
    found = read(_Payload, _all_events(whole), "webhook").events
    values = {place: _value(text) for place, text in enumerate(texts)}
    return [
        Given(values[each[0]], texts[each[0]]) if isinstance(each, list) and each else Given(each)
        for each in found
    ]


def _text(payload: str | bytes) -> str:
    """A payload as text; invalid bytes become surrogates, which no field accepts."""
    if isinstance(payload, str):
        return payload
    encoding = json.detect_encoding(payload)
    return payload.decode(encoding, "surrogateescape" if "utf-8" in encoding else "surrogatepass")


def _loads(text: str) -> Any:
    """The value of a JSON text; control characters are left to the field's check."""
    return json.loads(text, parse_int=_number, strict=False, object_pairs_hook=_object)


def _number(digits: str) -> int | str:
    try:
        return int(digits)
    except ValueError:  # more digits than Python parses
        return digits


def _value(text: str) -> Any:
    """The value of an event's text, or the error that it cannot be read."""
    try:
        return _loads(text)
    except RecursionError:
        why = "fewer lists and objects in each other are expected"
    except ValueError as error:
        why = f"it is no JSON: {error}"
    return InvalidInput("webhook", [Problem("(whole)", text[:_SHOWN], why)])
