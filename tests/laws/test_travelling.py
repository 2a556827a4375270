"""Every public value and error survives pickle, copy and deepcopy, and says the same afterwards.

What is public is found in the modules; each value is built from its own annotations.
"""

from __future__ import annotations

import copy
import importlib
import pickle
import pkgutil
import re
from collections.abc import (
    Callable,
    Iterable,
    Iterator,
    Mapping,
    MutableMapping,
    Sequence,
)
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from enum import Enum
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

import attrs
import msgspec
import pytest
from babel import Locale
from hypothesis import given, settings
from pydantic import AwareDatetime, BaseModel

import orderflow
from orderflow import NewOrder, Order, OrderflowError, Workflow, errors
from orderflow.calendars import BusinessCalendar, Hours
from orderflow.documents import Fonts
from orderflow.engine.worker.worker import FailedRow
from orderflow.errors import (
    InvalidInput,
    InvalidWorkflow,
    Problem,
    Refusal,
    Refused,
    RuleFailed,
    StoreUnavailable,
    UnreadableRow,
)
from orderflow.fulfillment.steps import Steps
from orderflow.kernel.decision.rules import Rules
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model.frozen_mapping import Frozen, HoldsMappings, frozen
from orderflow.model.ledger import Ledger
from orderflow.model.reading import read
from orderflow.money import Money
from orderflow.policies import UNLIMITED, Keep, Limit, Retention
from orderflow.ports import Commit
from orderflow.ports.query import OrderQuery
from orderflow.stores.sql.commit import Raced
from orderflow.testing import orders
from orderflow.wording import Wording
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law
from tests.shop import Shop

EXAMPLES: Mapping[type[Any], Callable[[], Any]] = {
    Hours: lambda: Hours(zone="Europe/Berlin"),
    BusinessCalendar: lambda: BusinessCalendar("Europe/Berlin", "DE"),
    Limit: lambda: Limit(refund=[Money(150, "EUR")], override=UNLIMITED),
    Money: lambda: Money(150, "EUR"),
    OrderQuery: lambda: OrderQuery(phase="placed", stage="picking"),
    Wording: lambda: Wording(own={"HoldPlaced": "stopped"}),
    Retention: lambda: Retention({"order": Keep("a law", years=8)}, {"*": Keep("a law", days=9)}),
}
"""Values that their annotations do not say enough of."""
ASIDE = ("orderflow.testing", "orderflow.cli", "orderflow.runtimes", "orderflow.simulation")
"""Rooms whose values stay in their process: of tests, of one command, of a machine's worker."""
STAYS = frozenset({Rules, Fonts, Workflow})
"""Values that hold what an application wrote: functions, which travel by their names alone."""


def modules() -> Iterator[Any]:
    """Every public module."""
    for found in pkgutil.walk_packages(orderflow.__path__, "orderflow."):
        if not found.name.startswith(ASIDE) and "._" not in found.name:
            yield importlib.import_module(found.name)


def is_value(kind: type[Any]) -> bool:
    """Whether a class is of values: immutable, equal when their content is."""
    if issubclass(kind, BaseModel | msgspec.Struct):
        return True
    return attrs.has(kind) and kind.__eq__ is not object.__eq__ and bool(kind.__hash__)


def exported() -> list[type[Any]]:
    """Every class that a public module exports."""
    there = {
        found
        for module in modules()
        for name in getattr(module, "__all__", ())
        if isinstance(found := getattr(module, name), type)
    }
    return sorted(there, key=lambda kind: f"{kind.__module__}.{kind.__qualname__}")


VALUES = [kind for kind in exported() if is_value(kind) and kind not in STAYS]
ERRORS = [kind for kind in exported() if issubclass(kind, OrderflowError)]
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
PLAIN: Mapping[Any, Any] = {
    str: "a",
    int: 2,
    bool: True,
    float: 1.5,
    bytes: b"a",
    object: "a",
    Any: "a",
    date: NOW.date(),
    datetime: NOW,
    timedelta: timedelta(days=1),
    time: time(9),
    tzinfo: UTC,
    Decimal: Decimal("1.50"),
    type(None): None,
    AwareDatetime: NOW,
    ZoneInfo: ZoneInfo("Europe/Berlin"),
    re.Pattern: re.compile("a"),
    Path: Path("a"),
    Locale: Locale("en"),
    Exception: StoreUnavailable("gone"),
    BaseException: StoreUnavailable("gone"),
    Callable: len,
    type: NewOrder,
    ev.Event: ev.HoldPlaced(hold="a", reason="a"),
}


@cache
def order() -> Order:
    """An order that has gone all the way, with attributes in attributes."""
    shop = Shop().place(attributes={"a": {"b": [1, {"c": None}]}})
    shop.delivers()
    return shop.order


MADE: Mapping[Any, Callable[[], Any]] = {
    **EXAMPLES,
    Order: order,
    Ledger: lambda: order().ledger,
}


def a(hint: Any) -> Any:
    """Something that an annotation allows."""
    origin, arguments = get_origin(hint), get_args(hint)
    for known in (hint, origin):
        if known in PLAIN:
            return PLAIN[known]
        if known in MADE:
            return MADE[known]()
    if origin is Literal:
        return arguments[0]
    if origin in (Annotated, UnionType, Union):
        return a(arguments[0])
    if isinstance(hint, type) and issubclass(hint, Enum):
        return next(iter(hint))
    return several(origin, arguments) if origin else made(hint)


def several(kind: Any, of: tuple[Any, ...]) -> Any:
    """A collection that an annotation allows, with something in it; else a value of that kind."""
    if issubclass(kind, Mapping):
        return frozen({a(of[0]): a(of[1])})
    if kind in (tuple, frozenset):  # a commit has others of its kind in it
        return kind(a(each) for each in of if each not in (Ellipsis, Commit))
    if issubclass(kind, Iterable):
        return (a(of[0]),)
    return made(kind)


def made(kind: type[Any]) -> Any:
    """A value, of what its annotations allow."""
    hints = get_type_hints(kind)
    if issubclass(kind, BaseModel):
        return kind.model_construct(**{name: a(hints[name]) for name in kind.model_fields})
    if issubclass(kind, msgspec.Struct):
        return kind(**{name: a(hints[name]) for name in kind.__struct_fields__})
    if attrs.has(kind):
        fields = [field for field in attrs.fields(kind) if field.init]
        return kind(**{field.alias: a(hints[field.name]) for field in fields})
    return kind(*(a(hints[name]) for name in kind._fields))


# --- laws ----------------------------------------------------------------------------------------

WAYS: Mapping[str, Callable[[Any], Any]] = {
    "pickle": lambda value: pickle.loads(pickle.dumps(value)),
    "pickle 0": lambda value: pickle.loads(pickle.dumps(value, 0)),
    "pickle 1": lambda value: pickle.loads(pickle.dumps(value, 1)),
    "pickle 2": lambda value: pickle.loads(pickle.dumps(value, 2)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


def sent(value: Any, way: str) -> Any:
    """What arrives. Fails where nothing does."""
    try:
        return WAYS[way](value)
    except Exception as error:
        pytest.fail(f"{way} cannot send a {type(value).__name__}: {error!r}")


def comes_back(value: object, same: Callable[[Any], object] = lambda value: value) -> None:
    """A value that was sent is the same there, and says the same."""
    for way in WAYS:
        there = sent(value, way)
        assert type(there) is type(value), f"{way} makes a {type(there).__name__} of it"
        assert same(there) == same(value), f"{way} makes another of it: {there!r}"
        assert str(there) == str(value), f"{way} makes it say {there!s}"
        assert repr(there) == repr(value), f"{way} makes it say {there!r}"


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
def test_every_value_travels(kind: type[Any]) -> None:
    value = EXAMPLES[kind]() if kind in EXAMPLES else made(kind)
    comes_back(value, repr if kind is FailedRow else lambda value: value)  # an error equals itself


def test_an_order_and_what_is_told_of_it_travel() -> None:
    shop = Shop().place()
    asked = shop.engine.ask(cmd.Cancel().to("A-1"))
    for value in (order(), order().ledger, asked, shop.engine.explain("A-1")):
        comes_back(value)


@settings(max_examples=30)
@given(orders())
def test_what_was_read_travels(placement: NewOrder) -> None:
    comes_back(placement)
    comes_back(cmd.PlaceOrder(order=placement).to(id="p"))


class Odd:
    """What no process can be sent."""

    def __reduce__(self) -> str:
        raise TypeError("it stays here")


def invalid() -> Iterator[OrderflowError]:
    """Input of every kind that cannot be read."""
    given: list[Any] = [
        {"lines": [Odd()]},
        {"currency": lambda: 0},
        [1] * 1000,
        None,
        {"x": object()},
    ]
    for data in given:
        try:
            read(NewOrder, data)
        except InvalidInput as error:
            yield error


def raised(kind: type[OrderflowError]) -> Iterator[OrderflowError]:
    """Errors of a kind, as they are raised."""
    if kind is InvalidInput:
        yield from invalid()
    elif kind is InvalidWorkflow:
        yield kind("mine", [Problem("states", Odd(), "a state")])
    elif kind is Refused:
        yield Refused([Refusal("a.code", "a sentence"), Refusal("b.code", "another")])
    elif kind is RuleFailed:
        yield RuleFailed("mine raised KeyError: 'x'", "order:A-1", "mine")
    elif kind is UnreadableRow:
        yield UnreadableRow("orders", "A-1", "DecodeError")
    elif kind is Raced:
        yield kind()
    elif issubclass(kind, StoreUnavailable):
        yield kind("gone", may_be_stored=True)
        yield kind("postgresql://me:secret@db/shop is gone", permanent=True)
    else:
        yield kind("what happened")


def texts(error: OrderflowError) -> list[str]:
    """What each problem or refusal in it says."""
    found = (value for value in vars(error).values() if isinstance(value, tuple))
    return [str(each) for several in found for each in several]


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_travels(kind: type[OrderflowError]) -> None:
    for error in raised(kind):
        for way in WAYS:
            there = sent(error, way)
            assert type(there) is type(error), f"{way} makes a {type(there).__name__} of it"
            assert str(there) == str(error), f"{way} makes it say {there}"
            assert vars(there).keys() == vars(error).keys(), f"{way} loses what it knows"
            assert texts(there) == texts(error), f"{way} makes another of it"


def test_a_mapping_that_is_handed_out_stays_as_it_is() -> None:
    known = order()
    held = [known.state.lines, known.document.attributes, known.document.attributes["a"]]
    for mapping in held:
        for way in (lambda value: value, *WAYS.values()):
            there = way(mapping)
            for change in CHANGES:
                with pytest.raises(TypeError, match="immutable value"):
                    change(there)


CHANGES: Sequence[Callable[[Any], object]] = [
    lambda held: held.clear(),
    lambda held: held.pop("1"),
    lambda held: held.popitem(),
    lambda held: held.update(a=1),
    lambda held: held.setdefault("a", 1),
    lambda held: held.__setitem__("a", 1),
    lambda held: held.__delitem__("1"),
    lambda held: held.__ior__({}),
]


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
def test_every_mapping_in_a_value_is_frozen(kind: type[Any]) -> None:
    hints = get_type_hints(kind)
    value = EXAMPLES[kind]() if kind in EXAMPLES else thawed(kind)
    fields = [f for f, hint in hints.items() if get_origin(hint) is Mapping]
    loose = [f for f in fields if isinstance(getattr(value, f), MutableMapping)]
    assert [f for f in loose if type(getattr(value, f)) is not Frozen] == []


def thawed(kind: type[Any]) -> Any:
    """A value of which all mappings were given as plain dicts, however it is made."""
    there = made(kind)
    if not attrs.has(kind):
        return there
    names = {f.name: f.alias for f in attrs.fields(kind) if f.init}
    given = {alias: getattr(there, name) for name, alias in names.items()}
    return kind(**{n: dict(v) if type(v) is Frozen else v for n, v in given.items()})


# --- mutants -------------------------------------------------------------------------------------


def builds_errors_anew(patch: Patch) -> None:
    """Errors are made again by their constructors, which take other arguments than they keep."""
    patch.setattr(OrderflowError, "__reduce__", Exception.__reduce__)


def sends_what_was_shown(patch: Patch) -> None:
    """What cannot be sent with a problem is sent as its text, which is shown as a text is."""
    patch.setattr(errors, "_that_travels", repr)


def thaws_on_the_way(patch: Patch) -> None:
    """A mapping arrives as one that may be changed."""
    patch.setattr(Frozen, "__reduce__", lambda held: (dict, (dict(held),)))


def keeps_mappings_as_given(patch: Patch) -> None:
    """A value has the mapping that it was given, which whoever gave it may change."""
    patch.setattr(HoldsMappings, "__attrs_post_init__", lambda _value: None)


def has_no_form_of_its_own(patch: Patch) -> None:
    """A ledger is sent as whatever its slots hold, which the first protocols cannot send."""
    patch.delattr(Ledger, "__reduce__")


LAWS: Mapping[Mutate, Law] = {
    has_no_form_of_its_own: law(test_an_order_and_what_is_told_of_it_travel),
    builds_errors_anew: law(test_every_error_travels, InvalidInput),
    sends_what_was_shown: law(test_every_error_travels, InvalidInput),
    thaws_on_the_way: law(test_a_mapping_that_is_handed_out_stays_as_it_is),
    keeps_mappings_as_given: law(test_every_mapping_in_a_value_is_frozen, Steps),
}
MUTANTS = Mutants("travelling", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
