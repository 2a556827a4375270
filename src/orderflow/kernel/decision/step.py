"""What guards and hooks see."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from orderflow.model.frozen_mapping import HoldsMappings
from orderflow.model.order import Order
from orderflow.model.state import FulfillmentOrder, Return
from orderflow.renamed import keeps_old_members

__all__ = ["Committed", "Fired", "Step"]


@keeps_old_members
@attrs.frozen
class Step(HoldsMappings):
    """One move being decided.

    Attributes:
        order: The order: as it was, for guards, ``before`` and ``on_exit``; as it will be, for
            ``on_enter`` and ``after``.
        trigger: What fires.
        actor: Who asks.
        now: UTC.
        fo: The fulfillment order that moves, if one does.
        rma: The return that moves, if one does.
        data: What came with the trigger.
        external: What the application's providers of external data returned.
    """

    order: Order
    trigger: str
    actor: str
    now: datetime
    fo: FulfillmentOrder | None = None
    rma: Return | None = None
    data: Mapping[str, Any] = attrs.field(factory=dict)
    external: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen
class Fired:
    """A transition that a decision took, for the watchers. *subject*: order, FO or return."""

    workflow: str
    trigger: str
    source: str
    dest: str
    subject: str


@attrs.frozen
class Committed:
    """What a watcher is told after the commit: at least once, with the same *key*."""

    key: str
    order: Order
    point: str
    name: str
    subject: str
