"""Data of an erased person's order that a law requires to keep."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from orderflow.model.events import Entry
from orderflow.model.frozen_mapping import HoldsMappings

__all__ = ["Kept", "Restricted"]


@attrs.frozen
class Kept:
    """A retention duty for an order: kind of rows, end and law.

    *kind* is a kind of rows, or ``documents`` and the pattern of their names.
    """

    order: str
    kind: str
    until: datetime
    because: str


@attrs.frozen
class Restricted(HoldsMappings):
    """Retained personal data, readable for one role only. *person* is the pseudonym.

    Fields of the order's document, as JSON; original entries of the journals of the order and its
    parcels; documents by name. *since* is the pseudonym at the time where the data came after the
    erasure: it is kept next to the earlier data.
    """

    kept: Kept
    person: str
    document: Mapping[str, Any] = attrs.field(factory=dict)
    entries: tuple[Entry, ...] = ()
    documents: Mapping[str, bytes] = attrs.field(factory=dict)
    since: str = ""

    @property
    def key(self) -> str:
        """The key of its row, a timer that erases it."""
        since = f":{self.since}" if self.since else ""
        return f"restricted:{self.kept.order}:{self.kept.kind}{since}"

    @property
    def owner(self) -> str:
        """The owner of its row."""
        return f"restricted:{self.person}"
