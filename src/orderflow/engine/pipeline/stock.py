"""The commit of a message to stock: operations, granted backorders, lost reservations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from orderflow.engine.pipeline.envelope import Envelope
from orderflow.inventory import StockDecision, decide_stock, serve_backorders
from orderflow.kernel.decision.rules import Rules
from orderflow.model.commands import StockCommand
from orderflow.model.messages import SettleStock, StockLost
from orderflow.model.observations import StockReported
from orderflow.model.stock import StockKey
from orderflow.model.work import Message
from orderflow.ports import Commit, Store

__all__ = ["stock_commit"]


def stock_commit(store: Store, rules: Rules, envelope: Envelope, now: datetime) -> Commit:
    """The commit of a command, report or message about stock."""
    decision, subject = _decided(store, rules, envelope, now), envelope.subject
    shortfall, messages = decision.shortfall, decision.messages
    if shortfall and not isinstance(envelope.body, SettleStock):
        messages = (*messages, *_lost(store, rules, decision, envelope.cause))
    return Commit(
        subject,
        now,
        stock=decision.ops,
        pending_work=(shortfall,) if shortfall else (),
        withdrawn=() if shortfall else (f"{subject}:shortfall",),
        messages=messages,
        processed=envelope.stored(0),
        acknowledges=envelope.done,
    )


def _decided(store: Store, rules: Rules, envelope: Envelope, now: datetime) -> StockDecision:
    body, cause = envelope.body, envelope.cause
    if isinstance(body, SettleStock):
        waiting = rules.backorder_priority(store.waiting_list(body.key))
        return serve_backorders(store.stock_levels([body.key])[body.key], waiting, cause, now)
    assert isinstance(body, StockCommand | StockReported)  # no other body is for stock
    key = StockKey(body.sku, body.location)
    level, waiting = store.stock_levels([key])[key], store.waiting_list(key)
    return decide_stock(
        body,  # type: ignore[arg-type]  # StockCommand's subclasses are StockCommandBody
        level,
        waiting,
        rules.backorder_priority,
        cause,
        now,
        envelope.at,
    )


def _lost(store: Store, rules: Rules, decision: StockDecision, cause: str) -> Iterator[Message]:
    """Cancel reservations of orders by the shortage policy, until the shortfall is covered."""
    if rules.shortage is None:
        return
    promised, left = store.reservations_of(decision.key), decision.short_by
    for order in rules.shortage(store.orders_by_id({order for order, _ in promised}).values()):
        for line in sorted(line for holder, line in promised if holder == order.id):
            if part := min(left, promised[order.id, line]):
                left -= part
                lost = StockLost(decision.key, line, part)
                yield Message(f"{cause}>lost:{order.id}/{line}", f"order:{order.id}", lost)
