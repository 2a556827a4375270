"""What is recorded and compared, as JSON: commands and facts as they are sent, values as texts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Set as AnySet
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any

import attrs
from pydantic import BaseModel, TypeAdapter

from orderflow import NewOrder, Order, errors
from orderflow.model.commands import AnyCommand, Command, CommandBody, Item
from orderflow.model.observations import AnyObservation, Observation, ObservationBody
from orderflow.model.parcel import Parcel
from orderflow.ports import Label, Picked

Json = dict[str, Any]


def sent(model: BaseModel) -> Json:
    """A command, an observation or an order as it was sent: what was not said is left out."""
    given: Json = model.model_dump(mode="json", exclude_unset=True)
    _name_kinds(model, given)
    return given


def _name_kinds(model: BaseModel, given: Json) -> None:
    """Put the kinds back, which nobody says who builds a body in Python."""
    for name, inner in list(given.items()):
        value = getattr(model, name, None)
        if isinstance(value, BaseModel):
            _name_kinds(value, inner)
    if kind := getattr(model, "kind", None):
        given["kind"] = kind


@cache
def _reader(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _read(kind: Any, given: Json) -> Any:
    return _reader(kind).validate_json(json.dumps(given))


def read_command(given: Json) -> Command:
    found: Command = _read(Command, given)
    return found


def read_observation(given: Json) -> Observation:
    found: Observation = _read(Observation, given)
    return found


def read_order(given: Json) -> NewOrder:
    found: NewOrder = _read(NewOrder, given)
    return found


def answered(answer: object) -> Any:
    """What a port or a performer gave."""
    match answer:
        case None:
            return None
        case CommandBody():
            return {"body": sent(answer)}
        case ObservationBody():
            return {"fact": sent(answer)}
        case Label():
            return {"label": [answer.carrier, answer.tracking_number]}
        case Picked():
            items = [sent(item) for item in answer.items]
            return {"picked": [dict(answer.units), dict(answer.short), items]}
    raise TypeError(f"a port gave {answer!r}")


def read_answer(given: Any) -> Any:
    """The answer that was recorded."""
    match given:
        case None:
            return None
        case {"body": body}:
            return _read(AnyCommand, body)
        case {"fact": fact}:
            return _read(AnyObservation, fact)
        case {"label": [carrier, number]}:
            return Label(carrier, number)
        case {"picked": [units, short, items]}:
            return Picked(units, short, tuple(_read(Item, item) for item in items))
    raise TypeError(f"no port gives {given!r}")


def failed(error: BaseException) -> list[str]:
    """An error, by its name and what it says."""
    return [type(error).__name__, str(error)]


def read_error(given: list[str]) -> Exception:
    """The error that was recorded, where it is one of the library's that says what it is told."""
    name, said = given
    kind = getattr(errors, name, None) or RuntimeError
    found: Exception = kind(said)
    return found


def plain(value: Any) -> Any:  # noqa: PLR0911 (a table of kinds)
    """A value as JSON, whatever it is; orders and parcels by id and version."""
    if isinstance(value, Order):
        return f"order {value.id} v{value.version}"
    if isinstance(value, Parcel):
        return f"parcel {value.id} v{value.version}"
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if attrs.has(type(value)):
        names = [field.name for field in attrs.fields(type(value))]
        return {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, AnySet):
        return sorted(map(plain, value))
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if value is None or isinstance(value, str | int):
        return value
    return str(value)


def text(value: Any) -> str:
    """A value in one line, the same in any process."""
    return json.dumps(plain(value), sort_keys=True, ensure_ascii=False)


def compact(value: Any) -> str:
    """A value as a line of the recordings."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
