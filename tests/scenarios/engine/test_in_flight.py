"""A hold is placed while a worker has claimed something: nothing of it is lost, or done twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from orderflow import Line
from orderflow.fulfillment import Dropship
from orderflow.model.commands import Cancel, PlaceHold, ReleaseHold
from orderflow.model.document import Terms
from orderflow.model.observations import CancellationAnswered, ObservationBody
from orderflow.policies import when_paid
from orderflow.ports import PartnerCancellation, PartnerRequest, RefundRequest
from orderflow.testing import FakePartner
from tests.shop import Shop


class Interrupted(FakePartner):
    """A party, and a bank, that is called at the moment at which a hold is placed."""

    def __init__(self) -> None:
        super().__init__()
        self.at: str = ""
        self.refunds: list[RefundRequest] = []
        self.hold: Callable[[], object] = lambda: None

    def _meanwhile(self, call: str) -> None:
        if call == self.at:
            self.at = ""
            self.hold()

    def submit(self, request: PartnerRequest) -> ObservationBody | None:
        self._meanwhile("submit")
        return super().submit(request)

    def cancel(self, request: PartnerCancellation) -> ObservationBody | None:
        self._meanwhile("give_up")
        return super().cancel(request)

    def refund(self, request: RefundRequest) -> None:
        self._meanwhile("refund")
        self.refunds.append(request)


@pytest.mark.parametrize("call", ["submit", "give_up", "refund"])
def test_what_was_taken_while_a_hold_came_is_waited_for(call: str) -> None:
    party = Interrupted()
    shop = Shop(Dropship(party), payments=party)
    party.hold = lambda: shop.engine.submit(PlaceHold(hold="look", reason="look").to("A-1"))
    party.at = call

    def goes_on() -> None:
        if shop.order.state.holds:
            shop.does(ReleaseHold(hold="look"))

    shop.place(Line(sku="MUG", quantity=2, amount=1000))
    goes_on()
    shop.pays(2000)
    shop.does(Cancel(lines={"1": 1}), by="customer")
    goes_on()
    shop.says(CancellationAnswered(fo="A-1-F1", lines={"1": 1}))
    goes_on()
    assert party.at == "", f"{call} was never called"
    calls: list[list[Any]] = [party.asked, party.cancellations, party.refunds]
    assert [len(made) for made in calls] == [1, 1, 1]
    shop.passes(days=9)
    assert "overdue.payments" in shop.tasks()


@pytest.mark.parametrize("terms", [Terms.PREPAID, Terms.INVOICE])
def test_a_timer_that_fires_while_a_hold_comes_fires_after_it(terms: Terms) -> None:
    """Of an unpaid order the time to pay, of a delivered one the request for a review."""
    shop = Shop(release=when_paid).place(terms=terms)
    if terms is Terms.INVOICE:
        shop.pays(1000)
        shop.delivers()
    for _ in range(9):
        shop.clock.move_to(shop.engine.worker.next_due() or shop.clock.now())
        (row,) = shop.engine.worker._claim()
        if row.name in ("payment", "review"):
            break
        shop.engine.worker.do([row])
        shop.work()
    shop.engine.submit(PlaceHold(hold="look", reason="look").to("A-1"))
    shop.engine.worker.do([row])
    shop.work()
    assert shop.order.status != "cancelled"
    assert "review-request" not in shop.told
    shop.does(ReleaseHold(hold="look"))
    after = {Terms.PREPAID: shop.order.status == "cancelled", Terms.INVOICE: len(shop.told) == 1}
    assert after[terms], (shop.order, shop.told)
