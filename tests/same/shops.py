"""The shops in which lives are recorded and replayed, by name; each is built anew at any time.

A shop is its rules alone: what it is built on (store, clock, ids, ports) comes from outside. Every
guard and hook tells that it was asked; those of the shop ``hooked`` refuse and add things, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import attrs

from orderflow import (
    IN_HOUSE,
    MANUAL,
    ORDER,
    RETURN,
    Committed,
    Digital,
    Dropship,
    Effect,
    Engine,
    FulfillmentStrategy,
    Handover,
    Hooks,
    InHouse,
    Line,
    NewTask,
    Note,
    Order,
    Phase,
    Pickup,
    Refusal,
    State,
    Step,
    Steps,
    TaskFor,
    ThirdParty,
    Transition,
    Workflow,
    notify,
)
from orderflow.calendars import Hours
from orderflow.model.parcel import ParcelStatus
from orderflow.policies import (
    ReserveAtPlacement,
    Windows,
    always_cancellable,
    at_confirmation,
    newest_first,
    not_once_packed,
    returnable_within,
    when_paid,
)
from orderflow.ports import Clock, EffectAnswer, EffectAttempt, Ids, Store
from tests.same import ports as made
from tests.same.wire import Json

Tell = Callable[[str], None]
DAYS = timedelta(days=4)

PORTS: dict[str, dict[str, tuple[str, ...]]] = {
    "lives": {
        "party": made.PARTNER_THAT_ACCEPTS_RETURNS,
        "carrier": made.CARRIER,
        "payments": made.PAYMENTS,
    },
    "ways": {"supplier": made.PARTNER, "provider": made.PARTNER},
    "hooked": {
        "party": made.PARTNER_THAT_ACCEPTS_RETURNS,
        "carrier": made.RECALLING_CARRIER,
        "warehouse": made.WAREHOUSE,
        "payments": made.PAYMENTS,
        "notifier": made.NOTIFIER,
        "engraver": ("engrave",),
    },
    "standard": {
        "carrier": made.RECALLING_CARRIER,
        "supplier": made.PARTNER_THAT_ACCEPTS_RETURNS,
        "provider": made.PARTNER_THAT_ACCEPTS_RETURNS,
        "payments": made.PAYMENTS,
        "notifier": made.NOTIFIER,
    },
}
"""What each shop asks of others: its ports by name, and what they can do."""


@attrs.frozen
class Ground:
    """What a shop stands on; *tell* takes down which hooks were called."""

    store: Store
    clock: Clock
    ids: Ids
    call: made.Call
    tell: Tell = lambda _line: None

    def ports(self, shop: str) -> dict[str, Any]:
        """The ports of a shop, by name."""
        return {name: made.port(name, can, self.call) for name, can in PORTS[shop].items()}


# --- hooks that tell -----------------------------------------------------------------------------

POINTS = ("guard", "before", "on_exit", "on_enter", "after")


def _about(step: Step) -> str:
    moves = step.fo or step.rma
    return f"{moves.id if moves else step.order.id} {step.trigger} by {step.actor}"


def _telling(tell: Tell, point: str, name: str, gives: Any = None) -> Callable[[Step], Any]:
    """A guard or hook that tells of each call, and gives what it is to give."""

    def hook(step: Step) -> Any:
        given = gives(step) if gives else None
        more = f" refuses: {given}" if isinstance(given, Refusal) else ""
        tell(f"{point} {name}: {_about(step)}{more}")
        return given if point == "guard" else given or ()

    hook.__qualname__ = hook.__name__ = f"tells_{point}_{name}"
    return hook


def _watching(tell: Tell, point: str) -> Callable[[Committed], None]:
    def watcher(done: Committed) -> None:
        tell(f"{point} {done.name}: {done.subject} of {done.order.id} as {done.key}")

    return watcher


def listeners(
    tell: Tell,
    workflows: Iterable[Workflow[Step]],
    watched: Sequence[str],
    gives: Callable[[str, str], Any] = lambda _point, _name: None,
) -> Hooks:
    """A hook at each point of each state and trigger; *watched* triggers have watchers."""
    flows, hooks = list(workflows), Hooks()
    triggers = sorted({name for flow in flows for name in flow.triggers})
    states = sorted({name for flow in flows for name in flow.by_name})
    for point in POINTS:
        register = getattr(hooks, point)
        for name in states if point.startswith("on_") else triggers:
            register(name)(_telling(tell, point, name, gives(point, name)))
    for status in ParcelStatus:
        hooks.on_parcel(status)(_telling(tell, "on_parcel", status, gives("on_parcel", status)))
    for name in watched:
        hooks.committed(name, name="tells")(_watching(tell, "committed"))
    for name in ("pick", "label", "submit", "notify", "refund", "engrave"):
        hooks.failed(name, name="tells")(_watching(tell, "failed"))
    for name in ("party", "review", "reservation", "late", "escalation"):
        hooks.timed_out(name, name="tells")(_watching(tell, "timed_out"))
    hooks.refused(lambda order, why: tell(f"refused {order}: {', '.join(r.code for r in why)}"))
    return hooks


def _flows(strategies: Iterable[FulfillmentStrategy]) -> list[Workflow[Step]]:
    return [ORDER, RETURN, *(strategy.workflow for strategy in strategies)]


# --- the shop of the random lives ----------------------------------------------------------------


class OnlySingles(ThirdParty):
    """A provider for lines of one unit."""

    def accepts(self, line: Line) -> Refusal | None:
        return None if line.quantity == 1 and line.ships else Refusal("3pl.more", "more than one")


class OnlyFours(Dropship):
    """A supplier for lines of four units."""

    def accepts(self, line: Line) -> Refusal | None:
        return None if line.quantity == 4 and line.ships else Refusal("drop.other", "not four")


def _two(_line: Line) -> Decimal:
    return Decimal(2)


def _lives(ground: Ground, options: Json) -> Engine:
    ports = ground.ports("lives")
    strategies = [
        OnlySingles(ports["party"], "3pl"),
        OnlyFours(ports["party"], cost=_two),
        InHouse(carrier=ports["carrier"]),
        Pickup(),
        Handover(),
        Digital(),
    ]
    return Engine(
        ground.store,
        strategies,
        hooks=listeners(ground.tell, _flows(strategies), ("cancel",)),
        steps=Steps(manual=frozenset(options.get("manual", ()))),
        release=when_paid,
        promise=lambda _order, now: now + timedelta(days=5),
        windows=Windows(reminder=DAYS, reminders=1, escalation=DAYS),
        payments=ports["payments"],
        shortage=newest_first if options.get("hits") else None,
        cancellable=not_once_packed if options.get("keeps_packed") else always_cancellable,
        clock=ground.clock,
        ids=ground.ids,
    )


# --- a shop with little of its own ---------------------------------------------------------------


def _ways(ground: Ground, options: Json) -> Engine:
    ports = ground.ports("ways")
    strategies = [
        InHouse(),
        Pickup(),
        Handover(),
        Digital(),
        Dropship(ports["supplier"], locations=("supplier",)),
        ThirdParty(ports["provider"], "3pl"),
    ]
    del options
    return Engine(ground.store, strategies, clock=ground.clock, ids=ground.ids)


# --- a shop whose application takes part in everything -------------------------------------------

ENGRAVED = IN_HOUSE.extend(
    name="engraved",
    states=[State("engraving", Phase.WORKING, TaskFor("engraver", trigger="engraved"))],
    transitions=[
        Transition("picked", "picking", "engraving"),
        Transition("engraved", "engraving", "packing", roles={"engraver", "override"}),
        Transition("spoilt", "engraving", "picking"),
        Transition("cancel", "engraving", "cancelled"),
    ],
    without=[("picked", "picking")],
)


class Engraving(InHouse):
    """What is engraved before it is packed: the SKU that has room for it."""

    code = "engraved"
    workflow = ENGRAVED

    def accepts(self, line: Line) -> Refusal | None:
        ours = line.sku == "MUG" and line.ships and line.stocked
        return None if ours else Refusal("engraved.other", f"{line.sku} is not engraved")


ROLES = {
    "ana": frozenset({"sales", "warehouse", "support", "engraver", "counter", "purchasing"}),
    "customer": frozenset({"customer"}),
}


_ALL = frozenset[str]().union(*ROLES.values()) | {"finance", "supervisor", "override"}


def _roles_of(actor: str) -> frozenset[str]:
    return ROLES.get(actor, _ALL)


def _credit(order: Order) -> int:
    """An outside fact: what a customer may owe; little, where nobody knows who it is."""
    return 40_000 if order.document.customer else 9_000


def _enough_credit(step: Step) -> Refusal | None:
    owed, limit = step.order.document.total.minor, step.external["credit"]
    return None if owed <= limit else Refusal("shop.credit", f"{owed} is over the limit {limit}")


def _no_cups(step: Step) -> Refusal | None:
    """Nobody picks from the shelf of the cups while a note says that it is wobbly."""
    wobbly = step.order.attributes.get("wobbly")
    return Refusal("shop.wobbly", "the shelf is wobbly") if wobbly else None


def _asked_to_engrave(step: Step) -> list[Effect]:
    subject = step.fo.id if step.fo else ""
    return [Effect("engrave", subject, data={"words": "To whom it may concern"})]


def _greets(step: Step) -> list[Effect | Note]:
    return [Note(f"{step.trigger} by {step.actor}"), notify("greeting", by=step.actor)]


def _looks(step: Step) -> list[NewTask]:
    return [NewTask("look", "support", f"{step.trigger}: look at it")]


def _gives(point: str, name: str) -> Any:
    return {
        ("guard", "confirm"): _enough_credit,
        ("guard", "pick"): _no_cups,
        ("on_enter", "engraving"): _asked_to_engrave,
        ("after", "confirm"): _greets,
        ("before", "cancel"): _looks,
        ("on_parcel", "attempted"): _looks,
    }.get((point, name))


class Engraver:
    """Performs the application's own effect, through a port of the shop."""

    def __init__(self, port: Any) -> None:
        self._port = port

    def perform(self, effect: EffectAttempt) -> EffectAnswer:
        self._port.engrave(effect.key, effect.data["words"])
        return None


def _hooked(ground: Ground, options: Json) -> Engine:
    ports = ground.ports("hooked")
    strategies = [
        OnlySingles(ports["party"], "3pl"),
        OnlyFours(ports["party"], cost=_two),
        Engraving(carrier=ports["carrier"], warehouse=ports["warehouse"]),
        InHouse(carrier=ports["carrier"]),
        Pickup(),
        Handover(),
        Digital(),
    ]
    flows = _flows(strategies)
    return Engine(
        ground.store,
        strategies,
        hooks=listeners(ground.tell, flows, sorted(ORDER.triggers), _gives),
        steps=Steps(manual=frozenset(options.get("manual", ()))),
        reserve=ReserveAtPlacement(timedelta(days=2)),
        roles_of=_roles_of,
        external={"credit": _credit},
        returnable=returnable_within(timedelta(days=10)),
        windows=Windows(escalation=timedelta(days=1), backorder=timedelta(days=3)),
        shortage=newest_first if options.get("hits") else None,
        cancellable=not_once_packed if options.get("keeps_packed") else always_cancellable,
        notifier=ports["notifier"],
        payments=ports["payments"],
        performers={"engrave": Engraver(ports["engraver"])},
        clock=ground.clock,
        ids=ground.ids,
    )


# --- a shop in which lines say who fulfills them -------------------------------------------------


class Chosen(FulfillmentStrategy):
    """Takes the lines that are for it."""

    def accepts(self, line: Line) -> Refusal | None:
        if line.ships and line.attributes.get("method", "in_house") != self.code:
            return Refusal("method.other", f"line {line.id} ({line.sku}) is for another")
        return super().accepts(line)  # type: ignore[safe-super]  # beside a real one


class ChosenInHouse(Chosen, InHouse):
    """The shop's own."""


class ChosenDropship(Chosen, Dropship):
    """A supplier."""


class ChosenThirdParty(Chosen, ThirdParty):
    """A provider."""


def _half(line: Line) -> Decimal:
    return line.unit_price / 2


def _by_people(order: Order) -> bool:
    return order.attributes.get("worked_by") == "people"


BY_ORDER = Steps(manual=frozenset({"pick", "pack", "ship", "put_away", "submit"}), when=_by_people)


def _steps(options: Json) -> Steps:
    """All by hand, some by hand, or as each order says."""
    if options.get("people"):
        return MANUAL
    return Steps(manual=frozenset(options["manual"])) if "manual" in options else BY_ORDER


def _standard(ground: Ground, options: Json) -> Engine:
    ports = ground.ports("standard")
    strategies = [
        ChosenInHouse(carrier=ports["carrier"]),
        ChosenDropship(ports["supplier"], cost=_half),
        ChosenThirdParty(ports["provider"]),
        Pickup(),
        Handover(),
        Digital(),
    ]
    return Engine(
        ground.store,
        strategies,
        hooks=listeners(ground.tell, _flows(strategies), ()),
        steps=_steps(options),
        release=when_paid if options.get("when_paid") else at_confirmation,
        returnable=returnable_within(timedelta(days=30)),
        windows=Windows(reminder=DAYS, review_hours=Hours("UTC", closes=time(12))),
        notifier=ports["notifier"],
        payments=ports["payments"] if options.get("pays") else None,
        clock=ground.clock,
        ids=ground.ids,
    )


BUILDERS: dict[str, Callable[[Ground, Json], Engine]] = {
    "lives": _lives,
    "ways": _ways,
    "hooked": _hooked,
    "standard": _standard,
}


def build(name: str, ground: Ground, options: Json) -> Engine:
    """The engine of a shop."""
    return BUILDERS[name](ground, options)
