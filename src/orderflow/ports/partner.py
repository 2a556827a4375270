"""Another company that ships for us: what it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol, runtime_checkable

import attrs

from orderflow.model.document import Address
from orderflow.model.frozen_mapping import HoldsMappings
from orderflow.model.observations import ObservationBody

__all__ = [
    "AcceptsReturns",
    "Partner",
    "PartnerCancellation",
    "PartnerRequest",
    "PartnerReturn",
    "RequestLine",
]


@attrs.frozen
class RequestLine:
    """Units that a party is to ship. *unit_cost* is what we pay it for one."""

    line: str
    sku: str
    quantity: int
    name: str = ""
    unit_cost: Decimal | None = None


@attrs.frozen
class PartnerRequest:
    """What a party is to ship, and to whom: a purchase order, or a warehouse order.

    *number* is what its answers name as ``fo``; *location* is empty for a supplier's own stock.
    """

    key: str
    number: str
    order: str
    lines: tuple[RequestLine, ...]
    ship_to: Address | None
    currency: str
    location: str = ""
    gift_message: str = ""


@attrs.frozen
class PartnerCancellation(HoldsMappings):
    """Units that a party is asked not to ship."""

    key: str
    number: str
    lines: Mapping[str, int]
    reason: str


class Partner(Protocol):
    """Another company that ships for us: a supplier, a logistics provider.

    Every call may come again with the same key, and then is the same request. It answers with a
    fact at once, or with None where its answer comes later, by :meth:`orderflow.Engine.observe`.
    """

    def submit(self, request: PartnerRequest) -> ObservationBody | None:
        """Take a request. Raises PortFailed."""

    def cancel(self, request: PartnerCancellation) -> ObservationBody | None:
        """Be asked to give units up; it may refuse. Raises PortFailed."""

    def chase(self, key: str, number: str) -> None:
        """Be reminded that an answer, or the goods, are due. Raises PortFailed."""


@attrs.frozen
class PartnerReturn(HoldsMappings):
    """Units that a customer wants to send back to the party that shipped them."""

    key: str
    number: str
    order: str
    lines: Mapping[str, int]
    reason: str


@runtime_checkable
class AcceptsReturns(Protocol):
    """What a party has besides that is asked before goods are returned to it."""

    def accept_return(self, request: PartnerReturn) -> ObservationBody | None:
        """Answer with ReturnAnswered, now or later. Raises PortFailed."""
