"""Another company that ships for us: the requests that it gets."""

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
    """Units that a partner is to ship. *unit_cost* is our price for one unit."""

    line: str
    sku: str
    quantity: int
    name: str = ""
    unit_cost: Decimal | None = None


@attrs.frozen
class PartnerRequest:
    """A request to ship to an address: a purchase order, or a warehouse order.

    Its answers name *number* as ``fo``; *location* is empty for a supplier's own stock.
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
    """A cancellation request to a partner: units per line."""

    key: str
    number: str
    lines: Mapping[str, int]
    reason: str


class Partner(Protocol):
    """Another company that ships for us: a supplier, a logistics provider.

    A call may be repeated with the same key, and is then the same request. It returns an
    observation, or None where the answer comes later, by :meth:`orderflow.Engine.observe`.
    """

    def submit(self, request: PartnerRequest) -> ObservationBody | None:
        """Accept a request. Raises PortFailed."""

    def cancel(self, request: PartnerCancellation) -> ObservationBody | None:
        """Cancel units of a request; the partner may refuse. Raises PortFailed."""

    def chase(self, key: str, number: str) -> None:
        """Chase the partner for a due answer or due goods. Raises PortFailed."""


@attrs.frozen
class PartnerReturn(HoldsMappings):
    """Units that a customer wants to return to the partner that shipped them."""

    key: str
    number: str
    order: str
    lines: Mapping[str, int]
    reason: str


@runtime_checkable
class AcceptsReturns(Protocol):
    """Optional partner capability: is asked before goods are returned to it."""

    def accept_return(self, request: PartnerReturn) -> ObservationBody | None:
        """Answer with ReturnAnswered, now or later. Raises PortFailed."""
