"""A field that keeps a tuple or a Decimal says by its type what else may be given for it."""

from __future__ import annotations

from decimal import Decimal
from types import UnionType
from typing import Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from orderflow.model import commands, document, observations, returns
from orderflow.model.reading import Input

HOMES = [module.__name__ for module in (document, returns, commands, observations)]
TAKE_MORE = ("Few[", "Many[", "Price", "PriceOrNone")


def every(kind: type[BaseModel]) -> list[type[BaseModel]]:
    return [kind, *(found for below in kind.__subclasses__() for found in every(below))]


MODELS = [model for model in every(Input) if model.__module__ in HOMES]


def keeps(annotation: Any) -> set[Any]:
    """What a field of this type may hold, without what it must be like."""
    if get_origin(annotation) in (Union, UnionType):
        return {found for each in get_args(annotation) for found in keeps(each)}
    if hasattr(annotation, "__metadata__"):
        return keeps(get_args(annotation)[0])
    return {get_origin(annotation) or annotation}


def unsaid(model: type[BaseModel]) -> list[str]:
    """Fields that take a list or text for what they keep, and whose type is silent of it."""
    declared = {name: str(said) for name, said in model.__annotations__.items()}
    return [
        name
        for name, said in declared.items()
        if name in model.model_fields
        and keeps(model.model_fields[name].annotation) & {tuple, Decimal}
        and not said.startswith(TAKE_MORE)
    ]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_the_type_of_a_field_says_what_may_be_given(model: type[BaseModel]) -> None:
    assert unsaid(model) == []


def test_a_field_whose_type_is_silent_is_noticed() -> None:
    class Silent(Input):
        names: tuple[str, ...]
        price: Decimal | None
        number: int

    assert unsaid(Silent) == ["names", "price"]
