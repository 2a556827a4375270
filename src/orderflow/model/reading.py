"""Reading input: one error lists every wrong field, its value and what is expected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from orderflow.errors import InvalidInput, Problem
from orderflow.model.attributes import Attributes
from orderflow.model.bounds import CODE, FEW, IN_WORDS, MANY, Exact, Plain, Utc
from orderflow.text import legible

__all__ = [
    "CODE",
    "Attributes",
    "Exact",
    "Input",
    "Plain",
    "Utc",
    "read",
    "read_json",
    "reading",
    "storable",
    "unreadable",
]

M = TypeVar("M", bound=BaseModel)
_LISTS = 5 * MANY
"""Lists and objects in one document, at most: those of the longest order with all parts."""


class Input(BaseModel):
    """Input from outside: immutable, without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _few_names(cls, given: Any) -> Any:
        """Count the fields first: each of a million unknown names would be a fault of its own."""
        if isinstance(given, dict) and len(given) > FEW:
            raise ValueError(f"at most {FEW} fields are expected, not {len(given)}")
        return given

    @model_validator(mode="before")
    @classmethod
    def _made_once(cls, given: Any) -> Any:
        """Convert JSON to Python values once: without this, an error would convert them again."""
        return given


@contextmanager
def reading(what: str) -> Iterator[None]:
    """A context that turns a ValidationError into InvalidInput, with every wrong field."""
    try:
        yield
    except ValidationError as error:
        raise unreadable(error, what) from None


def unreadable(error: ValidationError, what: str) -> InvalidInput:
    """The InvalidInput with pydantic's findings."""
    return InvalidInput(what, _problems(error))


def read(model: type[M], data: object, what: str = "input") -> M:
    """*data* (Python values) as a *model*.

    Raises:
        InvalidInput: With every field that is wrong.
    """
    try:
        with reading(what):
            return model.model_validate(data)
    except RecursionError:
        raise InvalidInput(what, [_too_deep(data)]) from None


_DEEPEST = 100
"""Levels of lists and names in Python values, at most."""


def _too_deep(data: object) -> Problem:
    """The first field of *data* that is nested too deep, as a problem."""
    right = f"at most {_DEEPEST} levels of lists and names are expected"
    fields = data.items() if isinstance(data, Mapping) else ()
    named = ((str(name), value) for name, value in fields if _is_deep(value))
    field, value = next(named, ("(whole)", data))
    return Problem(field, value, right)


def _is_deep(value: object) -> bool:
    """Whether a value is nested too deep; found without recursion."""
    level = [value]
    for _ in range(_DEEPEST):
        within = (one.values() if isinstance(one, Mapping) else one for one in level)
        level = [one for ones in within if isinstance(ones, Iterable) for one in _containers(ones)]
    return bool(level)


def _containers(ones: Iterable[object]) -> Iterator[object]:
    return (one for one in ones if isinstance(one, Mapping | list | tuple))


def read_json(model: type[M], data: str | bytes | bytearray, what: str = "input") -> M:
    """*data* (JSON text) as a *model*; raises as :func:`read` does."""
    if not isinstance(data, str | bytes | bytearray):
        raise InvalidInput(what, [Problem("(whole)", data, "a text of JSON is expected")])
    if (lists := _lists(data)) > _LISTS:
        right = f"at most {_LISTS} lists and objects are expected"
        raise InvalidInput(what, [Problem("(whole)", lists, right)])
    with reading(what):
        return model.model_validate_json(data)


def _lists(data: str | bytes | bytearray) -> int:
    """The number of lists and objects in a JSON text; an upper bound if that is small enough.

    They are only counted: parsing would create each of a million before any check.
    """
    text = data.encode(errors="surrogatepass") if isinstance(data, str) else data
    found = text.count(b"[") + text.count(b"{")
    if found <= _LISTS:
        return found
    bare = text.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')[::2]
    return sum(part.count(b"[") + part.count(b"{") for part in bare)


def storable(text: str) -> str:
    r"""*text* for databases and for people: control characters are spelled out.

    >>> print(storable("HTTP 502: \udcff\x00"))
    HTTP 502: \udcff\0
    """
    return legible(text.replace("\0", "\\0"))


_MOST = 100
"""Problems in one error, at most; a count of the others follows."""


def _problems(error: ValidationError) -> list[Problem]:
    told = [
        Problem(
            ".".join(str(part) for part in found["loc"]) or "(whole)",
            None if found["type"] == "missing" else found["input"],
            IN_WORDS.get(found.get("ctx", {}).get("pattern", "")) or _sentence(found["msg"]),
        )
        for found in islice(error.errors(include_url=False), _MOST)
    ]
    more = error.error_count() - len(told)
    whole = Problem("(whole)", f"{more} more, or still more", "see to these first")
    return [*told, whole] if more else told


def _sentence(message: str) -> str:
    message = message.removeprefix("Value error, ")
    return message[:1].lower() + message[1:]
