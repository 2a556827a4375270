"""What a law keeps of an order whose person was forgotten."""

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
    """That a law keeps something of an order: which kind, until when, and which law.

    *kind* is a kind of rows, or ``documents`` and the pattern of their names.
    """

    order: str
    kind: str
    until: datetime
    because: str


@attrs.frozen
class Restricted(HoldsMappings):
    """What is kept, and shown to nobody but who may read it. *person* tells whose, disguised.

    Fields of the order's document, as JSON; entries of the journals of the order and its parcels,
    as they were; documents by their names. *since* is the name that stood for the person already,
    where this came after they were forgotten: it stands beside what was kept before.
    """

    kept: Kept
    person: str
    document: Mapping[str, Any] = attrs.field(factory=dict)
    entries: tuple[Entry, ...] = ()
    documents: Mapping[str, bytes] = attrs.field(factory=dict)
    since: str = ""

    @property
    def key(self) -> str:
        """The key of its row: a timer that erases it."""
        since = f":{self.since}" if self.since else ""
        return f"restricted:{self.kept.order}:{self.kept.kind}{since}"

    @property
    def owner(self) -> str:
        """The owner of its row."""
        return f"restricted:{self.person}"
