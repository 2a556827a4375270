"""Allocation: routing, reserving, backordering, and the release of work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import attrs

from orderflow.calendars import add_span
from orderflow.kernel.decision.draft import Draft
from orderflow.kernel.decision.return_types import check_type
from orderflow.kernel.decision.rules import Assignment, Backorder, RoutingOption, Rules
from orderflow.kernel.stock.backorder import backorder
from orderflow.model import events as ev
from orderflow.model.document import Line, Shipping
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.messages import StockGranted
from orderflow.model.order import Order
from orderflow.model.phases import OrderPhase, Phase
from orderflow.model.state import OrderState
from orderflow.model.stock import Release, Reserve, StockKey
from orderflow.workflow import WorkRelease as AwaitsRelease

__all__ = [
    "expire_reservations",
    "open_fo",
    "release_work",
    "reopen_backorders",
    "reserve",
    "routable_units",
    "route",
    "stock_granted",
    "waits_to_ship_complete",
]


def routable_units(order: Order, rules: Rules, now: datetime) -> dict[str, int]:
    """Units per line that are open and can be routed now."""
    state = order.state
    if state.phase not in (OrderPhase.PLACED, OrderPhase.CONFIRMED) or state.held():
        return {}
    if not state.ledger.totals().get(Bucket.OPEN):
        return {}
    expired = f"{state.id}:reservation" in state.done_timers
    if not (rules.release(order) or (rules.reserve.now(order) and not expired)):
        return {}
    return {
        slot.line: units
        for slot, units in state.ledger.slots(Bucket.OPEN)
        if (state.lines[slot.line].not_before or now) <= now and not _awaits_goods(state, slot.line)
    }


def _awaits_goods(state: OrderState, line: str) -> bool:
    """Whether a line waits for the outcome of the return that it is exchanged for."""
    rma = state.returns.get(state.lines[line].awaits)
    return rma is not None and not rma.phase.final


def route(draft: Draft) -> None:
    """Ask the routing policy, check its plan, and reserve or backorder units."""
    order, rules = draft.order, draft.rules
    units = routable_units(order, rules, draft.context.now)
    if not units:
        return
    places = {line: list(_places(draft, order.line(line))) for line in units}
    plan = list(rules.routing.plan(order, units, places))
    faults = list(_faults(order, plan, units, places))
    for fault in faults:
        draft.refuse("routing.bad_plan", fault)
    if faults or _killed(draft, plan, units):
        return
    fos: dict[tuple[str, str], str] = {}
    for part in plan:
        if isinstance(part, Assignment):
            _assign(draft, part, fos)
        else:
            key = StockKey(draft.lines[part.line].sku, part.location)
            backorder(draft, Slot(part.line, Bucket.OPEN), part.quantity, key)
    _date_reservations(draft)


def reopen_backorders(draft: Draft) -> None:
    """Reopen backordered units that another location has."""
    order = draft.order
    for line, units in order.units(Bucket.BACKORDERED).items():
        there = [place.available for place in _places(draft, order.line(line))]
        found = units if None in there else min(units, sum(filter(None, there)))
        if found:
            draft.leave_waiting_list(line, found)
            draft.move(Slot(line, Bucket.BACKORDERED), Slot(line, Bucket.OPEN), found)


def _places(draft: Draft, line: Line) -> Iterator[RoutingOption]:
    """The routing options of a line, in the order of the strategies and their locations."""
    for taker in draft.rules.strategies_for(draft.order, line):
        for location in taker.locations:
            key, available = StockKey(line.sku, location), None
            if line.stocked and location:
                available = draft.level(key).available
            yield RoutingOption(taker.code, location, available, draft.rules.unit_cost(taker, line))


def _faults(
    order: Order,
    plan: Iterable[Assignment | Backorder],
    units: Mapping[str, int],
    places: Mapping[str, Sequence[RoutingOption]],
) -> Iterator[str]:
    """The faults of a plan: it must name existing places, and not exceed units or stock."""
    planned: Counter[str] = Counter()
    taken: Counter[StockKey] = Counter()
    there: dict[StockKey, int] = {}
    for part in plan:
        if part.line not in units or part.quantity <= 0:
            yield f"the plan gives {part.quantity} of line {part.line} that are not open"
            continue
        planned[part.line] += part.quantity
        fitting = [place for place in places[part.line] if _fits(place, part)]
        key = StockKey(order.state.lines[part.line].sku, part.location)
        if not fitting:
            yield f"the plan gives line {part.line} to {_whom(part)}, which does not take it"
        elif isinstance(part, Assignment) and fitting[0].available is not None:
            taken[key] += part.quantity
            there[key] = fitting[0].available
    for key, wanted in taken.items():
        if wanted > there[key]:
            yield f"the plan takes {wanted} of {key}, only {there[key]} are available"
    for line, units_planned in planned.items():
        if units_planned > units[line]:
            yield f"the plan gives {units_planned} of line {line}, only {units[line]} are open"


def _fits(place: RoutingOption, part: Assignment | Backorder) -> bool:
    if isinstance(part, Backorder):
        return place.location == part.location and place.available is not None
    return (place.strategy, place.location) == (part.strategy, part.location)


def _whom(part: Assignment | Backorder) -> str:
    if isinstance(part, Backorder):
        return f"the waiting list of {part.location}"
    return f"{part.strategy} at {part.location}" if part.location else part.strategy


def _killed(draft: Draft, plan: Iterable[Assignment | Backorder], units: Mapping[str, int]) -> bool:
    """Refuse, or cancel, a fill-or-kill order that cannot be filled whole."""
    if draft.order.document.shipping is not Shipping.FILL_OR_KILL:
        return False
    left = Counter(units)
    left.subtract({part.line: part.quantity for part in plan if isinstance(part, Assignment)})
    missing = [f"{n} of line {line} ({draft.lines[line].sku})" for line, n in left.items() if n]
    if not missing or any(slot.fo for slot in draft.units):
        return False
    if not draft.version:
        what = f"the order is fill-or-kill, and units are missing: {', '.join(missing)}"
        draft.refuse("stock.not_available", what)
    for line, open_units in units.items():
        draft.move(Slot(line, Bucket.OPEN), Slot(line, Bucket.CANCELLED), open_units)
    return True


def _assign(draft: Draft, part: Assignment, fos: dict[tuple[str, str], str]) -> None:
    place = part.strategy, part.location
    if place not in fos:
        fos[place] = _joinable(draft, part) or open_fo(draft, *place)
    key = draft.stock_key(part.line, fos[place])
    if key is not None:
        reserve(draft, key, part.line, part.quantity)
    _allocate(draft, Slot(part.line, Bucket.OPEN), fos[place], part.quantity)


def _joinable(draft: Draft, part: Assignment) -> str | None:
    """A FO of this strategy and location without begun work; a ready one if work may start."""
    for fo in draft.fos.values():
        waits = fo.phase in (Phase.WAITING, Phase.READY) and not fo.round
        if not waits or (fo.strategy, fo.location) != (part.strategy, part.location):
            continue
        if fo.phase is Phase.WAITING or draft.rules.release(draft.order):
            return fo.id
    return None


def open_fo(draft: Draft, strategy: str, location: str) -> str:
    """Open a fulfillment order in its workflow's initial state."""
    flow = draft.rules.strategies[strategy].workflow
    initial = flow.by_name[flow.initial]
    fo = f"{draft.id}-F{len(draft.fos) + 1}"
    phase, before = Phase(initial.phase), _superseded(draft)
    draft.emit(
        ev.FulfillmentOrderOpened(fo, strategy, location, flow.stamp, initial.name, phase, before)
    )
    draft.touched.add(fo)
    return fo


def _superseded(draft: Draft) -> str:
    """The last fulfillment order that its partner declined, if none supersedes it yet."""
    declined = {name for names in draft.order.state.declined.values() for name in names}
    replaced = {fo.supersedes for fo in draft.fos.values()}
    given_back = [
        fo.id
        for fo in draft.fos.values()
        if fo.phase.final and fo.phase is not Phase.DONE and fo.strategy in declined
    ]
    return next((fo for fo in reversed(given_back) if fo not in replaced), "")


def reserve(draft: Draft, key: StockKey, line: str, quantity: int) -> None:
    """Reserve units; the store grants them or reports a shortage."""
    draft.stock.append(Reserve(key, draft.id, line, quantity))
    level = draft.level(key)
    draft.levels[key] = attrs.evolve(level, reserved=level.reserved + quantity)


def _allocate(draft: Draft, slot: Slot, fo: str, quantity: int) -> None:
    draft.move(slot, Slot(slot.line, Bucket.ALLOCATED, fo), quantity)


def _date_reservations(draft: Draft) -> None:
    state = draft.order.state
    given = draft.rules.reserve.expires_after(draft.order)
    lasts = check_type(given, "reserve.expires_after", timedelta, type(None))
    if state.phase is OrderPhase.PLACED and lasts and not state.reserved_until:
        draft.emit(ev.ReservationExpirySet(add_span(draft.context.now, lasts)))


def stock_granted(draft: Draft, body: StockGranted) -> None:
    """Allocate backordered units that were reserved; release those no longer wanted."""
    order = draft.order
    slot = Slot(body.line, Bucket.BACKORDERED)
    takers = draft.rules.strategies_for(order, order.line(body.line))
    strategy = next((s for s in takers if body.key.location in s.locations), None)
    there = min(body.quantity, draft.units.get(slot, 0))
    wanted = there if strategy else 0
    if there and not strategy:  # their strategy declined the line: route them elsewhere
        draft.move(slot, Slot(body.line, Bucket.OPEN), there)
    if wanted and strategy:
        part = Assignment(body.line, wanted, strategy.code, body.key.location)
        fo = _joinable(draft, part) or open_fo(draft, strategy.code, body.key.location)
        _allocate(draft, slot, fo, wanted)
    if unwanted := body.quantity - wanted:
        reason = (
            f"stock was granted for {unwanted} of line {body.line} that the order no longer needs"
        )
        draft.emit(ev.ObservationKept("stock_granted", reason))
        draft.stock.append(Release(body.key, order.id, body.line, unwanted))
        draft.offer_freed_stock(body.key)


def expire_reservations(draft: Draft) -> None:
    """Release the stock of an order that was not confirmed in time."""
    state = draft.order.state
    if state.phase is not OrderPhase.PLACED:
        return
    for slot, units in list(state.ledger.slots(Bucket.ALLOCATED)):
        if state.fulfillment_orders[slot.fo].phase is Phase.WAITING:
            draft.release_reservation(slot.line, slot.fo, units)
            draft.move(slot, Slot(slot.line, Bucket.OPEN), units)
    draft.emit(ev.ReservationExpirySet(None))


def waits_to_ship_complete(state: OrderState) -> bool:
    """Whether a ship-complete order lacks units."""
    if not state.ship_complete:
        return False
    missing = {slot.line for slot, _ in state.ledger.slots(Bucket.OPEN, Bucket.BACKORDERED)}
    return any(not _awaits_goods(state, line) for line in missing)


def release_work(draft: Draft) -> None:
    """Start waiting fulfillment orders when the release policy allows it."""
    state = draft.order.state
    if state.held() or state.phase not in (OrderPhase.PLACED, OrderPhase.CONFIRMED):
        return
    if not draft.rules.release(draft.order):
        return
    if not state.released:
        draft.emit(ev.WorkReleased())
    if waits_to_ship_complete(state):
        return
    for fo in state.fulfillment_orders.values():
        flow = draft.rules.machine(fo.workflow).workflow
        awaits = isinstance(flow.by_name[fo.state].waits_for, AwaitsRelease)
        if awaits and not state.held(fo.id):
            draft.fire("release", fo=fo.id)
