"""What performers and ports answer, and what is said when they fail."""

from __future__ import annotations

import logging
from typing import Any

from orderflow import Dropship, Hooks, InHouse, Refusal, Step
from orderflow.errors import PortFailed
from orderflow.model.commands import Cancel, Override, PlaceOrder, SaveDraft
from orderflow.model.observations import Feedback, FeedbackGiven
from orderflow.ports import EffectAnswer, EffectAttempt, PartnerRequest
from orderflow.testing import FakePartner
from tests.cases.shop import POSTER, Shop, answer, case, expect, line, order, require


class Odd(InHouse):
    """Answers what it is told to when it is asked to pick."""

    def __init__(self, reply: Any) -> None:
        super().__init__()
        self.reply = reply

    def perform(self, effect: EffectAttempt) -> EffectAnswer:
        return self.reply if effect.name == "pick" else super().perform(effect)


def answered(reply: Any) -> Shop:
    """A poster is to be picked, and the strategy answers so."""
    shop = Shop(Odd(reply))
    shop.place(line("P", price="3.00", stocked=False))
    return shop


@case("a strategy that answers with Place or Draft does not overwrite the order", "high")
def place_as_answer() -> None:
    """Asked to pick, a strategy answers with the placement of another order.

    Right: an error of the strategy: tried again, then a task; the order is what it was. Kind: an
    answer is compared with what was asked.
    """
    evil = order("EVIL", line("X", price="0.01"), currency="GBP")
    for reply in (PlaceOrder(order=evil), SaveDraft(order=evil)):
        kept = answered(reply).engine.order("A-1")
        skus = [sold.sku for sold in kept.state.lines.values()]
        expect(("3.00 EUR", ["P"]), (str(kept.document.total), skus))


@case("a strategy's answer is no override", "medium")
def override_as_answer() -> None:
    """Asked to pick, a strategy answers with an override of a cancellation.

    Right: an error of the strategy; an override needs a person with the role for it. Kind: the
    same.
    """
    shop = answered(Override(command=Cancel(), reason="because"))
    require("not cancelled", shop.status() != "cancelled", shop.status())


@case("a strategy forgets its return, or answers something else", "high")
def nothing_as_answer() -> None:
    """Asked to pick, a strategy that never answers later gives None, or a fact about another thing.

    Right: an error of the strategy, and in the end a task. Kind: an effect that counts as done
    while the wait that it stood for is still there.
    """
    got = []
    for reply in (None, FeedbackGiven(feedback=Feedback.REVIEW)):
        shop = answered(reply)
        shop.days(60)
        got.append(shop.silent())
    expect(["a task", "a task"], got)


@case("explain an order whose guard raises", "medium")
def explain_a_broken_guard() -> None:
    """A guard has a bug for one order, so its pick fails, and somebody wants to know why.

    Right: ``explain`` tells what it waits for, and names the guard and its error. Kind: reading a
    stuck order does not run into what made it stuck.
    """
    hooks = Hooks()

    @hooks.guard("picked")
    def short_text(step: Step) -> Refusal | None:
        long = len(step.order.attributes["engraving"]) > 40
        return Refusal("too.long", "too long") if long else None

    shop = Shop(hooks=hooks)
    shop.place(POSTER)
    expect("done", answer(lambda: shop.engine.explain("A-1")))


class Down(FakePartner):
    """A supplier whose server is down."""

    def submit(self, request: PartnerRequest) -> None:
        del request
        raise PortFailed("503 artwork server is down")


def supplier_is_down() -> Shop:
    """A supplier has failed once to take an order."""
    shop = Shop(Dropship(Down()))
    shop.place(line("L"))
    return shop


@case("a task for what failed says why it failed", "high")
def reason_in_the_task() -> None:
    """A supplier's server answers 503 until the attempts are used up.

    Right: the task says so, and a person knows what to do. Kind: the last error of whatever is
    handed to a person.
    """
    shop = supplier_is_down()
    for _ in range(24):
        shop.wait(hours=1)
    told = list(shop.engine.tasks())
    said = any("artwork server is down" in repr(task) for task in told)
    require("a task that says why", said, "; ".join(task.instructions for task in told))


@case("explain says that an attempt failed, and why", "medium")
def attempts_in_explain() -> None:
    """The same after the first failure.

    Right: ``explain`` tells of the error in what the order waits for. Kind: a wait has a history:
    attempts, last error, next try.
    """
    told = supplier_is_down().engine.explain("A-1")
    waits = "; ".join(wait.sentence for wait in told.pending)
    require("it tells of the error", "artwork server is down" in repr(told), waits)


@case("a failed attempt is logged", "high")
def failure_is_logged() -> None:
    """The same.

    Right: a line of level WARNING or above in the logger ``orderflow``. Kind: an operator sees a
    worker in trouble without reading the database.
    """
    seen: list[logging.LogRecord] = []

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(record)

    logging.getLogger("orderflow").addHandler(Keeping(logging.WARNING))
    supplier_is_down()
    require("a line in the log", bool(seen), "none")
