"""Fulfillment by another company: a supplier that ships directly, or a logistics provider."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from orderflow.errors import Refusal
from orderflow.fulfillment.strategy import FulfillmentStrategy
from orderflow.kernel.decision.workflows import REMOTE
from orderflow.model.document import Line
from orderflow.model.ledger import Bucket
from orderflow.ports import (
    AcceptsReturns,
    EffectAnswer,
    EffectAttempt,
    Partner,
    PartnerCancellation,
    PartnerRequest,
    PartnerReturn,
    RequestLine,
)
from orderflow.renamed import with_new_names

__all__ = ["Dropship", "ThirdParty"]


class _ByPartner(FulfillmentStrategy):
    """Sends requests to a partner; answers come at once, or later as observations."""

    workflow = REMOTE

    def __init__(self, partner: Partner) -> None:
        self.partner: Partner = with_new_names(partner, "Partner")

    @property
    def accepts_returns(self) -> bool:
        """Whether the partner is asked before returns."""
        return isinstance(self.partner, AcceptsReturns)

    def accepts(self, line: Line) -> Refusal | None:
        """Accepts lines that need shipping."""
        if line.ships:
            return None
        return Refusal("party.no_goods", f"line {line.id} ({line.sku}) needs no shipping")

    def perform(self, effect: EffectAttempt) -> EffectAnswer:
        """Submit a request, request a cancellation, or chase."""
        match effect.name:
            case "submit":
                return self.partner.submit(self.request(effect))
            case "ask_back":
                asked = effect.order.state.cancellations[effect.subject]
                return self.partner.cancel(
                    PartnerCancellation(effect.key, asked.fo, asked.lines, asked.reason)
                )
            case "remind":
                self.partner.chase(effect.key, effect.subject)
                return None
            case "approve_return" if isinstance(self.partner, AcceptsReturns):
                rma, order = effect.order.state.returns[effect.subject], effect.order.id
                return self.partner.accept_return(
                    PartnerReturn(effect.key, rma.id, order, rma.lines, rma.reason)
                )
        return super().perform(effect)

    def request(self, effect: EffectAttempt) -> PartnerRequest:
        """The request for the partner: units, address, and agreed costs."""
        order, fo = effect.order, effect.order.fulfillment_orders[effect.subject]
        lines = tuple(
            RequestLine(
                line, order.line(line).sku, units, order.line(line).name, fo.costs.get(line)
            )
            for line, units in order.units(Bucket.ALLOCATED, fo=fo.id).items()
        )
        document = order.document
        return PartnerRequest(
            effect.key,
            fo.id,
            order.id,
            lines,
            document.ship_to,
            document.currency,
            fo.location,
            document.gift_message,
        )


class Dropship(_ByPartner):
    """A supplier ships to our customer from its own stock.

    Args:
        supplier: Gets the purchase orders.
        code: The supplier's unique name in journals.
        cost: Our cost of a unit of a line, for the purchase order.
        locations: Locations of the stock that the supplier reports to us; without, every line
            that it accepts counts as available until it answers.
    """

    def __init__(
        self,
        supplier: Partner,
        *,
        code: str = "dropship",
        cost: Callable[[Line], Decimal | None] = lambda _line: None,
        locations: tuple[str, ...] = ("",),
    ) -> None:
        super().__init__(supplier)
        self.code, self.locations, self._cost = code, locations, cost

    def cost(self, line: Line) -> Decimal | None:
        """The unit cost for the purchase order."""
        return self._cost(line)


class ThirdParty(_ByPartner):
    """A logistics provider keeps our stock at its locations, ships it, and takes returns.

    Args:
        provider: Gets the warehouse orders.
        locations: The locations of our stock, the preferred one first.
        code: The provider's unique name in journals.
    """

    def __init__(self, provider: Partner, *locations: str, code: str = "third_party") -> None:
        super().__init__(provider)
        self.code, self.locations = code, locations or (code,)
