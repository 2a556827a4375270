"""Limits: how much of an order's money a decision gives away, and who may."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import attrs

from orderflow.errors import Refusal
from orderflow.kernel.decision.hooks import SYSTEM_ACTOR, roles_held
from orderflow.kernel.decision.policies import EVERY_ROLE, UNLIMITED
from orderflow.kernel.decision.rules import Rules
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model.amount_due import worth_of
from orderflow.model.document import Charge, Line, NewOrder
from orderflow.model.frozen_mapping import frozen
from orderflow.model.ledger import Bucket
from orderflow.model.order import Order
from orderflow.model.phases import ReturnPhase
from orderflow.model.state import RefundStatus, Return
from orderflow.money import EXACTLY, Money, share, to_minor

__all__ = ["OVER_LIMIT", "Giving", "at_most", "given_away", "over_limits"]


@attrs.frozen
class Giving:
    """Money given away, minor units: *amount* by this decision, *in_all* with earlier ones."""

    kind: str
    amount: int
    in_all: int


OVER_LIMIT = "actor.over_limit"
_SENTENCES: Mapping[str, str] = {
    "refund": "{actor} may refund {limit} of an order, and {amount} make {in_all}",
    "price_reduction": "{actor} may take {limit} off an order's price, and {amount} make {in_all}",
    "override": "{actor} may override for orders of {limit}, and this one is of {in_all}",
}
_PAYS = (RefundStatus.PENDING, RefundStatus.SUCCEEDED)


def over_limits(
    rules: Rules, actor: str, currency: str, givings: Iterable[Giving]
) -> Iterator[Refusal]:
    """A refusal for each giving that exceeds the limits of the actor's roles."""
    for giving in givings:
        most = at_most(rules, actor, giving.kind, currency)
        if most is None or giving.in_all <= most:
            continue
        able = " or ".join(_able(rules, giving, currency))
        told = _SENTENCES[giving.kind].format(
            actor=actor,
            limit=f"at most {Money(most, currency)}",
            amount=Money(giving.amount, currency),
            in_all=Money(giving.in_all, currency),
        )
        needs = f"that needs the role {able}" if able else "no role has so wide a limit"
        yield Refusal("actor.over_limit", f"{told}; {needs}")


def at_most(rules: Rules, actor: str, kind: str, currency: str) -> int | None:
    """The widest limit of an actor's roles, minor units; None where there is none.

    The program itself has no limit, except for overrides.
    """
    if not rules.limits or (actor == SYSTEM_ACTOR and kind != "override"):
        return None
    has = roles_held(rules.roles_of, actor)
    if isinstance(has, type(EVERY_ROLE)):
        return None
    limits = [limit for role, limit in _said(rules, kind) if role in has]
    if not limits or any(limit is UNLIMITED for limit in limits):
        return None
    return max(limit.get(currency, 0) for limit in limits)


def _said(rules: Rules, kind: str) -> Iterator[tuple[str, Mapping[str, int]]]:
    """Each role that has a limit of this kind, and its limit by currency."""
    for role, limit in rules.limits.items():
        if (said := getattr(limit, kind)) is not None:
            yield role, said


def _able(rules: Rules, giving: Giving, currency: str) -> list[str]:
    """The roles whose limit is wide enough."""
    return sorted(
        role
        for role, limit in _said(rules, giving.kind)
        if limit is UNLIMITED or limit.get(currency, 0) >= giving.in_all
    )


def given_away(
    body: object, before: Order | None, after: Order, events: Iterable[ev.Event]
) -> Iterator[Giving]:
    """What a decision gives away, by kind; only what it adds to earlier decisions."""
    if before is not None:
        old, new, paid = _Given.of(before), _Given.of(after), _paid_back(after, events)
        if amount := max(paid, *(now - so_far for now, so_far in zip(new, old, strict=True))):
            yield Giving("refund", amount, max(new))
    lines = {line.id: _below(line, after.state.currency) for line in _lines(before)}
    fresh = _reductions(after.document, () if before else after.document.charges, lines)
    if fresh:
        yield Giving("price_reduction", fresh, _reductions(after.document, after.document.charges))
    if isinstance(body, cmd.Override):
        costs = max(order.document.total.minor for order in (before or after, after))
        yield Giving("override", costs, costs)


class _Given(NamedTuple):
    """Amounts of an order given away so far, minor units, paid for or not.

    *off*: the price of units that are no longer due; *agreed*: that, and the price of units in
    open cancellation requests and approved returns; *money*: refunds paid or proposed. Added
    lines change none of them.
    """

    off: int
    agreed: int
    money: int

    @classmethod
    def of(cls, order: Order) -> _Given:
        payments = order.state.payments
        off = order.document.total.minor - payments.total - _never_due(order)
        agreed = off + (worth_of(order, coming) if (coming := _coming(order)) else 0)
        still = sum(r.amount for r in order.state.refunds.values() if r.status.open)
        return cls(off, agreed, payments.refunded + still)


def _paid_back(order: Order, events: Iterable[ev.Event]) -> int:
    """The amount of the refunds that *events* propose, retry or report as paid."""
    found: dict[str, int] = {}
    for event in events:
        if isinstance(event, ev.RefundProposed):
            found[event.refund] = event.amount
        elif isinstance(event, ev.RefundMoved) and event.status in _PAYS:
            found[event.refund] = order.state.refunds[event.refund].amount
        elif isinstance(event, ev.RefundMoved):
            found.pop(event.refund, None)
    return sum(found.values())


def _coming(order: Order) -> Counter[str]:
    """Units in open cancellation requests, and units that customers may return or have returned."""
    coming: Counter[str] = Counter()
    for request in order.state.cancellations.values():
        if not request.reroute:
            coming.update(request.lines)
    for rma in order.state.returns.values():
        if not rma.phase.final and rma.phase is not ReturnPhase.REQUESTED:
            coming += Counter(rma.lines) | Counter(order.units(Bucket.RETURNED, rma=rma.id))
    return coming


def _never_due(order: Order) -> int:
    """The price of exchange units that were cancelled because the return was not accepted."""
    state, found = order.state, 0
    for rma in state.returns.values():
        if rma.phase.final and not _accepted(order, rma):
            lines = [line for line in order.document.lines if state.lines[line.id].awaits == rma.id]
            for line in lines:
                units = order.ledger.total(Bucket.CANCELLED, line=line.id)
                found += share((line.amount or 0) + line.tax, units, line.quantity)
    return found


def _accepted(order: Order, rma: Return) -> int:
    """Units that came with a return and were not rejected."""
    if rma.phase is not ReturnPhase.CLOSED:
        return 0
    return order.ledger.total(Bucket.RETURNED, rma=rma.id) - sum(rma.rejected.values())


def _lines(order: Order | None) -> Iterable[Line]:
    return order.document.lines if order else ()


def _reductions(
    document: NewOrder, charges: Iterable[Charge], before: Mapping[str, int] = frozen({})
) -> int:
    """Discounts and credits on lines and charges, minor units, beyond each line's *before*."""
    below = ((line.id, _below(line, document.currency)) for line in document.lines)
    return sum(max(0, less - before.get(line, 0)) for line, less in below) + sum(
        max(0, -charge.amount) + max(0, -charge.tax) for charge in charges
    )


def _below(line: Line, currency: str) -> int:
    gross = to_minor(EXACTLY.multiply(line.unit_price, line.quantity), currency)
    return max(line.discount, gross - (line.amount or 0)) + max(0, -line.tax)
