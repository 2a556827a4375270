"""Lives of one order in which a state ends by its own timer, whichever it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs

from orderflow import IN_HOUSE, ORDER, Dropship, InHouse, Refused
from orderflow.errors import InvalidInput
from orderflow.fulfillment import Pickup
from orderflow.kernel.decision.checks import is_with_partner
from orderflow.kernel.decision.step import Step
from orderflow.kernel.decision.workflows import PICKUP, REMOTE, RETURN
from orderflow.kernel.pending.order import pending_work
from orderflow.model import commands as cmd
from orderflow.model import observations as obs
from orderflow.model.document import Delivery
from orderflow.model.ledger import Bucket
from orderflow.model.parcel import ParcelStatus
from orderflow.model.phases import Phase
from orderflow.model.work import Timer
from orderflow.testing import FakePartner
from orderflow.workflow import StepWork, TimerFor, Workflow
from tests.shop import MUGS, Shop, new_order

__all__ = ["CASES", "Case", "lives_on", "moments", "shop_of", "timed"]

DAY = timedelta(days=1)
MANUAL = ("confirm", "pick", "pack", "ship", "submit", "approve_return", "close_return")
FLOWS = {"order": ORDER, "ours": IN_HOUSE, "theirs": REMOTE, "pickup": PICKUP, "return": RETURN}
STRATEGIES = {"ours": InHouse, "theirs": Dropship, "pickup": Pickup}
Case = tuple[str, str, str]


def cases() -> Iterator[Case]:
    """Every state of every kind of workflow, with every trigger that leads on from it."""
    for kind, flow in FLOWS.items():
        for state in flow.states:
            if not state.phase.final:
                for name in dict.fromkeys(t.trigger for t in flow.leaving[state.name]):
                    yield kind, state.name, name


CASES = tuple(cases())


def timed(
    flow: Workflow[Step], at: str, name: str, roles: frozenset[str] = frozenset()
) -> Workflow[Step]:
    """A workflow with a state that its own timer ends after a day; people need a role for it."""
    state = flow.by_name[at]
    step = state.waits_for.step if isinstance(state.waits_for, StepWork) else None
    wait = StepWork(step, DAY, name) if step else TimerFor(DAY, name)
    ways = [way for way in flow.leaving[at] if way.trigger == name]
    return flow.extend(
        name="timed",
        states=[attrs.evolve(state, waits_for=wait)],
        transitions=[attrs.evolve(way, roles=roles) for way in ways],
        without=[(name, at)],
    )


def shop_of(case: Case, roles: frozenset[str] = frozenset(), **more: Any) -> Shop:
    """A shop with such a timer: an order is placed, or drafted, and paid."""
    kind, at, name = case
    flow = timed(FLOWS[kind], at, name, roles)
    made: Any = STRATEGIES.get(kind, InHouse)
    if kind in STRATEGIES:
        made = type("Timed", (made,), {"code": "timed", "workflow": flow})
    party = (FakePartner(),) if kind == "theirs" else ()
    own = made(*party, cost=lambda _line: Decimal(3)) if party else made()
    if kind == "order":
        more["lifecycle"] = flow
    elif kind == "return":
        more["returns"] = flow
    shop = Shop(own, **{"manual": MANUAL, **more})
    if at == "draft":
        shop.engine.submit(cmd.SaveDraft(order=new_order(MUGS)).to())
    else:
        shop.place(MUGS, delivery=Delivery.PICKUP if kind == "pickup" else Delivery.CARRIER)
    shop.pays(1000)
    return shop


def lives_on(shop: Shop) -> None:
    """The next thing happens that can: work is done, goods leave, come, and come back."""
    for said in _next(shop):
        if isinstance(said, cmd.CommandBody):
            return shop.does(said)
        return shop.says(said)
    return None


def _next(shop: Shop) -> Iterator[cmd.CommandBody | obs.ObservationBody]:
    """What may happen next; a task that can be done is done besides, and then nothing else is."""
    yield from _in_part(shop)
    for task in list(shop.engine.tasks()):
        if "." not in task.name:
            with suppress(Refused, InvalidInput):
                shop.engine.complete(task, by="ana")
                shop.work()
                return
    yield from _outside(shop)


def _in_part(shop: Shop) -> Iterator[cmd.CommandBody]:
    """States that no task leads to are passed, too: one unit is picked, a return travels."""
    for fo in shop.order.fulfillment_orders.values():
        if fo.state == "open" and "pick" in shop.tasks():
            yield cmd.Pick(fo=fo.id, units={"1": 1})
    for back in shop.order.state.returns.values():
        if back.state in ("approved", "received"):
            name = "dispatch" if back.state == "approved" else "inspect"
            yield cmd.Fire(trigger=name, on=back.id)


def _outside(shop: Shop) -> Iterator[cmd.CommandBody | obs.ObservationBody]:
    """What parties, carriers and customers do."""
    order, state = shop.order, shop.order.state
    for fo in state.fulfillment_orders.values():
        if fo.phase is Phase.REQUESTED:
            yield obs.RequestAnswered(fo=fo.id)
        if (there := order.units(Bucket.ALLOCATED, fo=fo.id)) and is_with_partner(state, fo):
            yield obs.GoodsShipped(fo=fo.id, notice="N", lines=there, tracking_number="N")
    for parcel in state.parcels:
        if order.units(Bucket.SHIPPED, parcel=parcel):
            yield shop.scanned(ParcelStatus.DELIVERED, parcel)
    if order.units(Bucket.DELIVERED) and not state.returns:
        yield cmd.RequestReturn(lines={"1": 1})
    if back := order.units(Bucket.RETURNING):
        yield obs.GoodsReturned(lines=back, rma="A-1-R1")


def moments(shop: Shop, case: Case) -> Iterator[Timer]:
    """The own timers of such a state that are waited for, as the life goes on."""
    for _ in range(20):
        state, at = shop.order.state, case[1]
        stand = [(state.id, state.lifecycle)] if case[0] == "order" else []
        stand += [(fo.id, fo.state) for fo in state.fulfillment_orders.values()]
        stand += [(back.id, back.state) for back in state.returns.values()]
        found = pending_work(shop.order, shop.engine.rules).values()
        for timer in [w for w in found if isinstance(w, Timer) and w.name == "state"]:
            if (timer.subject, at) in stand:
                yield timer
        lives_on(shop)
        shop.passes(minutes=1)
