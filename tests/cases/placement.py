"""Orders as they come in."""

from __future__ import annotations

from typing import Any

from orderflow import Hooks, Refusal, Step
from tests.cases.shop import POSTER, Shop, case, expect, order


@case("one order of a feed makes a guard raise", "high")
def batch() -> None:
    """A guard reads an attribute that one of 250 orders lacks, and refuses another.

    Right: 250 answers, 248 orders, and each error by its own. Kind: whatever one element of a batch
    raises (guards, hooks, policies, routings, providers of facts).
    """
    hooks = Hooks()

    @hooks.guard("place")
    def tier(step: Step) -> Refusal | None:
        blocked = step.order.attributes["tier"] == "blocked"
        return Refusal("tier.blocked", "not this one") if blocked else None

    engine = Shop(hooks=hooks).engine
    tiers: dict[int, dict[str, Any]] = {3: {}, 5: {"tier": "blocked"}}
    feed = {
        str(n): order(f"A-{n}", POSTER, attributes=tiers.get(n, {"tier": "gold"}))
        for n in range(250)
    }
    answers: object
    try:
        answers = len(engine.place_many(feed))
    except Exception as error:
        answers = type(error).__name__
    stored = sum(1 for _ in engine.orders())
    expect({"answers": 250, "stored": 248}, {"answers": answers, "stored": stored})


@case("a hook places a hold in the decision", "medium", open=True)
def hold_in_the_decision() -> None:
    """An order that looks like fraud is to be on hold before it is confirmed.

    To become possible: a hook adds a hold, as it adds effects, tasks and notes, in the same commit.
    Now a worker may confirm between placement and hold.
    """


@case("mend what an own guard asks for", "high", open=True)
def attributes() -> None:
    """A guard refuses until an engraving is shorter, and no command changes an attribute.

    To become possible: to edit an order's attributes, with a guard's consent, recorded in the
    journal. Now only a cancellation helps.
    """
