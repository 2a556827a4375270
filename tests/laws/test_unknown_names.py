"""A command that names what is not there is refused by an ``….unknown``, whichever name it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, get_args

import pytest

from orderflow import Line
from orderflow.model import commands as cmd
from orderflow.model.ledger import Bucket
from orderflow.model.order import Order
from orderflow.model.returns import Disposition, InspectionLine
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, replace
from tests.shop import Shop

NOWHERE = "nowhere"
EVERY = get_args(cmd.OrderCommandBody)
NEW = {
    (cmd.PlaceHold, "hold"),
    (cmd.ProposeSubstitute, "sku"),
    (cmd.SendBack, "tracking_number"),
    (cmd.Fire, "trigger"),
    (cmd.Pack, "into"),
}
"""Names that a command gives, or that a workflow declares: nothing of the order has them yet."""
TELLS = {"carrier", "data", "kind", "promised", "reason", "restock", "ship_to", "until"}
"""Fields that name nothing; whatever else a command has does."""
LINE = Line(sku="MUG", quantity=1, unit_price=Decimal(1), parent_line=NOWHERE)
SHARES: Mapping[str, Any] = {
    "units": {NOWHERE: 1},
    "short": {NOWHERE: 1},
    "lines": {NOWHERE: 1},
    "quantities": {NOWHERE: 1},
    "items": (cmd.Item(line=NOWHERE),),
    "exchange": (LINE,),
    "findings": (InspectionLine(line=NOWHERE, quantity=1, disposition=Disposition.RESTOCK),),
}
"""What names lines, but for an edit's new ones."""


def known(order: Order) -> dict[str, Any]:
    """Right values for every field: names that are there, where there is one."""
    state = order.state
    fo = next(iter(state.fulfillment_orders), NOWHERE)
    return {
        "fo": fo,
        "line": "1",
        "parcel": next(iter(state.parcels), NOWHERE),
        "rma": next(iter(state.returns), NOWHERE),
        "refund": next(iter(state.refunds), NOWHERE),
        "task": next(iter(state.tasks), NOWHERE),
        "put_away": next(iter(state.put_aways), NOWHERE),
        "hold": "look",
        "reason": "because",
        "sku": "MUG",
        "tracking_number": "T-1",
        "trigger": "cancel",
        "units": order.units(Bucket.ALLOCATED) or {"1": 1},
        "lines": {"1": 1},
    }


def naming(order: Order) -> Iterator[cmd.CommandBody]:
    """Every command about an order, once for each of its names, with that one wrong."""
    right = known(order)
    for kind in EVERY:
        if kind is cmd.Override:
            continue
        fields = kind.model_fields
        needed = {name: right[name] for name, f in fields.items() if f.is_required()}
        for name in fields:
            wrong = (LINE,) if (kind, name) == (cmd.Edit, "lines") else SHARES.get(name, NOWHERE)
            if (kind, name) in NEW or name in TELLS:
                continue
            yield kind.model_validate({**needed, name: wrong})


def lives() -> Iterator[Shop]:
    """An order wherever it may stand."""
    yield Shop(manual=["confirm"]).place()
    yield Shop(manual=["pick"]).place()
    packed = Shop(manual=["pack", "seal"]).place()
    packed.does(cmd.Pack(fo="A-1-F1", units={"1": 1}))
    yield packed
    yield Shop().place()
    delivered = Shop().place()
    delivered.delivers()
    delivered.does(cmd.RequestReturn(lines={"1": 1}))
    yield delivered
    cancelled = Shop(manual=["pick"]).place()
    cancelled.does(cmd.Cancel())
    yield cancelled


def over(body: cmd.CommandBody) -> cmd.Override:
    """The same command as an override."""
    return cmd.Override(command=body, reason="because")  # type: ignore[arg-type]  # an order's


@pytest.mark.parametrize("shop", list(lives()), ids=lambda shop: shop.order.status)
def test_what_is_not_there_is_refused_as_unknown(shop: Shop) -> None:
    bad = []
    for body in naming(shop.order):
        for asked in (body, over(body)):
            codes = shop.refused(asked)
            if not any(code.endswith(".unknown") for code in codes):
                bad.append((type(asked).__name__, repr(body), sorted(codes)))
    assert bad == []


# --- mutants -------------------------------------------------------------------------------------


def looks_for_no_name(patch: Patch) -> None:
    """A command's lines are not looked for before it is weighed."""
    replace(patch, "the names in a command", lambda _deciding, _body: None)


LAWS: dict[Mutate, Law] = {
    looks_for_no_name: law(
        test_what_is_not_there_is_refused_as_unknown, Shop(manual=["pick"]).place()
    ),
}
MUTANTS = Mutants("unknown_names", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
