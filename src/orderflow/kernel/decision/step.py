"""Steps: what guards, hooks and watchers see."""

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
    """One transition being decided.

    Attributes:
        order: Before the move for guards, ``before`` and ``on_exit``; after it for ``on_enter``
            and ``after``.
        trigger: The trigger that fires.
        actor: Who fires it.
        now: UTC.
        fo: The fulfillment order that moves, if one does.
        rma: The return that moves, if one does.
        data: The data given with the trigger.
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
    """A watcher's argument after the commit: at least once, with the same *key*."""

    key: str
    order: Order
    point: str
    name: str
    subject: str
