"""Marked texts: one for every text that may be sent, made from the models themselves.

A field that is new is marked without a thought. What a test gives itself is what names no person,
and each such field stands in ``STAYS``, with a reason.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel

__all__ = ["NAMES_OTHERS", "OF_STOCK", "PARTIES", "STAYS", "Marker"]

M = TypeVar("M", bound=BaseModel)

STAYS: Mapping[str, str] = {
    "kind": "which model it is",
    "id": "which line of the order; the customer's is looked for by itself",
    "number": "the order's own name: its rows are found by it, and it is printed",
    "subject": "the order's own name",
    "channel": "where the shop sells",
    "currency": "ISO 4217",
    "country": "ISO 3166; the address around it is erased",
    "origin": "ISO 3166",
    "hs_code": "what customs call the goods",
    "sku": "what was sold: stock and figures are counted by it",
    "substitutes": "SKUs",
    "substitute": "a SKU",
    "location": "where goods lie",
    "line": "which line of the order",
    "parent_line": "which line of the order",
    "carrier": "who carries it",
    "tracking_number": "under which a carrier asks and is asked, also when the person is gone",
    "fo": "the name of work, made of the order's",
    "on": "the name of work, made of the order's",
    "into": "the name of a parcel, which several orders may share",
    "parcel": "the name of a parcel",
    "rma": "the name of a return, made of the order's",
    "refund": "the name of a refund, made of the order's",
    "put_away": "the name of a way back, made of the order's",
    "task": "the key of a task, made of the order's",
    "trigger": "a workflow's own word",
    "fact": "what a bank reports",
    "for_order": "an order's name",
    "for_line": "which line of an order",
    "expected": "the shop's own name of a delivery from its supplier",
}
"""What stays of an order when its person is forgotten, and why it names nobody."""

NAMES_OTHERS: Mapping[str, str] = {
    "code": "the shop's own name of a charge",
    "actor": "who works for the shop",
    "reference": "what a bank, a party or a warehouse calls its own paper",
    "notice": "a party's number",
    "invoice": "a party's number",
    "lot": "what is asked for in a recall",
    "serial": "what is asked for in a recall and a warranty",
}
"""What stays where it does not name the person."""

OF_STOCK: Mapping[str, str] = {
    "StockCommand.envelope": "the id of what a warehouse asked for",
    "StockReported.envelope": "the id of what a warehouse said",
    "ReceiveStock.reference": "what a warehouse calls its own paper",
    "Count.reference": "what a warehouse calls its own paper",
    "WriteOff.reference": "what a warehouse calls its own paper",
}
"""What stays because it is told of stock, which is nobody's."""

PARTIES = {"RequestReceived.reference", "RequestAnswered.reference", "GoodsShipped.notice"}
"""What a party calls its own papers: it asks and is asked by that name, whatever it is."""


class Marker:
    """Makes models whose texts are marks: each another one, which begins with *start*."""

    def __init__(self, start: str) -> None:
        self._start, self.names_nobody = start, not start
        self._fields: dict[str, str] = {}

    def mark(self, field: str) -> str:
        """A text that stands nowhere else."""
        mark = f"{self._start}Mk {len(self._fields):04}x"
        self._fields[mark] = field
        return mark

    def found(self, told: str) -> set[str]:
        """The fields whose marks stand in a text."""
        return {field for mark, field in self._fields.items() if mark in told}

    def fill(self, model: type[M], **given: Any) -> M:
        """A model with a mark for each text that is not given."""
        texts = (name for name in given if model.model_fields[name].annotation in _TEXTS)
        unknown = {name for name in texts if given[name] and name not in STAYS}
        assert unknown <= _THE_PERSON, f"{unknown} of {model} are to be marked"
        marks = {
            name: marked
            for name, field in model.model_fields.items()
            if name not in given and name not in STAYS
            for marked in self._of(f"{model.__name__}.{name}", field.annotation)
        }
        return model.model_validate(marks | given)

    def _of(self, name: str, kind: Any) -> Iterator[Any]:
        """What a field holds, where it holds texts."""
        if kind in _TEXTS:
            yield self.mark(name)
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            yield self.fill(kind, **_GIVEN.get(kind.__name__, {}))
        elif get_origin(kind) in (Union, types.UnionType):
            yield from self._of(name, next(k for k in get_args(kind) if k is not type(None)))
        elif get_origin(kind) is tuple:
            yield from ((marked,) for marked in self._of(name, get_args(kind)[0]))
        elif get_args(kind)[1:] == (Any,):
            inner = {self.mark(f"{name}.key"): [self.mark(f"{name}.text"), 2]}
            yield {self.mark(f"{name}.key"): inner, self.mark(f"{name}.key"): 1}
        elif get_origin(kind) is not None and kind.__name__ == "Annotated":
            yield from self._of(name, get_args(kind)[0])


_TEXTS = (str, str | None)
_THE_PERSON = {"name", "customer"}
_GIVEN: Mapping[str, Mapping[str, Any]] = {
    "Address": {"country": "GB"},
    "Charge": {"amount": 1},
}
