"""Who may do what."""

from __future__ import annotations

from typing import Any

from orderflow.fulfillment import MANUAL
from orderflow.model.commands import CloseTask, Confirm, Pick
from orderflow.model.observations import GoodsReturned
from tests.cases.shop import Shop, case, expect, line, refusal, require

ROLES = {"ana": frozenset({"sales", "warehouse"}), "eve": frozenset[str]()}


def mug_ordered(roles_of: Any = lambda actor: ROLES.get(actor, frozenset())) -> Shop:
    """A mug is ordered in a shop of people, of whom eve has no role."""
    shop = Shop(steps=MANUAL, roles_of=roles_of)
    shop.stock("MUG", 3)
    shop.place(line("MUG"))
    return shop


PICK = Pick(fo="A-1-F1", units={"1": 1})


@case("a step is refused as a command where its task is refused", "high")
def step_as_a_command() -> None:
    """Eve may not complete the task "confirm"; she sends ``Confirm`` and ``Pick`` as commands.

    Right: refused with ``actor.role_missing``, too. Kind: roles guard what is done, whichever door
    it comes through.
    """
    shop = mug_ordered()
    got = [shop.do(Confirm(), by="eve")]
    shop.do(Confirm(), by="ana")
    got.append(shop.do(PICK, by="eve"))
    expect(["actor.role_missing", "actor.role_missing"], got)


@case("a task of support is not closed by just anybody", "high")
def close_task() -> None:
    """Goods came back that nobody expected: a task for support, which eve may not complete.

    Right: nor may she close it by ``CloseTask``. Kind: the same.
    """
    shop = mug_ordered()
    shop.do(Confirm(), by="ana")
    shop.do(PICK, by="ana")
    shop.hear(GoodsReturned(lines={"1": 1}))
    (key,) = shop.tasks("exception")
    got = shop.do(CloseTask(task=key), by="eve")
    require("refused, the task is still open", got != "done" and bool(shop.tasks("exception")), got)


@case("somebody whom nobody knows has no role", "high")
def unknown_actor() -> None:
    """``roles_of=ROLES.get``, as one writes it, and an actor who is not in the table.

    Right: refused. Kind: what is not known fails closed.
    """
    shop = mug_ordered(ROLES.get)
    (key, *_) = shop.tasks()
    expect("actor.role_missing", refusal(lambda: shop.engine.complete(key, by="mallory")))


@case("explain offers somebody only what they may do", "medium")
def offers() -> None:
    """``explain(order, by="eve")``.

    Right: steps that are tasks for a role are not offered to her. Kind: an offer is what ``submit``
    would take.
    """
    told = mug_ordered().engine.explain("A-1", by="eve")
    offered = [offer.command.body.kind for offer in told.allowed]
    require("no confirm for eve", "confirm" not in offered, ", ".join(offered))
