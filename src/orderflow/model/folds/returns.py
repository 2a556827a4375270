"""What events make of goods and money that go back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from orderflow.model import events as ev
from orderflow.model.folds.building import Building, Folder, changed, nothing
from orderflow.model.returns import Disposition
from orderflow.model.state import PaymentFact, Payments, Refund, RefundStatus, Return

__all__ = ["FOLDERS"]


_SUMS = {
    PaymentFact.AUTHORISED: "authorised",
    PaymentFact.CAPTURED: "captured",
    PaymentFact.REFUNDED: "refunded",
    PaymentFact.CHARGED_BACK: "charged_back",
}


def _payment(fold: Building, event: ev.PaymentRecorded, _at: datetime) -> None:
    payments: Payments = fold.now["payments"]
    changes: dict[str, Any] = {}
    if event.reference not in payments.references:
        changes["references"] = (*payments.references, event.reference)
    if event.counts is not None:
        changes["amounts"] = {**payments.amounts, event.reference: event.counts}
    if name := _SUMS.get(event.fact):
        changes[name] = getattr(payments, name) + event.amount
    fold.now["payments"] = changed(payments, **changes)


def _return_opened(fold: Building, event: ev.ReturnOpened, at: datetime) -> None:
    fold.now["returns"][event.rma] = Return(
        event.rma,
        event.reason,
        event.workflow,
        event.state,
        event.phase,
        at,
        event.lines,
        to=event.to,
    )


def _refused(fold: Building, event: ev.ReturnRefused, _at: datetime) -> None:
    returns = fold.now["returns"]
    returns[event.rma] = changed(returns[event.rma], refused=event.reason)


def _return_moved(fold: Building, event: ev.ReturnMoved, at: datetime) -> None:
    returns = fold.now["returns"]
    returns[event.rma] = changed(returns[event.rma], state=event.dest, phase=event.phase, since=at)


def _kept(fold: Building, event: ev.FindingsKept, _at: datetime) -> None:
    returns = fold.now["returns"]
    returns[event.rma] = changed(returns[event.rma], findings=event.findings)


def _judged(fold: Building, event: ev.GoodsJudged, _at: datetime) -> None:
    if event.disposition is Disposition.SEND_BACK:
        _reject(fold, event.rma, event.line, event.quantity)


def _sent_back(fold: Building, event: ev.UnitsSentBack, _at: datetime) -> None:
    _reject(fold, event.rma, event.line, -event.quantity)


def _reject(fold: Building, rma: str, line: str, units: int) -> None:
    found = fold.now["returns"][rma]
    rejected = {**found.rejected, line: found.rejected.get(line, 0) + units}
    rejected = {name: n for name, n in rejected.items() if n}
    fold.now["returns"][rma] = changed(found, rejected=rejected)


def _refund(fold: Building, event: ev.RefundProposed, at: datetime) -> None:
    fold.now["refunds"][event.refund] = Refund(event.refund, event.amount, RefundStatus.PENDING, at)


def _refund_moved(fold: Building, event: ev.RefundMoved, at: datetime) -> None:
    refunds = fold.now["refunds"]
    old = refunds[event.refund]
    again = event.status is RefundStatus.PENDING and old.status is RefundStatus.FAILED
    refunds[event.refund] = changed(
        old, status=event.status, since=at, generation=old.generation + again
    )


FOLDERS: Mapping[type[ev.Event], Folder] = {
    ev.PaymentRecorded: _payment,
    ev.ReturnOpened: _return_opened,
    ev.ReturnMoved: _return_moved,
    ev.PaymentReminded: nothing,
    ev.RefundProposed: _refund,
    ev.RefundMoved: _refund_moved,
    ev.FindingsKept: _kept,
    ev.GoodsJudged: _judged,
    ev.StrangeGoodsCame: nothing,
    ev.UnitsSentBack: _sent_back,
    ev.ReturnRefused: _refused,
}
"""What each of these events makes of an order's state."""
