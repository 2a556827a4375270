"""The random machine's rules for the outside: partners, carriers, customers, banks."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from orderflow.model.observations import (
    CancellationAnswered,
    GoodsReturned,
    GoodsShipped,
    InvoiceLine,
    InvoiceReceived,
    LineAnswer,
    ObservationBody,
    PaymentReported,
    RequestAnswered,
    RequestReceived,
    TrackingReported,
    Verdict,
)
from orderflow.model.parcel import ParcelStatus
from orderflow.model.state import PaymentOutcome
from orderflow.testing.shop import Shop

__all__ = ["OutsideWorld"]

_ENDS = (ParcelStatus.DELIVERED, ParcelStatus.DELIVERED, ParcelStatus.LOST)


class OutsideWorld(Shop):
    """Observations: early, late, repeated, out of order, about too many units."""

    @precondition(lambda self: self.requests_at_partners())
    @rule(data=st.data())
    def partner_says(self, data: st.DataObject) -> None:
        """A partner reports about a request."""
        fo = data.draw(st.sampled_from(self.requests_at_partners()), label="fo").id
        line = data.draw(st.sampled_from(["1", "1", "2", "3"]), label="line")
        some = data.draw(st.none() | st.integers(1, 3), label="units")
        units = {line: some or 1}
        verdict = data.draw(st.sampled_from(Verdict), label="verdict")
        later = data.draw(st.none() | st.just(self.clock.now() + timedelta(days=3)), label="at")
        costs = Decimal(data.draw(st.integers(2, 3), label="cost"))
        notice = data.draw(st.sampled_from(["N1", "N2", "N3", "N4"]), label="notice")
        number = data.draw(st.sampled_from(["", "1Z1", "1Z2"]), label="tracking number")
        reply = LineAnswer(
            line=line,
            verdict=verdict,
            quantity=some,
            reason=data.draw(st.sampled_from(["", "out_of_stock"]), label="reason"),
            at=later,
            unit_cost=data.draw(st.none() | st.just(costs), label="its cost"),
            substitute="PAN" if verdict is Verdict.SUBSTITUTED else None,
        )
        invoiced = InvoiceLine(line=line, quantity=some or 1, unit_cost=costs)
        shipped = GoodsShipped(fo=fo, notice=notice, lines=units, tracking_number=number)
        facts: list[ObservationBody] = [
            RequestReceived(fo=fo, reference=f"PO-{fo}"),
            RequestAnswered(fo=fo),
            RequestAnswered(fo=fo, rejected="no"),
            RequestAnswered(fo=fo, lines=(reply,)),
            shipped,
            shipped,
            CancellationAnswered(fo=fo, lines=units),
            CancellationAnswered(fo=fo),
            InvoiceReceived(fo=fo, number=notice, lines=(invoiced,)),
        ]
        fact = data.draw(st.sampled_from(facts), label="fact")
        self.engine.observe(fact.at(self.clock.now()))

    @precondition(lambda self: self.tracking_numbers())
    @rule(data=st.data(), status=st.sampled_from(list(ParcelStatus)[3:12]), ago=st.integers(0, 9))
    def scan(self, data: st.DataObject, status: ParcelStatus, ago: int) -> None:
        """A carrier scans a parcel, possibly an unknown one."""
        numbers = [*self.tracking_numbers(), "1Z1", "1Z2", "T99"]
        number = data.draw(st.sampled_from(numbers), label="number")
        fact = TrackingReported(tracking_number=number, status=status)
        self.engine.observe(fact.at(self.clock.now() - timedelta(hours=ago)))

    @precondition(lambda self: self.tracking_numbers())
    @rule(data=st.data(), status=st.sampled_from(_ENDS))
    def journey_ends(self, data: st.DataObject, status: ParcelStatus) -> None:
        """A parcel arrives, or is lost; all messages about it are processed at once."""
        number = data.draw(st.sampled_from(self.tracking_numbers()), label="number")
        fact = TrackingReported(tracking_number=number, status=status)
        self.engine.observe(fact.at(self.clock.now()))
        self.engine.worker.run_until_idle()

    @precondition(lambda self: self.placed)
    @rule(data=st.data(), fact=st.sampled_from(PaymentOutcome), reference=st.sampled_from("ab"))
    def payment(self, data: st.DataObject, fact: PaymentOutcome, reference: str) -> None:
        """A payment provider reports."""
        paid = PaymentReported(fact=fact, amount=100, reference=reference)
        self.engine.observe(paid.at(self.clock.now(), subject=self.one_order(data).id))

    @precondition(lambda self: self.placed)
    @rule(data=st.data(), units=st.integers(1, 3))
    def goods_come_back(self, data: st.DataObject, units: int) -> None:
        """Goods are returned: announced or not, possibly more than were shipped."""
        order = self.one_order(data)
        if order.lines:
            rma = data.draw(st.sampled_from([None, *order.state.returns]), label="rma")
            back = GoodsReturned(lines={order.lines[0].id: units}, rma=rma)
            self.engine.observe(back.at(self.clock.now(), subject=order.id))
