"""Reading what others send: one error that lists every field, its value and what is right."""

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
"""Lists and objects in one document: as many as the longest order has, with all their parts."""


class Input(BaseModel):
    """What others send us: frozen, and no field that we do not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _few_names(cls, given: Any) -> Any:
        """Count before each of a million unknown names is a fault of its own."""
        if isinstance(given, dict) and len(given) > FEW:
            raise ValueError(f"at most {FEW} fields are expected, not {len(given)}")
        return given

    @model_validator(mode="before")
    @classmethod
    def _made_once(cls, given: Any) -> Any:
        """Runs first: what JSON says is then made into values once, and not again for the error."""
        return given


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Whatever is built within and cannot be is an InvalidInput, with every field that is wrong."""
    try:
        yield
    except ValidationError as error:
        raise unreadable(error, what) from None


def unreadable(error: ValidationError, what: str) -> InvalidInput:
    """The error that tells what pydantic found."""
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
"""Levels of lists and names that what is read as Python values may have, and be told of."""


def _too_deep(data: object) -> Problem:
    """The first field of *data* that is deeper than anything that is expected."""
    right = f"at most {_DEEPEST} levels of lists and names are expected"
    fields = data.items() if isinstance(data, Mapping) else ()
    named = ((str(name), value) for name, value in fields if _is_deep(value))
    field, value = next(named, ("(whole)", data))
    return Problem(field, value, right)


def _is_deep(value: object) -> bool:
    """Whether it goes on: found without going into it level by level as deep as it is."""
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
    """How many lists and objects a JSON text has, or at most has where these are few enough.

    Only counted, as each of a million would be made before anything is looked at.
    """
    text = data.encode(errors="surrogatepass") if isinstance(data, str) else data
    found = text.count(b"[") + text.count(b"{")
    if found <= _LISTS:
        return found
    bare = text.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')[::2]
    return sum(part.count(b"[") + part.count(b"{") for part in bare)


def storable(text: str) -> str:
    r"""*text* as databases take it and people may see it: control characters are spelled out.

    >>> print(storable("HTTP 502: \udcff\x00"))
    HTTP 502: \udcff\0
    """
    return legible(text.replace("\0", "\\0"))


_MOST = 100
"""Problems that are told; who has more begins with these."""


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
