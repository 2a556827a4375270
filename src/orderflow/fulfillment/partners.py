"""Fulfilled by another company: a supplier who ships directly, or a logistics provider."""

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
    """Asks a party, and takes its answers: at once, or later as observations."""

    workflow = REMOTE

    def __init__(self, partner: Partner) -> None:
        self.partner: Partner = with_new_names(partner, "Partner")

    @property
    def accepts_returns(self) -> bool:
        """Where the party can be asked."""
        return isinstance(self.partner, AcceptsReturns)

    def accepts(self, line: Line) -> Refusal | None:
        """Lines that need shipping."""
        if line.ships:
            return None
        return Refusal("party.no_goods", f"line {line.id} ({line.sku}) needs no shipping")

    def perform(self, effect: EffectAttempt) -> EffectAnswer:
        """Submit a request, ask for units back, remind."""
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
        """The document that the party gets: what to ship, to whom, and what it may charge."""
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
    """A supplier ships to our customer, from stock of its own.

    Args:
        supplier: Who is sent the purchase orders.
        code: The supplier's name in journals; each supplier has one of its own.
        cost: What a unit of a line costs us; it stands on the purchase order.
        locations: Where we keep count of the supplier's stock, if it reports it to us; without,
            every line that it accepts is thought to be there, and its answer tells.
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
        """What the purchase order says that we pay for one unit."""
        return self._cost(line)


class ThirdParty(_ByPartner):
    """A logistics provider keeps our stock at its locations, ships it, and takes returns.

    Args:
        provider: Who is sent the warehouse orders.
        locations: Where it keeps our stock, the preferred one first.
        code: The provider's name in journals; each provider has one of its own.
    """

    def __init__(self, provider: Partner, *locations: str, code: str = "third_party") -> None:
        super().__init__(provider)
        self.code, self.locations = code, locations or (code,)
