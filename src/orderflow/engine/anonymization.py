"""A document and its journal entries without their person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orderflow.model.document import PERSONAL_FIELDS, Customer, NewOrder
from orderflow.model.events import Entry
from orderflow.model.order import Order
from orderflow.model.pseudonym import ALIAS

__all__ = ["BLANK", "ERASED", "anonymous", "is_blank", "is_forgotten"]

ERASED = "erased"
"""The replacement of a text."""
BLANK: Mapping[str, Any] = {ERASED: True}
"""The external data of a blanked entry; entries that came later have other data."""


def is_forgotten(order: Order) -> bool:
    """Whether the order's person was erased: a pseudonym replaces them."""
    return order.state.customer.startswith(ALIAS)


def is_blank(entry: Entry) -> bool:
    """Whether an entry was blanked already."""
    return entry.facts == BLANK


def anonymous(document: NewOrder, alias: str) -> NewOrder:
    """The document without its person and without free text."""
    blank: dict[str, Any] = {
        name: NewOrder.model_fields[name].get_default(call_default_factory=True)
        for name in PERSONAL_FIELDS
    }
    lines = [
        line.model_copy(update={"name": "", "attributes": _texts_erased(line.attributes)})
        for line in document.lines
    ]
    charges = tuple(charge.model_copy(update={"name": ""}) for charge in document.charges)
    blank |= {"lines": tuple(lines), "charges": charges}
    blank |= {"attributes": _texts_erased(document.attributes)}
    return document.model_copy(update=blank | {"customer": Customer(id=alias)})


def _texts_erased(data: Any) -> Any:
    """Data of the same shape, each text and each key replaced."""
    if isinstance(data, str):
        return ERASED
    if isinstance(data, Mapping):
        texts = enumerate(data.values(), start=1)
        return {f"{ERASED}-{number}": _texts_erased(value) for number, value in texts}
    if isinstance(data, list | tuple):
        return [_texts_erased(value) for value in data]
    return data
