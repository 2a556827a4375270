"""The standard shop: every method of fulfillment, chosen by an attribute of the line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderflow.engine import Engine
from orderflow.errors import Refusal
from orderflow.fulfillment import (
    Digital,
    Dropship,
    Handover,
    InHouse,
    Pickup,
    Steps,
    ThirdParty,
)
from orderflow.fulfillment.strategy import FulfillmentStrategy
from orderflow.kernel.decision.workflows import IN_HOUSE, PICKUP, REMOTE
from orderflow.model.document import Line
from orderflow.model.order import Order
from orderflow.policies import StepPolicy
from orderflow.ports import Carrier, Clock, DocumentStore, Ids, Partner, Store
from orderflow.simulation import SimulatedCarrier, SimulatedPartner, VirtualClock

if TYPE_CHECKING:
    from orderflow.documents import Printer

__all__ = ["BY_ORDER", "method_of", "standard_shop"]


def method_of(line: Line) -> str:
    """The method of a line: its attribute ``method``, or ``in_house``."""
    return str(line.attributes.get("method", "in_house"))


class _Chosen(FulfillmentStrategy):
    """Accepts the lines of its method."""

    def accepts(self, line: Line) -> Refusal | None:
        if line.ships and method_of(line) != self.code:
            what = f"line {line.id} ({line.sku}) is for {method_of(line)}"
            return Refusal("method.other", what)
        return super().accepts(line)  # type: ignore[safe-super]  # beside a real one


class _InHouse(_Chosen, InHouse): ...


class _Dropship(_Chosen, Dropship): ...


class _ThirdParty(_Chosen, ThirdParty): ...


def _by_people(order: Order) -> bool:
    return order.attributes.get("worked_by") == "people"


BY_ORDER = Steps(manual={"pick", "pack", "ship", "put_away", "submit"}, when=_by_people)
"""Automated, except for orders whose attribute ``worked_by`` is ``people``."""


def standard_shop(  # noqa: PLR0913 (one keyword for each part of the shop)
    store: Store,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    steps: StepPolicy = BY_ORDER,
    carrier: Carrier | None = None,
    supplier: Partner | None = None,
    provider: Partner | None = None,
    printer: Printer | None = None,
    documents: DocumentStore | None = None,
    engine: type[Engine] = Engine,
) -> Engine:
    """An engine on *store* with in-house, dropship, 3PL, pickup, counter sale and digital lines."""
    at = clock or VirtualClock()
    strategies = [
        _InHouse(carrier=carrier or SimulatedCarrier(at)),
        _Dropship(supplier or SimulatedPartner(at), cost=lambda line: line.unit_price / 2),
        _ThirdParty(provider or SimulatedPartner(at)),
        Pickup(),
        Handover(),
        Digital(),
    ]
    hooks = printer.hooks(picked=[IN_HOUSE, PICKUP], submitted=[REMOTE]) if printer else None
    return engine(
        store,
        strategies,
        clock=clock,
        ids=ids,
        steps=steps,
        hooks=hooks,
        performers={"document": printer} if printer else None,
        documents=documents,
    )
