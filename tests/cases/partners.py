"""Suppliers, providers and partners with states of their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial, wraps

from orderflow import REMOTE, Dropship, Phase, State, Steps, Transition
from orderflow.errors import InvalidWorkflow
from orderflow.model.commands import Cancel, Confirm
from orderflow.model.observations import CancellationAnswered, RequestAnswered
from orderflow.policies import when_paid
from orderflow.testing import FakePartner
from orderflow.workflow import PartnerAnswer
from tests.cases.shop import Shop, answer, case, expect, line, notice, require


@case("a ship notice that comes before the order is released", "high")
def notice_before_release() -> None:
    """A prepaid order waits for payment; the supplier ships already; ten days later it is paid.

    Right: shipped, nothing is ordered twice, the notice is known. Kind: facts about a fulfillment
    order that exists, in whichever state it is.
    """
    party, by_hand = FakePartner(), Steps(manual=frozenset({"confirm"}))
    shop = Shop(Dropship(party), steps=by_hand, release=when_paid)
    shop.place(line("X", price="10"), terms="prepaid")
    shop.wait(hours=5)
    shop.hear(notice(carrier="c"), about="")
    shop.wait(days=10)
    shop.pay(1000)
    shop.do(Confirm())
    inbox = len(shop.engine.unmatched())
    got = {"status": shop.status(), "ordered": len(party.asked), "inbox": inbox}
    expect({"status": "shipped", "ordered": 0, "inbox": 0}, got)


def in_print_shop(play: Callable[[Shop], None]) -> Callable[[], None]:
    """A play at a partner that has accepted, and prints before it despatches.

    Where ``REMOTE`` refuses to be extended so, as incomplete, that is right, too.
    """

    @wraps(play)
    def whole() -> None:
        try:
            flow = REMOTE.extend(
                name="print-shop",
                states=[
                    State("printing", Phase.WORKING, PartnerAnswer("printer", timedelta(days=3)))
                ],
                transitions=[
                    Transition("accept", "submitted", "printing"),
                    Transition("printed", "printing", "accepted"),
                ],
                without=[("accept", "submitted")],
            )
        except InvalidWorkflow:
            return

        class PrintShop(Dropship):
            workflow = flow

        shop = Shop(PrintShop(FakePartner(), code="printer"))
        shop.place(line("T", 2))
        shop.hear(RequestAnswered(fo="A-1-F1"), about="")
        play(shop)

    return whole


@case("a partner's own state, and the goods leave before it is over", "high")
@in_print_shop
def partner_ships_early(shop: Shop) -> None:
    """The goods are shipped and delivered before ``printed`` is heard.

    Right: the fulfillment order ends and the order completes, or the workflow is refused with the
    transition that is missing. Kind: what every state after the request must lead on by.
    """
    shop.hear(notice(2), about="")
    shop.scan("T1", "delivered")
    shop.days(60)
    expect(("completed", "fulfilled"), (shop.status(), shop.fo()))


@case("a partner's own state, and all is cancelled and given up", "high")
@in_print_shop
def partner_cancelled(shop: Shop) -> None:
    """The customer cancels, and the partner gives everything up.

    Right: the fulfillment order is cancelled with the order, and nobody is reminded. Kind: the
    same.
    """
    shop.do(Cancel())
    shop.hear(CancellationAnswered(fo="A-1-F1", lines={"1": 2}), about="")
    shop.days(20)
    expect(("cancelled", "cancelled", []), (shop.status(), shop.fo(), shop.tasks()))


@case("a partner's own state, and it rejects late", "high")
@in_print_shop
def partner_rejects_late(shop: Shop) -> None:
    """The machine breaks, and the partner rejects what it had accepted.

    Right: the fulfillment order is over, its units free for somebody else. Kind: the same.
    """
    shop.hear(RequestAnswered(fo="A-1-F1", rejected="machine broke"), about="")
    state, blocked = shop.fo(), shop.tasks("exception.blocked")
    over = state != "printing" and not blocked
    require("the fulfillment order is over", over, f"{state}, {blocked}")


@case("an answer offered by a task ends in no foreign error", "medium")
@in_print_shop
def answer_shipped(shop: Shop) -> None:
    """The partner is late, the goods had left; a person gives the answer ``shipped`` of the task.

    Right: taken, or a typed refusal. Kind: forms that build commands and facts from what people
    typed.
    """
    shop.hear(notice(2), about="")
    shop.days(10)
    data = {"answer": "shipped", "tracking_number": "T1"}
    late = shop.tasks("overdue.printer")
    got = [answer(partial(shop.engine.complete, key, by="sue", data=data)) for key in late]
    expect([], [word for word in got if word.endswith("escapes")])


@case("answered late that the supplier is waited for: not asked again at once", "medium")
def waiting_answered_late() -> None:
    """A task about a silent supplier is open for twenty days; then a person answers "waiting".

    Right: it opens again two days after the answer. Kind: a window that is counted from the first
    moment where an answer began a new one.
    """
    shop = Shop(Dropship(FakePartner()))
    shop.place(line("L"))

    def hours_until_asked(step: int) -> int:
        hours = 0
        while not shop.tasks("overdue.fulfiller"):
            shop.wait(hours=step)
            hours += step
        return hours

    hours_until_asked(12)
    shop.wait(days=20)
    (late,) = shop.tasks("overdue.fulfiller")
    shop.engine.complete(late, by="ana", data={"answer": "waiting"})
    shop.run()
    expect(48, hours_until_asked(6))


@case("a partner's own word, as a fact", "high", open=True)
def own_fact() -> None:
    """A partner calls back: "printed". As a command it is refused on hold, or out of turn.

    To become possible: an application declares a fact of its own: never refused, kept where it fits
    nothing yet, followed when it does.
    """
