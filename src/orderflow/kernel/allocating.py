"""Who fulfills what: routing, reserving, backordering, and the release of work."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from orderflow.kernel.deciding import Deciding
from orderflow.kernel.rules import Assignment, Fulfiller, Rules
from orderflow.model import events as ev
from orderflow.model.ledger import Bucket, Slot
from orderflow.model.messages import StockGranted
from orderflow.model.order import Order
from orderflow.model.phases import OrderPhase, Phase
from orderflow.model.stock import Release, Reserve, StockKey, StockLevel, Wait
from orderflow.workflow import Release as AwaitsRelease

__all__ = ["backorder", "expire_reservations", "granted", "release", "routable", "route"]


def routable(order: Order, rules: Rules, now: datetime) -> dict[str, int]:
    """Units per line that nobody has and that may be given out now."""
    state = order.state
    if state.phase not in (OrderPhase.PLACED, OrderPhase.CONFIRMED) or state.holds:
        return {}
    if not state.ledger.totals().get(Bucket.OPEN):
        return {}
    expired = f"{state.id}:reservation" in state.done_timers
    if not (rules.release(order) or (rules.reserve.now(order) and not expired)):
        return {}
    return {
        slot.line: units
        for slot, units in state.ledger.slots(Bucket.OPEN)
        if (state.lines[slot.line].not_before or now) <= now
    }


def route(deciding: Deciding) -> None:
    """Ask the routing, check its plan, and take stock or a place in the waiting list."""
    order, rules = deciding.order, deciding.rules
    units = routable(order, rules, deciding.context.now)
    if not units:
        return
    delivery = order.document.delivery
    strategies = tuple(s for s in rules.strategies.values() if delivery in s.deliveries)
    plan = list(rules.routing.plan(order, units, strategies, deciding.levels))
    if faults := _faults(order, plan, units, rules.strategies):
        for fault in faults:
            deciding.refuse("routing.bad_plan", fault)
        return
    fos: dict[tuple[str, str], str] = {}
    for part in plan:
        _assign(deciding, part, fos)
    _date_reservations(deciding)


def _faults(
    order: Order,
    plan: list[Assignment],
    units: Mapping[str, int],
    strategies: Mapping[str, Fulfiller],
) -> list[str]:
    """What is wrong with a plan: it must name what exists, and add up."""
    faults, planned = [], dict.fromkeys(units, 0)
    for part in plan:
        strategy = strategies.get(part.strategy)
        if strategy is None:
            faults.append(f"the plan names the unknown strategy {part.strategy}")
        elif part.line not in units or part.quantity <= 0:
            faults.append(f"the plan gives {part.quantity} of line {part.line} that are not open")
        else:
            planned[part.line] += part.quantity
            if refusal := strategy.accepts(order.document.line(part.line)):
                faults.append(f"{part.strategy} does not accept line {part.line}: {refusal}")
    faults += [
        f"the plan gives {planned[line]} of line {line}, only {units[line]} are open"
        for line in units
        if planned[line] > units[line]
    ]
    return faults


def _assign(deciding: Deciding, part: Assignment, fos: dict[tuple[str, str], str]) -> None:
    line = deciding.lines[part.line]
    key = StockKey(line.sku, part.location)
    have = part.quantity
    if line.stocked:
        have = min(have, deciding.levels.get(key, StockLevel(key)).available)
    if have:
        place = part.strategy, part.location
        if place not in fos:
            fos[place] = _joinable(deciding, part) or open_fo(deciding, *place)
        if line.stocked:
            take(deciding, key, part.line, have)
        _allocate(deciding, Slot(part.line, Bucket.OPEN), fos[place], have)
    if part.quantity > have:
        backorder(deciding, Slot(part.line, Bucket.OPEN), part.quantity - have, key)


def _joinable(deciding: Deciding, part: Assignment) -> str | None:
    """A FO of this party and place on which work has not begun."""
    for fo in deciding.fos.values():
        waits = fo.phase in (Phase.WAITING, Phase.READY) and not fo.round
        if waits and (fo.strategy, fo.location) == (part.strategy, part.location):
            return fo.id
    return None


def open_fo(deciding: Deciding, strategy: str, location: str) -> str:
    """Open a fulfillment order in its workflow's initial state."""
    flow = deciding.rules.strategies[strategy].workflow
    initial = flow.by_name[flow.initial]
    fo = f"{deciding.id}-F{len(deciding.fos) + 1}"
    deciding.emit(
        ev.FulfillmentOrderOpened(
            fo, strategy, location, flow.stamp, initial.name, Phase(initial.phase)
        )
    )
    deciding.touched.add(fo)
    return fo


def take(deciding: Deciding, key: StockKey, line: str, quantity: int) -> None:
    """Reserve units; the store grants them or answers that it is short."""
    deciding.stock.append(Reserve(key, deciding.id, line, quantity))
    level = deciding.levels[key]
    deciding.levels[key] = attrs.evolve(level, reserved=level.reserved + quantity)


def _allocate(deciding: Deciding, slot: Slot, fo: str, quantity: int) -> None:
    deciding.move(slot, Slot(slot.line, Bucket.ALLOCATED, fo), quantity)


def backorder(deciding: Deciding, slot: Slot, quantity: int, key: StockKey) -> None:
    """Put units on the waiting list; where its allowance is used up they stay or become open."""
    level = deciding.levels.get(key, StockLevel(key))
    limit = level.backorder_limit
    room = quantity if limit is None else max(0, min(quantity, limit - level.backordered))
    if room:
        deciding.stock.append(Wait(key, deciding.id, slot.line, room))
        deciding.levels[key] = attrs.evolve(level, backordered=level.backordered + room)
        deciding.move(slot, Slot(slot.line, Bucket.BACKORDERED), room)
    if room < quantity:
        over = quantity - room
        sentence = f"{over} of {key.sku} cannot be had, and no more backorders are allowed"
        if not deciding.version:
            deciding.refuse("stock.not_available", f"line {slot.line}: {sentence}")
        elif slot.bucket is not Bucket.OPEN:
            deciding.move(slot, Slot(slot.line, Bucket.OPEN), over)


def _date_reservations(deciding: Deciding) -> None:
    state = deciding.order.state
    lasts = deciding.rules.reserve.expires_after(deciding.order)
    if state.phase is OrderPhase.PLACED and lasts and not state.reserved_until:
        deciding.emit(ev.ReservationsDated(deciding.context.now + lasts))


def granted(deciding: Deciding, body: StockGranted) -> None:
    """Units that were waited for are reserved: give them to a FO; what nobody wants goes back."""
    order = deciding.order
    slot = Slot(body.line, Bucket.BACKORDERED)
    line = order.document.line(body.line)
    strategy = deciding.rules.strategy_at(body.key.location, line)
    wanted = min(body.quantity, deciding.units.get(slot, 0)) if strategy else 0
    if wanted and strategy:
        part = Assignment(body.line, wanted, strategy.code, body.key.location)
        fo = _joinable(deciding, part) or open_fo(deciding, strategy.code, body.key.location)
        _allocate(deciding, slot, fo, wanted)
    if unwanted := body.quantity - wanted:
        reason = f"{unwanted} of line {body.line} are no longer waited for"
        deciding.emit(ev.FactKept("stock_granted", reason))
        deciding.stock.append(Release(body.key, order.id, body.line, unwanted))
        deciding.settle_stock(body.key)


def expire_reservations(deciding: Deciding) -> None:
    """Take the stock of an order back that was not confirmed in time."""
    state = deciding.order.state
    if state.phase is not OrderPhase.PLACED:
        return
    for slot, units in list(state.ledger.slots(Bucket.ALLOCATED)):
        if state.fulfillment_orders[slot.fo].phase is Phase.WAITING:
            deciding.unreserve(slot.line, slot.fo, units)
            deciding.move(slot, Slot(slot.line, Bucket.OPEN), units)
    deciding.emit(ev.ReservationsDated(None))


def release(deciding: Deciding) -> None:
    """Let waiting fulfillment orders start when the policy says so."""
    state = deciding.order.state
    if state.holds or state.phase not in (OrderPhase.PLACED, OrderPhase.CONFIRMED):
        return
    if not state.released:
        if not deciding.rules.release(deciding.order):
            return
        deciding.emit(ev.WorkReleased())
    if state.ship_complete and state.ledger.total(Bucket.OPEN, Bucket.BACKORDERED):
        return
    for fo in state.fulfillment_orders.values():
        flow = deciding.rules.machine(fo.workflow).workflow
        if isinstance(flow.by_name[fo.state].waits_for, AwaitsRelease):
            deciding.fire("release", fo=fo.id)
