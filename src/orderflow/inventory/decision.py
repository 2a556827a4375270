"""Decisions about stock: its changes, and grants to waiting backorders. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import attrs

from orderflow.inventory.levels import KeyStock, apply
from orderflow.model.commands import (
    Count,
    ExpectInbound,
    ReceiveStock,
    SetStockPolicy,
    StockCommandBody,
    WriteOff,
)
from orderflow.model.messages import StockGranted
from orderflow.model.observations import StockReported
from orderflow.model.stock import (
    AdjustStock,
    AnnounceInbound,
    Cause,
    LeaveWaitingList,
    Reserve,
    SetLimits,
    SetOnHand,
    StockKey,
    StockLevel,
    StockOp,
    WaitingBackorder,
)
from orderflow.model.work import Message, Task

__all__ = ["OLDEST_FIRST", "BackorderPriority", "StockDecision", "decide_stock", "serve_backorders"]

BackorderPriority = Callable[[Sequence[WaitingBackorder]], Sequence[WaitingBackorder]]
"""The order in which waiting backorders get freed stock."""


def OLDEST_FIRST(waiting: Sequence[WaitingBackorder]) -> Sequence[WaitingBackorder]:  # noqa: N802 (a policy value)
    """The default priority: the longest wait first, then by order and line."""
    return sorted(waiting, key=lambda w: (w.since, w.order, w.line))


@attrs.frozen
class StockDecision:
    """The changes by a stock command, observation or message.

    *shortfall* is the task to keep open while *short_by* more units are reserved than on hand;
    None closes it.
    """

    key: StockKey
    ops: tuple[StockOp, ...]
    messages: tuple[Message, ...]
    shortfall: Task | None
    short_by: int = 0


def decide_stock(
    body: StockCommandBody | StockReported,
    level: StockLevel,
    waiting: Sequence[WaitingBackorder],
    order: BackorderPriority,
    cause: str,
    now: datetime,
    at: datetime | None = None,
) -> StockDecision:
    """The changes that *body* makes to a level, and its grants. *at* is when it happened."""
    ops = list(_ops(body, level, cause, at or now))
    for op in (op for op in ops if op.key == level.key):
        held = apply(op, KeyStock(level))
        level = held.level if held else level
    named = (
        (body.for_order, body.for_line)
        if isinstance(body, ReceiveStock) and body.for_order is not None
        else None
    )
    first = [w for w in waiting if named and w.order == named[0] and named[1] in (None, w.line)]
    rest = [w for w in waiting if w not in first]
    return serve_backorders(level, [*order(first), *order(rest)], cause, now, ops)


def serve_backorders(
    level: StockLevel,
    queue: Iterable[WaitingBackorder],
    cause: str,
    now: datetime,
    ops: Sequence[StockOp] = (),
) -> StockDecision:
    """Grant available stock to *queue*, in order; with the task for any shortfall."""
    done, messages = list(ops), []
    for waiting in queue:
        units = min(waiting.quantity, level.available)
        if units == 0:
            break
        key, order, line = waiting.key, waiting.order, waiting.line
        done += [LeaveWaitingList(key, order, line, units), Reserve(key, order, line, units)]
        level = attrs.evolve(level, reserved=level.reserved + units)
        granted = StockGranted(key, line, units)
        messages.append(Message(f"{cause}>{order}/{line}", f"order:{order}", granted))
    return StockDecision(
        level.key, tuple(done), tuple(messages), _shortfall(level, now), level.shortfall
    )


def _ops(
    body: StockCommandBody | StockReported, level: StockLevel, cause: str, at: datetime
) -> Iterable[StockOp]:
    key = StockKey(body.sku, body.location)
    match body:
        case ReceiveStock():
            reference, good = body.reference or cause, body.quantity - body.damaged
            if good:
                yield AdjustStock(key, good, Cause.RECEIPT, reference)
            if body.damaged:
                yield AdjustStock(key.quarantine, body.damaged, Cause.RECEIPT, reference)
            if body.expected:
                yield AnnounceInbound(key, body.expected, 0, _EPOCH)
        case Count():
            if found := body.counted - level.on_hand:
                yield AdjustStock(key, found, Cause.COUNT, body.reference or cause)
        case WriteOff():
            yield AdjustStock(key, -body.quantity, Cause.WRITE_OFF, body.reference or cause)
        case ExpectInbound():
            yield AnnounceInbound(key, body.expected, body.quantity, body.at)
        case SetStockPolicy():
            yield SetLimits(key, body.safety, body.backorder_limit)
        case StockReported():
            yield SetOnHand(key, body.on_hand, at, cause)


_EPOCH = datetime.min


def _shortfall(level: StockLevel, now: datetime) -> Task | None:
    if not level.shortfall:
        return None
    return Task(
        key=f"stock:{level.key}:shortfall",
        name="exception.shortfall",
        subject=f"stock:{level.key}",
        role="inventory",
        instructions=f"{level.shortfall} of {level.key} are promised but not there: "
        "count, receive, or cancel what waits",
        due=now,
    )
