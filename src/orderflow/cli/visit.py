"""Access to a store without the application's code: by the card of its rules."""

from __future__ import annotations

from typing import cast

from orderflow.cli.shop import BY_ORDER, standard_shop
from orderflow.engine import Engine
from orderflow.engine.card.reader import BadCard, NotOnCard, rules_of
from orderflow.engine.card.writer import card_of
from orderflow.fulfillment import MANUAL
from orderflow.kernel.decision.rules import Rules, Settings
from orderflow.policies import StepPolicy
from orderflow.ports import Clock, DocumentStore, EffectAnswer, EffectAttempt, Store

__all__ = ["Visitor", "visit"]


class Visitor(Engine):
    """An engine on another application's store: it stores no card.

    Attributes:
        lacks: Why its rules may not be the shop's; empty where they are.
        by_card: Whether its rules are those of the card, without their code.
    """

    lacks = ""
    by_card = False

    def _leave_card(self) -> None:
        pass


def visit(
    store: Store, documents: DocumentStore | None = None, clock: Clock | None = None
) -> Visitor:
    """The engine by the store's card: the standard shop, or the card's data alone.

    Without a readable card it is the standard shop, as a guess.
    """
    card = store.card()
    for steps in (BY_ORDER, MANUAL):
        found = _standard(store, documents, clock, steps)
        if card == card_of(found.rules):
            return found
    if card is not None:
        try:
            return _by_card(store, rules_of(card), documents, clock)
        except BadCard as error:
            lacks = str(error)
    else:
        lacks = "no engine has left a card of its rules here"
    found = _standard(store, documents, clock, BY_ORDER)
    found.lacks = lacks
    return found


def _standard(
    store: Store, documents: DocumentStore | None, clock: Clock | None, steps: StepPolicy
) -> Visitor:
    made = standard_shop(store, clock=clock, steps=steps, documents=documents, engine=Visitor)
    return cast(Visitor, made)


def _by_card(
    store: Store, rules: Rules, documents: DocumentStore | None, clock: Clock | None
) -> Visitor:
    settings: Settings = {name: getattr(rules, name) for name in Settings.__annotations__}  # type: ignore[assignment]  # the names of its keys
    found = Visitor(
        store,
        rules.fulfillers,  # type: ignore[arg-type]  # they are not asked to do anything
        performers={"refund": _Absent()} if rules.has_payment_provider else None,
        documents=documents,
        clock=clock,
        **settings,
    )
    found.by_card = True
    return found


class _Absent:
    """Replaces performers, which only the application has."""

    def perform(self, effect: EffectAttempt) -> EffectAnswer:
        """Raises NotOnCard: nothing is performed here."""
        raise NotOnCard(f"who does {effect.name} is code of the application")
