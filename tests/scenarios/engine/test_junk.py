"""Whatever an argument is, what an engine's method raises is an error of ours, or names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

from orderflow import Engine, OrderflowError
from orderflow.carriers import read_tracking
from orderflow.errors import InvalidInput
from orderflow.model import reading as model_reading
from orderflow.model.commands import Cancel, Command, Confirm, ReceiveStock
from orderflow.model.document import NewOrder
from orderflow.model.observations import Observation, PaymentReported
from orderflow.model.reading import read, read_json
from orderflow.model.state import PaymentOutcome
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, replace
from tests.shop import Shop, new_order


def nested(levels: int) -> Any:
    """Names within names."""
    found: dict[str, Any] = {}
    for _ in range(levels):
        found = {"a": found}
    return found


JUNK: Mapping[str, Any] = {
    "nothing": "",
    "a long text": "x" * 5000,
    "a control character": "a\0\u200b",
    "half a character": "\ud800",
    "no number": float("nan"),
    "half of one": 1.5,
    "a huge one": 10**30,
    "below nothing": -1,
    "bytes": b"\xff",
    "deep": nested(3000),
    "a list": [[]],
    "names": {"MUG": 1.5, "": -1, "x" * 300: 10**30},
    "a decimal": Decimal("NaN"),
    "none": None,
    "an object": object(),
}
PAID = PaymentReported(fact=PaymentOutcome.CAPTURED, amount=100, reference="p")
PICK = "A-1-F1:pick:0:task"
CALLS: Mapping[str, Callable[[Engine], dict[str, Any]]] = {
    "place": lambda _: {"order": new_order(number="B-1"), "id": "b", "by": "ana"},
    "place_many": lambda _: {"orders": {"1": new_order(number="C-1")}, "by": "ana"},
    "submit": lambda _: {"command": Confirm().to("A-1")},
    "submit_many": lambda _: {"commands": [Confirm().to("A-1"), Cancel().to("A-2")]},
    "change_stock": lambda _: {"command": ReceiveStock(sku="MUG", quantity=1).to(by="bo")},
    "observe": lambda engine: {"observation": PAID.at(engine.clock.now(), subject="A-1")},
    "intake": lambda engine: {
        "payload": PAID.at(engine.clock.now(), subject="A-2").model_dump_json()
    },
    "dismiss": lambda _: {"reference": "nothing"},
    "fire": lambda _: {
        "order": "A-1",
        "trigger": "confirm",
        "on": "A-1",
        "data": {},
        "by": "ana",
        "id": "f",
    },
    "ask": lambda _: {"command": Confirm().to("A-1")},
    "explain": lambda _: {"order": "A-1", "by": "ana"},
    "idle_parts": lambda _: {"order": "A-1"},
    "findings": lambda _: {"order": "A-1"},
    "order": lambda _: {"order_id": "A-1"},
    "journal": lambda _: {"order": "A-1"},
    "level": lambda _: {"sku": "MUG", "location": "main"},
    "tasks": lambda _: {"role": "warehouse", "assignee": "ana"},
    "erase": lambda _: {"customer": "ana"},
    "erase_order": lambda _: {"order": "A-1"},
    "restricted": lambda _: {"order": "A-1", "by": "ana"},
    "claim": lambda _: {"task": PICK, "by": "bo"},
    "reassign": lambda _: {"task": PICK, "to": "cy", "by": "bo"},
    "plan_pick_tour": lambda _: {"by": "cy", "limit": 2},
    "finish_pick_tour": lambda engine: {
        "walk": engine.plan_pick_tour(by="cy"),
        "by": "cy",
        "missing": {},
    },
    "reconcile": lambda _: {"location": "main", "on_hand": {"MUG": 3}},
    "complete": lambda _: {"task": PICK, "by": "cy", "data": {}, "id": "c"},
}


def outcome(engine: Engine, method: str, given: Mapping[str, Any]) -> object:
    """What a method gives, all that it would yield; or what it raises."""
    try:
        found = getattr(engine, method)(**given)
        return list(found) if isinstance(found, Iterator) else found
    except Exception as error:
        return error


def is_told(error: Exception, name: str) -> bool:
    """Whether it is an error of ours, or tells which argument is of the wrong kind."""
    return isinstance(error, OrderflowError) or (
        isinstance(error, TypeError) and name.rstrip("s") in str(error).lower()
    )


@pytest.mark.parametrize("method", CALLS)
def test_whatever_an_argument_is_the_error_is_ours_or_names_it(method: str) -> None:
    for name in CALLS[method](Shop(manual=["pick"]).place().engine):
        for kind, junk in JUNK.items():
            engine = Shop(manual=["pick"]).place().engine
            found = outcome(engine, method, {**CALLS[method](engine), name: junk})
            if isinstance(found, Exception):
                assert is_told(found, name), f"{method}({name}={kind}) raises {found!r}"


def test_every_method_with_an_argument_is_tried() -> None:
    without = {"unmatched", "apply_rules", "orders"}  # a query is read where it is made
    assert {name for name in vars(Engine) if name[0] != "_"} - without == set(CALLS)


def test_an_order_that_cannot_be_read_sinks_no_other() -> None:
    engine = Shop().engine
    new = new_order(number="B-1")
    bad: Any = {"currency": "EUR", "lines": 5}
    found = engine.place_many({"ok": new, "x" * 300: new_order(number="B-2"), "bad": bad})
    assert list(found) == ["ok", "x" * 300, "bad"]
    assert engine.order("B-1").id == "B-1"
    told = [type(each) for each in found.values()]
    assert told[1:] == [InvalidInput, InvalidInput]


@pytest.mark.parametrize("field", list(NewOrder.model_fields))
def test_what_is_nested_too_deep_is_told_by_its_field(field: str) -> None:
    """Read from Python values, which nothing bounds before."""
    given = {"currency": "EUR", field: nested(5000)}
    with pytest.raises(InvalidInput) as told:
        read(NewOrder, given, "order")
    assert {problem.field.partition(".")[0] for problem in told.value.problems} == {field}


NO_TEXT: Sequence[Any] = [{}, [], None, 1, object(), memoryview(b"{}"), iter("{}")]


@pytest.mark.parametrize("door", [NewOrder, Command, Observation])
def test_what_is_no_text_is_no_json(door: type[BaseModel]) -> None:
    for junk in (*NO_TEXT, *JUNK.values()):
        with pytest.raises(InvalidInput):
            read_json(door, junk)
        with pytest.raises(InvalidInput):
            read_tracking(junk)


@pytest.mark.parametrize("form", [str, str.encode, lambda text: bytearray(text.encode())])
def test_json_is_read_from_whatever_holds_text(form: Any) -> None:
    order = new_order(number="B-1")
    assert read_json(NewOrder, form(order.model_dump_json())) == order


# --- mutants --------------------------------------------------------------------------------------


def looks_at_nothing(patch: Patch) -> None:
    """What a method is given is not looked at."""
    replace(patch, "what a method is given", lambda *_asked: None)


def lets_pydantic_speak(patch: Patch) -> None:
    """What cannot be read is told by who reads it."""
    replace(patch, "what an engine reads", lambda _what: nullcontext())


def knows_no_depth(patch: Patch) -> None:
    """The first field is the one that is too deep."""
    patch.setattr(model_reading, "_is_deep", lambda _value: True)


LAWS: dict[Mutate, Law] = {
    looks_at_nothing: law(test_whatever_an_argument_is_the_error_is_ours_or_names_it, "level"),
    lets_pydantic_speak: law(test_whatever_an_argument_is_the_error_is_ours_or_names_it, "fire"),
    knows_no_depth: law(test_what_is_nested_too_deep_is_told_by_its_field, "terms"),
}
MUTANTS = Mutants("junk", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
