"""What is written or sent wrong is told at once, with its name, and changes nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from orderflow import (
    IN_HOUSE,
    Engine,
    InHouse,
    InvalidInput,
    InvalidWorkflow,
    Line,
    NewOrder,
    Phase,
    State,
    Steps,
    TaskFor,
    Transition,
)
from orderflow.simulation import SequentialIds, VirtualClock
from orderflow.stores import MemoryStore

MUG = Line(sku="MUG", quantity=1, unit_price=Decimal("2.50"), stocked=False)


def shop(*strategies: InHouse, **rules: Any) -> Engine:
    """An engine on a clock of its own."""
    given = list(strategies or [InHouse()])
    return Engine(MemoryStore(), given, clock=VirtualClock(), ids=SequentialIds(), **rules)


def place(engine: Engine, number: str = "A-1", **more: Any) -> None:
    engine.place(NewOrder(number=number, currency="EUR", lines=(MUG,), **more))


# --- rules -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["pakc", "dropship.pack", "in_house.pakc"])
def test_a_manual_step_that_is_none_is_refused_when_the_engine_is_built(name: str) -> None:
    with pytest.raises(InvalidInput, match=f"steps: manual: got '{name}', a step is expected"):
        shop(steps=Steps(manual={"pick", name}))


def test_standard_steps_and_those_of_ones_own_workflows_may_be_manual() -> None:
    engraved = IN_HOUSE.extend(
        name="engraved",
        states=[State("engraving", Phase.WORKING, TaskFor("engraver"))],
        transitions=[
            Transition("picked", "picking", "engraving"),
            Transition("engraved", "engraving", "packing"),
        ],
        without=[("picked", "picking")],
    )

    class Engraver(InHouse):
        code = "engraver"
        workflow = engraved

    manual = {"pick", "engraver.pack", "label", "refund", "in_house.ship"}
    engine = shop(Engraver(), InHouse(), steps=Steps(manual=manual))
    place(engine)
    engine.worker.run_until_idle()
    assert [task.name for task in engine.tasks()] == ["pick"]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Steps(manual="pack"),
        lambda: Transition("confirm", "placed", "confirmed", roles="manager"),
        lambda: State("engraving", Phase.WORKING, TaskFor("engraver"), keeps="shipped"),
    ],
)
def test_a_text_is_no_set_of_names(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"names are given as a set: \{'(pack|manager|shipped)'\}"):
        wrong()


@pytest.mark.parametrize(
    ("field", "value"), [("version", "2"), ("version", 0), ("version", True), ("name", "")]
)
def test_a_workflow_has_a_name_and_a_whole_version(field: str, value: Any) -> None:
    with pytest.raises(InvalidWorkflow) as caught:
        IN_HOUSE.extend(**{"name": "mine", field: value})
    (found,) = caught.value.findings
    assert (found.field, found.value) == (field, value)


@pytest.mark.parametrize("answer", [True, False, "no mugs"])
def test_a_strategy_that_accepts_with_anything_else_is_named(answer: object) -> None:
    class Careless(InHouse):
        def accepts(self, line: Line) -> Any:
            del line
            return answer

    with pytest.raises(
        TypeError, match=f"in_house.accepts must return a Refusal or None, got {answer!r}"
    ):
        place(shop(Careless()))
