"""What is left of a document and of an entry of a journal when its person is forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orderflow.model.document import PERSONAL_FIELDS, Customer, NewOrder
from orderflow.model.events import Entry
from orderflow.model.order import Order
from orderflow.model.pseudonym import ALIAS

__all__ = ["BLANK", "ERASED", "anonymous", "is_blank", "is_forgotten"]

ERASED = "erased"
"""What stands for a text."""
BLANK: Mapping[str, Any] = {ERASED: True}
"""The facts of an entry that was blanked: what comes later is known by having others."""


def is_forgotten(order: Order) -> bool:
    """Whether its person was forgotten: a name stands for them."""
    return order.state.customer.startswith(ALIAS)


def is_blank(entry: Entry) -> bool:
    """Whether an entry was blanked already."""
    return entry.facts == BLANK


def anonymous(document: NewOrder, alias: str) -> NewOrder:
    """What was ordered, without who ordered it and what the application or a person wrote."""
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
    """The same shape, each text and each key replaced."""
    if isinstance(data, str):
        return ERASED
    if isinstance(data, Mapping):
        texts = enumerate(data.values(), start=1)
        return {f"{ERASED}-{number}": _texts_erased(value) for number, value in texts}
    if isinstance(data, list | tuple):
        return [_texts_erased(value) for value in data]
    return data
