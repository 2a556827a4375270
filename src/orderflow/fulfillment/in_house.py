"""Fulfillment from our own stock: we pick, pack and ship."""

from __future__ import annotations

import hashlib

from orderflow.errors import Refusal
from orderflow.fulfillment.strategy import FulfillmentStrategy
from orderflow.kernel.decision.workflows import IN_HOUSE
from orderflow.model.amount_due import cash_to_collect
from orderflow.model.commands import Pick
from orderflow.model.document import Line
from orderflow.model.ledger import Bucket
from orderflow.model.observations import LabelBought, LabelVoided
from orderflow.model.work import effect_key
from orderflow.money import Money
from orderflow.ports import (
    Carrier,
    EffectAnswer,
    EffectAttempt,
    Intercepting,
    Label,
    LabelRequest,
    Picked,
    PickRequest,
    Warehouse,
)

__all__ = ["InHouse", "OwnVan", "OwnWarehouse"]


class OwnWarehouse:
    """The warehouse port's in-memory twin: every unit is on its shelf."""

    def pick(self, request: PickRequest) -> Picked:
        """All requested units."""
        return Picked(request.units)


class OwnVan:
    """The carrier port's in-memory twin: tracking numbers derive from the key."""

    code = "own-van"

    def buy_label(self, request: LabelRequest) -> Label:
        """The same number for the same key."""
        digest = hashlib.sha256(request.key.encode()).hexdigest()
        return Label(self.code, f"OV{int(digest[:15], 16) % 10**12:012d}")

    def find(self, key: str) -> Label | None:
        """None: buying again gives the same label."""
        del key
        return None

    def void_label(self, key: str, label: Label) -> None:
        """Nothing: a van's label costs nothing."""

    def hand_over(self, key: str, label: Label) -> None:
        """Nothing: the van is at the door."""


class InHouse(FulfillmentStrategy):
    """In-house fulfillment.

    Args:
        locations: The locations of the stock, the preferred one first.
        warehouse: Picks where picking is automatic.
        carrier: Sells labels and transports.
    """

    code = "in_house"
    workflow = IN_HOUSE

    def __init__(
        self,
        *locations: str,
        warehouse: Warehouse | None = None,
        carrier: Carrier | None = None,
    ) -> None:
        self.locations = locations or ("main",)
        self.warehouse = warehouse or OwnWarehouse()
        self.carrier = carrier or OwnVan()

    def accepts(self, line: Line) -> Refusal | None:
        """Accepts lines that need shipping."""
        if line.ships:
            return None
        return Refusal("in_house.no_goods", f"line {line.id} ({line.sku}) needs no shipping")

    def perform(self, effect: EffectAttempt) -> EffectAnswer:
        """Pick through the warehouse, label through the carrier; other steps have no port."""
        match effect.name:
            case "pick":
                return self._pick(effect)
            case "label":
                return self._label(effect)
            case "void_label":
                return self._void(effect)
            case "ship":
                view = effect.order.state.parcels[effect.subject]
                self.carrier.hand_over(effect.key, Label(view.carrier, view.tracking_number))
            case "intercept" if isinstance(self.carrier, Intercepting):
                view = effect.order.state.parcels[effect.subject]
                self.carrier.intercept(effect.key, Label(view.carrier, view.tracking_number))
                return None
        return super().perform(effect)

    def _pick(self, effect: EffectAttempt) -> EffectAnswer:
        units = effect.order.units(Bucket.ALLOCATED, fo=effect.subject)
        skus = {line: effect.order.state.lines[line].sku for line in units}
        order, fo = effect.order.id, effect.subject
        location = effect.order.fulfillment_orders[fo].location
        found = self.warehouse.pick(PickRequest(effect.key, order, fo, location, units, skus))
        return Pick(fo=fo, units=dict(found.units), short=dict(found.short), items=found.items)

    def _label(self, effect: EffectAttempt) -> EffectAnswer:
        assert effect.parcel is not None  # a label is always for a parcel
        known = self.carrier.find(effect.key) if effect.attempt > 1 else None
        label = known or self.carrier.buy_label(_label_request(effect))
        return LabelBought(
            parcel=effect.parcel.id, carrier=label.carrier, tracking_number=label.tracking_number
        )

    def _void(self, effect: EffectAttempt) -> EffectAnswer:
        assert effect.parcel is not None  # a label is always for a parcel
        label: Label | None = Label(effect.parcel.carrier, effect.parcel.tracking_number)
        if not effect.parcel.tracking_number:
            label = self.carrier.find(
                effect_key(effect.parcel.id, "label", effect.parcel.generation)
            )
        if label is not None:
            self.carrier.void_label(effect.key, label)
        return LabelVoided(parcel=effect.parcel.id)


def _label_request(effect: EffectAttempt) -> LabelRequest:
    assert effect.parcel is not None  # a label is always for a parcel
    weights = {line.id: line.item.weight_g or 0 for line in effect.order.lines}
    weight = sum(
        weights.get(content.line, 0) * content.quantity
        for content in effect.parcel.contents
        if content.order == effect.order.id
    )
    order, parcel = effect.order, effect.parcel
    cash = cash_to_collect(order, parcel.id)
    collect = Money(cash, order.state.currency) if cash else None
    ship_to = order.document.ship_to
    return LabelRequest(effect.key, parcel.id, parcel.orders, ship_to, weight, collect)
