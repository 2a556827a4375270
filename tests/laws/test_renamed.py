"""An old name is the new one, with a warning: what may be imported, called, overridden, read."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from orderflow import Dropship, Engine, InHouse, NewOrder
from orderflow.engine import Explanation
from orderflow.engine.card.reader import rules_of
from orderflow.engine.card.writer import card_of
from orderflow.engine.doctor.page_cache import PageCache
from orderflow.fulfillment import FulfillmentStrategy
from orderflow.kernel.decision.step import Step
from orderflow.model.document import Line
from orderflow.model.state import Payments
from orderflow.model.stock import WaitingBackorder
from orderflow.ports import Partner, PartnerCancellation, PartnerRequest, Store
from orderflow.renamed import CARD, MEMBERS, NAMES
from orderflow.stores import MemoryStore, SqlStore
from orderflow.testing import FakePartner, PartnerContract

KINDS: Mapping[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        *(Engine, Explanation, FakePartner, FulfillmentStrategy, MemoryStore, Partner),
        *(PartnerContract, Payments, SqlStore, Step),
    )
}


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [(module, old, new) for module, names in NAMES.items() for old, new in names.items()],
)
def test_an_old_name_is_the_new_one(module: str, old: str, new: str) -> None:
    found = importlib.import_module(module)
    with pytest.warns(DeprecationWarning, match=f"{module}.{old} is now called {new}"):
        assert getattr(found, old) is getattr(found, new)
    assert old not in vars(found)


def test_a_name_that_never_was_is_none() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Never'"):
        importlib.import_module("orderflow.ports").Never  # noqa: B018 (what is asked for)


@pytest.mark.parametrize("kind", MEMBERS)
def test_an_old_member_has_a_new_one(kind: str) -> None:
    for old, new in MEMBERS[kind].items():
        there = getattr(KINDS[kind], "__annotations__", {}).keys() | {*dir(KINDS[kind])}
        assert new in there | {"accept_return", "dispatch", "lease_all", "lease_one"}, (old, new)


def newest(waiting: Sequence[WaitingBackorder]) -> Sequence[WaitingBackorder]:
    return waiting[::-1]


def test_an_engine_is_asked_by_its_old_names() -> None:
    old: Any = Engine
    with pytest.warns(DeprecationWarning, match=r"Engine\(serve=\) is now called backorder_pri"):
        engine = old(MemoryStore(), [InHouse()], serve=newest)
    assert engine.rules.backorder_priority is newest
    with pytest.warns(DeprecationWarning, match=r"Engine\.inbox is now called unmatched"):
        assert engine.inbox() == []


class OldPartner:
    """A partner as it was written for an earlier release."""

    def __init__(self) -> None:
        self.heard: list[object] = []

    def submit(self, request: PartnerRequest) -> None:
        self.heard.append(request)

    def give_up(self, request: PartnerCancellation) -> None:
        self.heard.append(request)

    def remind(self, key: str, number: str) -> None:
        self.heard.append((key, number))


class OldPartnerThatTakesBack(OldPartner):
    def take_back(self, request: object) -> None:
        self.heard.append(request)


@pytest.mark.parametrize("kind", [OldPartner, OldPartnerThatTakesBack])
def test_a_partner_of_an_earlier_release_is_asked(kind: type[Any]) -> None:
    old = kind()
    with pytest.warns(DeprecationWarning, match="is now called") as told:
        strategy = Dropship(old)
    assert f"{kind.__name__}.give_up is now called cancel" in {str(each.message) for each in told}
    strategy.partner.chase("key", "A-1-F1")
    assert old.heard == [("key", "A-1-F1")]
    assert strategy.accepts_returns == hasattr(old, "take_back")


def test_an_override_by_the_old_name_counts() -> None:
    with pytest.warns(DeprecationWarning, match=r"takes_back is now called accepts_returns"):

        class Keeps(FulfillmentStrategy):
            code = "keeps"

            @property
            def takes_back(self) -> bool:
                return True

            def accepts(self, line: Line) -> None:
                del line

    assert Keeps().accepts_returns


def test_a_card_of_an_earlier_release_is_read() -> None:
    """Rules are kept with their database by the name that they had."""
    engine = Engine(MemoryStore(), [Dropship(FakePartner()), InHouse()])
    card = card_of(engine.rules)
    old = card
    for was, now in CARD.items():
        old = old.replace(f'"{now}"', f'"{was}"')
    assert old != card
    assert card_of(rules_of(old)) == card_of(rules_of(card))


def test_what_the_doctor_keeps_of_a_page_is_asked_by_the_stores_names(tmp_path: Path) -> None:
    """A name that the store does not have would be read one by one, and nobody would see it."""
    kept = {name for name in vars(PageCache) if name[0] != "_"} - {"turn", "view"}
    assert kept <= {*dir(Store)}
    store = SqlStore(f"sqlite:///{tmp_path}/orders.db")
    Engine(store, [InHouse()]).place(NEW)
    answers = {name for name, _ in {**store.beside(["order:A-1"]), **store.known_by(["x"])}}
    store.close()
    assert answers <= kept


NEW = NewOrder(number="A-1", currency="EUR", lines=(Line(sku="MUG", quantity=1),))
