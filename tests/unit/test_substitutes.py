"""Lines that stand in for others: their ids, the facts that name them, and edits of them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow import Engine, Line, NewOrder, Order
from orderflow.fulfillment import Dropship, Steps
from orderflow.kernel import editing, substituting
from orderflow.kernel.lines import free_id, standing_for, substitute_id
from orderflow.model.commands import Body, Edit, ProposeSubstitute, Substitute
from orderflow.model.observations import Fact, LineAnswer, RequestAnswered, Verdict
from orderflow.model.state import LineState
from orderflow.simulation import VirtualClock
from orderflow.stores import MemoryStore
from orderflow.testing import Broken, FakeParty, check_order

LAMPS = Line(sku="LAMP", quantity=2, unit_price=Decimal(5), substitutes=("L2",))


class Shop:
    """Two lamps that a supplier has been asked for, who may send L2 in their place; as A."""

    def __init__(self, *lines: Line) -> None:
        self.clock = VirtualClock()
        self.engine = Engine(
            MemoryStore(), [Dropship(FakeParty())], steps=Steps(), clock=self.clock
        )
        self.engine.place(NewOrder(number="A", currency="EUR", lines=lines or (LAMPS,)))
        self.work()

    def work(self) -> None:
        self.engine.worker.run_until_idle()
        check_order(self.engine, "A")

    def give(self, body: Body) -> None:
        self.engine.submit(body.to("A", by="ana"))
        self.work()

    def says(self, fact: Fact) -> None:
        self.engine.observe(fact.at(self.clock.now(), subject="A"))
        self.work()

    def answers(self, *lines: LineAnswer) -> None:
        self.says(RequestAnswered(fo="A-F1", lines=lines))

    def sends_another(self, units: int | None = None) -> None:
        self.answers(substituted("L2", units))

    def tasks(self) -> set[str]:
        return {task.name for task in self.engine.tasks()}

    @property
    def order(self) -> Order:
        return self.engine.order("A")

    @property
    def stands(self) -> dict[str, dict[str, int]]:
        """Units per line and bucket, of those that are live."""
        found: dict[str, dict[str, int]] = {}
        for slot, units in self.order.ledger.items():
            if slot.bucket not in ("cancelled", "substituted"):
                of = found.setdefault(slot.line, {})
                of[slot.bucket] = of.get(slot.bucket, 0) + units
        return found


def substituted(sku: str, units: int | None = None, line: str = "1") -> LineAnswer:
    return LineAnswer(line=line, verdict=Verdict.SUBSTITUTED, quantity=units, substitute=sku)


# --- ids --------------------------------------------------------------------------------------


def test_a_substitute_takes_no_line_away() -> None:
    shop = Shop(LAMPS, Line(id="1.s1", sku="VASE", quantity=1))
    shop.sends_another()
    assert {name: line.sku for name, line in shop.order.state.lines.items()} == {
        "1": "LAMP",
        "1.s1": "VASE",
        "1.s2": "L2",
    }
    assert shop.stands == {"1.s1": {"allocated": 1}, "1.s2": {"allocated": 2}}


def test_a_line_without_a_name_leaves_the_names_that_are_given() -> None:
    shop = Shop()
    shop.give(Edit(lines=(Line(sku="CUP", quantity=1), Line(id="2", sku="HAT", quantity=1))))
    assert {name: line.sku for name, line in shop.order.state.lines.items()} == {
        "1": "LAMP",
        "3": "CUP",
        "2": "HAT",
    }


NAMES = st.sampled_from(["1", "2", "3", "4", "1.s1", "1.s2", "1.s1.s1", "1.s1.s2", "2.s1", "a"])


@given(st.dictionaries(NAMES, st.none() | NAMES, min_size=1), st.data())
def test_new_ids_are_free_whatever_the_lines_are_called(
    given_names: dict[str, str | None], data: st.DataObject
) -> None:
    lines = {name: LineState("MUG", 1, substitutes=of or "") for name, of in given_names.items()}
    line = data.draw(st.sampled_from(sorted(lines)))
    new = substitute_id(lines, line)
    assert new not in lines
    assert free_id(lines) not in lines
    first = lines[line].substitutes or line
    lines[new] = LineState("CUP", 1, substitutes=first)
    assert standing_for(lines, line)[0] == line
    assert new in standing_for(lines, line)
    assert all(lines[name].substitutes == first for name in standing_for(lines, line)[1:])


# --- mutants ----------------------------------------------------------------------------------

Patch = pytest.MonkeyPatch


def counts_substitutes_only(patch: Patch) -> None:
    """A substitute's id is its number, whatever has that id."""

    def next_id(lines: Any, line: str) -> str:
        return f"{line}.s{1 + sum(bool(known.substitutes) for known in lines.values())}"

    patch.setattr(substituting, "substitute_id", next_id)


def looks_at_the_order_alone(patch: Patch) -> None:
    """A line without a name takes one that another line of the same edit is given."""

    def next_number(taken: Any) -> str:
        return next(str(n) for n in count(2) if str(n) not in taken[:1])

    patch.setattr(editing, "free_id", next_number)


MUTANTS: dict[Callable[[Patch], None], Callable[[], None]] = {
    counts_substitutes_only: test_a_substitute_takes_no_line_away,
    looks_at_the_order_alone: test_a_line_without_a_name_leaves_the_names_that_are_given,
}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_mutant_is_caught(mutant: Callable[[Patch], None], monkeypatch: Patch) -> None:
    mutant(monkeypatch)
    with pytest.raises((AssertionError, Broken, ValueError)):
        MUTANTS[mutant]()
