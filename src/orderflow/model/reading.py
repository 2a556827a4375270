"""Reading what others send: one error that lists every field, its value and what is right."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    StringConstraints,
    ValidationError,
)

from orderflow.errors import InvalidInput, Problem
from orderflow.model.frozen import frozen

__all__ = ["CODE", "Attributes", "Exact", "Plain", "Sent", "Utc", "read", "read_json", "storable"]

M = TypeVar("M", bound=BaseModel)


class Sent(BaseModel):
    """What others send us: frozen, and no field that we do not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def _freeze(value: Any, name: str = "") -> Any:
    if isinstance(value, Mapping):
        within = f"{name}." if name else ""
        return frozen(
            {_text(key): _freeze(item, f"{within}{key}") for key, item in value.items()}
        )
    if isinstance(value, list | tuple):
        return tuple(_freeze(item, f"{name}.{at}") for at, item in enumerate(value))
    if value is None or isinstance(value, str | int) or (type(value) is float and isfinite(value)):
        return value
    raise ValueError(f"{name} is {value!r}: JSON cannot carry it; write it as text")


def _text(key: object) -> str:
    if isinstance(key, str):
        return key
    raise ValueError(f"names are texts, {key!r} is none")


def _thaw(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _thaw(item) for key, item in value.items()}
    return list(map(_thaw, value)) if isinstance(value, tuple) else value


def _no_float(value: object) -> object:
    if isinstance(value, float):
        raise ValueError("money is exact: write the number as a string")
    return value


Attributes = Annotated[
    Mapping[str, Any], AfterValidator(_freeze), PlainSerializer(_thaw, return_type=dict[str, Any])
]
"""The application's own data, frozen through and through."""

Exact = BeforeValidator(_no_float)
"""Marks a Decimal that may not come from a float."""

CODE = r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?$"
_PLAIN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
_IN_WORDS = {
    CODE: "text without control characters, and without space around it, is expected",
    _PLAIN: "text without control characters is expected",
    r"^[A-Z]{2}$": "an ISO 3166 code of two capital letters, such as 'PT', is expected",
    r"^[0-9]{6,10}$": "6 to 10 digits are expected",
}

Plain = Annotated[str, StringConstraints(pattern=_PLAIN)]
"""Text without control characters, but for tabs and the ends of lines."""

Utc = AwareDatetime
"""A moment with a zone."""


def read(model: type[M], data: object, what: str = "input") -> M:
    """*data* (Python values) as a *model*.

    Raises:
        InvalidInput: With every field that is wrong.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise InvalidInput(what, _problems(error)) from None


def read_json(model: type[M], data: str | bytes, what: str = "input") -> M:
    """*data* (JSON text) as a *model*; raises as :func:`read` does."""
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        raise InvalidInput(what, _problems(error)) from None


def storable(text: str) -> str:
    r"""*text* as every database takes it: what is no character is spelled out.

    >>> print(storable("HTTP 502: \udcff\x00"))
    HTTP 502: \udcff\0
    """
    return text.encode(errors="backslashreplace").decode().replace("\0", "\\0")


def _problems(error: ValidationError) -> list[Problem]:
    return [
        Problem(
            ".".join(str(part) for part in found["loc"]) or "(whole)",
            None if found["type"] == "missing" else found["input"],
            _IN_WORDS.get(found.get("ctx", {}).get("pattern", "")) or _sentence(found["msg"]),
        )
        for found in error.errors(include_url=False)
    ]


def _sentence(message: str) -> str:
    message = message.removeprefix("Value error, ")
    return message[:1].lower() + message[1:]
