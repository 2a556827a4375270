"""The fold of events of returned goods, payments and refunds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from orderflow.model import events as ev
from orderflow.model.folds.builder import Builder, Folder, changed, nothing
from orderflow.model.returns import Disposition
from orderflow.model.state import PaymentOutcome, Payments, Refund, RefundStatus, Return

__all__ = ["FOLDERS"]


_SUMS = {
    PaymentOutcome.AUTHORISED: "authorised",
    PaymentOutcome.CAPTURED: "captured",
    PaymentOutcome.REFUNDED: "refunded",
    PaymentOutcome.CHARGED_BACK: "charged_back",
}


def _payment(fold: Builder, event: ev.PaymentRecorded, _at: datetime) -> None:
    payments: Payments = fold.now["payments"]
    changes: dict[str, Any] = {}
    if event.reference not in payments.references:
        changes["references"] = (*payments.references, event.reference)
    if event.counts is not None:
        changes["amounts"] = {**payments.amounts, event.reference: event.counts}
    if name := _SUMS.get(event.fact):
        changes[name] = getattr(payments, name) + event.amount
    fold.now["payments"] = changed(payments, **changes)


def _return_opened(fold: Builder, event: ev.ReturnOpened, at: datetime) -> None:
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


def _refused(fold: Builder, event: ev.ReturnRefusedByPartner, _at: datetime) -> None:
    returns = fold.now["returns"]
    returns[event.rma] = changed(returns[event.rma], refused=event.reason)


def _return_moved(fold: Builder, event: ev.ReturnMoved, at: datetime) -> None:
    returns = fold.now["returns"]
    returns[event.rma] = changed(returns[event.rma], state=event.dest, phase=event.phase, since=at)


def _kept(fold: Builder, event: ev.InspectionDeferred, _at: datetime) -> None:
    returns = fold.now["returns"]
    returns[event.rma] = changed(returns[event.rma], findings=event.findings)


def _judged(fold: Builder, event: ev.GoodsInspected, _at: datetime) -> None:
    if event.disposition is Disposition.SEND_BACK:
        _reject(fold, event.rma, event.line, event.quantity)


def _sent_back(fold: Builder, event: ev.UnitsSentBack, _at: datetime) -> None:
    _reject(fold, event.rma, event.line, -event.quantity)


def _reject(fold: Builder, rma: str, line: str, units: int) -> None:
    found = fold.now["returns"][rma]
    rejected = {**found.rejected, line: found.rejected.get(line, 0) + units}
    rejected = {name: n for name, n in rejected.items() if n}
    fold.now["returns"][rma] = changed(found, rejected=rejected)


def _refund(fold: Builder, event: ev.RefundProposed, at: datetime) -> None:
    fold.now["refunds"][event.refund] = Refund(event.refund, event.amount, RefundStatus.PENDING, at)


def _refund_moved(fold: Builder, event: ev.RefundMoved, at: datetime) -> None:
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
    ev.DunningSent: nothing,
    ev.RefundProposed: _refund,
    ev.RefundMoved: _refund_moved,
    ev.InspectionDeferred: _kept,
    ev.GoodsInspected: _judged,
    ev.UnexpectedGoodsReceived: nothing,
    ev.UnitsSentBack: _sent_back,
    ev.ReturnRefusedByPartner: _refused,
}
"""How each of these events changes an order's state."""
