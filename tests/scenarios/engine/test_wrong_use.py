"""What is written or sent wrong is told at once, with its name, and changes nothing."""

from __future__ import annotations

import json
import re
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow import (
    IN_HOUSE,
    Dropship,
    Engine,
    InHouse,
    InvalidInput,
    InvalidWorkflow,
    Line,
    NewOrder,
    Phase,
    State,
    Step,
    Steps,
    TaskFor,
    Transition,
)
from orderflow.errors import Problem, RuleFailed
from orderflow.model.commands import (
    Cancel,
    CommandBody,
    Confirm,
    PlaceOrder,
    ReceiveStock,
    SaveDraft,
)
from orderflow.model.observations import LineAnswer, RequestAnswered, StockReported, Verdict
from orderflow.model.phases import OrderPhase
from orderflow.model.reading import read
from orderflow.model.status import STAGES
from orderflow.ports import OrderQuery
from orderflow.testing import FakePartner
from orderflow.workflow import StepWork
from tests.shop import Shop, new_order

MUG = Line(sku="MUG", quantity=1, unit_price=Decimal("2.50"), stocked=False)


def shop(*strategies: InHouse, **rules: Any) -> Engine:
    """The engine of a shop without stock."""
    return Shop(*strategies, stock={}, **rules).engine


def place(engine: Engine, number: str = "A-1", **more: Any) -> None:
    engine.place(new_order(MUG, number=number, **more))


# --- rules -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["pakc", "dropship.pack", "in_house.pakc"])
def test_a_manual_step_that_is_none_is_refused_when_the_engine_is_built(name: str) -> None:
    with pytest.raises(InvalidInput, match=f"steps: manual: got '{name}', a step is expected"):
        shop(steps=Steps(manual={"pick", name}))


def test_standard_steps_and_those_of_ones_own_workflows_may_be_manual() -> None:
    engraving = State("engraving", Phase.WORKING, StepWork("engrave"))
    ways = [("picked", "picking", "engraving"), ("engraved", "engraving", "packing")]
    moves: list[Transition[Step]] = [Transition(*way) for way in ways]
    without = [("picked", "picking")]
    engraved = IN_HOUSE.extend(
        name="engraved", states=[engraving], transitions=moves, without=without
    )

    class Engraver(InHouse):
        code = "engraver"
        workflow = engraved

    manual = {"pick", "engrave", "engraver.pack", "label", "refund", "in_house.ship"}
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
        RuleFailed, match=f"in_house.accepts must return a Refusal or None, got {answer!r}"
    ):
        place(shop(Careless()))


# --- commands and facts ----------------------------------------------------------------------


@pytest.mark.parametrize("nobody", ["", None])
def test_nobodys_orders_are_not_forgotten(nobody: Any) -> None:
    engine = shop()
    engine.place(NewOrder(number="A-1", currency="EUR", gift_message="Hi"))
    engine.worker.run_until_idle()
    before = engine.order("A-1"), list(engine.journal("A-1"))
    with pytest.raises(InvalidInput, match=f"customer: got {nobody!r}, the id of a customer is"):
        engine.erase(nobody)
    assert (engine.order("A-1"), list(engine.journal("A-1"))) == before


RECEIVE = ReceiveStock(sku="MUG", quantity=1)
REPORT = StockReported(sku="MUG", location="main", on_hand=1)
NEW = NewOrder(number="A-2", currency="EUR", lines=(MUG,))


@pytest.mark.parametrize(
    ("body", "subject", "right"),
    [
        (
            PlaceOrder(order=NEW),
            "A-1",
            "empty is expected: the new order's id is its number, 'A-2'",
        ),
        (SaveDraft(order=NEW), "A-1", "empty is expected: the new order's id is its number, 'A-2'"),
        (
            ReceiveStock(sku="MUG", quantity=1),
            "A-1",
            "empty is expected: receive is about MUG@main",
        ),
        (Cancel(), "", "the id of the order to cancel is expected"),
    ],
)
def test_a_command_has_the_subject_that_it_is_about(
    body: CommandBody, subject: str, right: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        body.to(subject)
    assert caught.value.problems == (Problem("subject", subject, right),)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda engine: engine.submit(Cancel()), r"Cancel is no Command .* Cancel\(…\)\.to\(ORDER"),
        (lambda engine: engine.submit_many([Cancel()]), r"write Cancel\(…\)\.to\(ORDER"),
        (lambda engine: engine.ask(Cancel()), r"write Cancel\(…\)\.to\(ORDER"),
        (
            lambda engine: engine.change_stock(RECEIVE),
            r"write ReceiveStock\(…\)\.to\(.*of stock \.to\(\)",
        ),
        (lambda engine: engine.observe(REPORT), r"write StockReported\(…\)\.at\(WHEN\)"),
    ],
)
def test_a_body_without_its_envelope_is_told_what_to_write(call: Any, told: str) -> None:
    with pytest.raises(TypeError, match=told):
        call(shop())


def test_a_party_that_speaks_of_a_line_that_is_none_is_told_of_to_a_person() -> None:
    shop = Shop(Dropship(FakePartner())).place(MUG)
    answer = LineAnswer(line="99", verdict=Verdict.REJECTED)
    shop.says(RequestAnswered(fo="A-1-F1", lines=(answer,)))
    told = [task.instructions for task in shop.engine.tasks("purchasing")]
    assert told == ["dropship speaks of all of line 99, it has 0 to ship"]


# --- documents -------------------------------------------------------------------------------


def problems(**given: Any) -> list[tuple[str, object, str]]:
    with pytest.raises(InvalidInput) as caught:
        read(NewOrder, {"currency": "EUR", **given}, "order")
    return [(each.field, each.value, each.expected) for each in caught.value.problems]


def test_a_discount_is_at_most_the_price() -> None:
    lines = [
        {"sku": "MUG", "quantity": 2, "unit_price": "1", "discount": 200},
        {"sku": "MUG", "quantity": 2, "unit_price": "1", "discount": 201},
    ]
    right = "at most the line's own price, 200, is expected"
    assert problems(lines=lines) == [("lines.1.discount", 201, right)]
    assert str(read(NewOrder, {"currency": "EUR", "lines": lines[:1]}).total) == "0.00 EUR"


def test_what_does_not_match_is_told_what_would() -> None:
    home = {"name": "Ana", "lines": ["Rua A 1"], "city": "Porto", "country": "Portugal"}
    blanks, country = (
        "text without unseen or control characters, and without space around it, is expected",
        "an ISO 3166 code of two capital letters, such as 'PT', is expected",
    )
    found = problems(number=" A ", ship_to=home, lines=[{"quantity": 1}])
    assert found == [
        ("number", " A ", blanks),
        ("ship_to.country", "Portugal", country),
        ("lines.0.sku", None, "field required"),
    ]


class Plain(StrEnum):
    TEXT = "text"


WORDS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.just(Plain.TEXT),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(attributes=st.dictionaries(st.text(max_size=5), WORDS, max_size=3))
def test_what_json_carries_comes_back_as_it_was_given(attributes: dict[str, Any]) -> None:
    order = NewOrder(currency="EUR", attributes=attributes)
    told = order.model_dump_json()
    assert NewOrder.model_validate_json(told).model_dump(mode="json")["attributes"] == json.loads(
        json.dumps(attributes)
    )


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), Decimal("1.5"), datetime(2026, 1, 1), {1}, b"x", object()],
)
@pytest.mark.parametrize("wrapped", [lambda v: v, lambda v: [0, v], lambda v: {"deep": v}])
def test_what_json_cannot_carry_is_refused_by_name(value: object, wrapped: Any) -> None:
    where = {"value": r"x is", "list": r"x\.1 is", "dict": r"x\.deep is"}
    kind = type(wrapped(value)).__name__ if wrapped(value) is not value else "value"
    ((field, _, right),) = problems(attributes={"fine": 1, "x": wrapped(value)})
    assert field == "attributes"
    assert re.match(where[kind] + ".*JSON cannot carry it", right)


def test_the_names_of_attributes_are_texts() -> None:
    ((field, _, right),) = problems(attributes={"x": {1: "one"}})
    assert (field, right) == ("attributes", "names are texts, 1 is none")


# --- queries ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"phase": "plcaed"},
        {"stage": "plcaed"},
        {"placed_before": datetime(2026, 1, 1)},
        {"promised_before": datetime(2026, 1, 1)},
        {"changed_since": "2026"},
        {"status": 5},
        {"exception": "no"},
        {"limit": 2**63},
    ],
)
def test_a_query_that_nothing_can_match_is_refused(wrong: dict[str, Any]) -> None:
    ((field, value),) = wrong.items()
    with pytest.raises(InvalidInput, match=f"orders: {field}: got .* is expected") as caught:
        OrderQuery(**wrong)
    assert [(p.field, p.value) for p in caught.value.problems] == [(field, value)]


def test_every_stage_and_phase_can_be_asked_for() -> None:
    for stage in STAGES:
        assert OrderQuery(stage=stage).stage == stage
    for phase in OrderPhase:
        assert OrderQuery(phase=phase).phase == phase


@pytest.mark.parametrize("end", ["completed", "cancelled"])
def test_an_order_without_lines_is_at_the_stage_of_its_end(end: str) -> None:
    manual = Steps(manual={"confirm"})
    engine = shop(steps=manual)
    engine.place(NewOrder(number="A-1", currency="EUR"))
    assert engine.order("A-1").stage == "placed"
    engine.submit((Confirm() if end == "completed" else Cancel()).to("A-1"))
    assert (engine.order("A-1").status, engine.order("A-1").stage) == (end, end)
