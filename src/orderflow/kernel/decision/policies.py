"""What an application decides: the policies that go into the rules, and ready ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import attrs

from orderflow.calendars import BusinessCalendar, Hours, add_span, is_span
from orderflow.errors import InvalidInput, Problem, Refusal
from orderflow.model.commands import RequestReturn
from orderflow.model.document import Terms
from orderflow.model.frozen_mapping import Frozen, frozen
from orderflow.model.ledger import Bucket
from orderflow.model.order import Order
from orderflow.model.phases import OrderPhase
from orderflow.money import Money

__all__ = [
    "EVERY_ROLE",
    "RESERVE_AT_PLACEMENT",
    "UNLIMITED",
    "AmountDuePolicy",
    "CancelPolicy",
    "Limit",
    "PromisePolicy",
    "ReleasePolicy",
    "ReserveAtPlacement",
    "ReservePolicy",
    "ReturnPolicy",
    "ShortagePolicy",
    "StepPolicy",
    "Windows",
    "always_cancellable",
    "always_returnable",
    "at_confirmation",
    "at_placement",
    "every_role",
    "newest_first",
    "not_once_packed",
    "promised_within",
    "returnable_within",
    "when_paid",
]


class StepPolicy(Protocol):
    """Which working steps software does, and whose task the others are."""

    def automatic(self, step: str, order: Order, strategy: str = "") -> bool:
        """Whether the step is an effect (True) or a task; *strategy* does it, if one does."""

    def role(self, step: str) -> str:
        """Who does the step by hand, or takes over when the effect gave up."""


class ReservePolicy(Protocol):
    """When stock is promised to an order, and for how long."""

    def now(self, order: Order) -> bool:
        """Whether to reserve in this phase of the order."""

    def expires_after(self, order: Order) -> timedelta | None:
        """How long an unconfirmed order keeps its stock; None: until it is cancelled."""


ReleasePolicy = Callable[[Order], bool]
"""Whether an order's work may start; asked again for what is added to it later."""


def at_placement(order: Order) -> bool:
    """Release the work as soon as the order is placed."""
    return order.state.phase in (OrderPhase.PLACED, OrderPhase.CONFIRMED)


def at_confirmation(order: Order) -> bool:
    """Release the work when the order is confirmed."""
    return order.state.phase is OrderPhase.CONFIRMED


def when_paid(order: Order) -> bool:
    """Release a confirmed order's work when it is paid for; at once, where its terms say: later.

    Prepaid orders are worked when they are paid, and what is added to them when that is paid, too;
    by invoice or on delivery they are paid last.
    """
    later = order.state.terms != Terms.PREPAID
    return at_confirmation(order) and (later or order.state.payments.paid)


PromisePolicy = Callable[[Order, datetime], datetime | None]
"""What an order that is placed now is promised for, where nothing else was agreed; or nothing."""


def promised_within(calendar: BusinessCalendar, days: int) -> PromisePolicy:
    """A promise policy: at the end of so many business days."""
    return lambda _order, now: calendar.add(now, days)


ReturnPolicy = Callable[[Order, RequestReturn, datetime], Refusal | None]
"""Silent where a customer may send units back now, or why not: too late, not in this condition."""
CancelPolicy = Callable[[Order, Mapping[Bucket, int]], Refusal | None]
"""Silent where units may be cancelled that stand in these buckets, or why not."""
ShortagePolicy = Callable[[Iterable[Order]], Sequence[Order]]
"""Who of those to whom a stock was promised goes without, the first first, when less is there."""
AmountDuePolicy = Callable[[Order], int]
"""What the customer owes for what is kept, in minor units; what was paid beyond is refunded."""


def always_returnable(_order: Order, _asked: RequestReturn, _now: datetime) -> None:
    """The default: a customer may ask for any return; a person, or software, approves it."""


def returnable_within(window: timedelta) -> ReturnPolicy:
    """A return policy: as long after the last delivery as *window*."""

    def policy(order: Order, _asked: RequestReturn, now: datetime) -> Refusal | None:
        delivered = order.state.delivered_at
        if delivered is None or now <= (end := add_span(delivered, window)):
            return None
        until = f"{end:%Y-%m-%d %H:%M} UTC"
        return Refusal("return.too_late", f"returns could be asked for until {until}")

    return policy


def always_cancellable(_order: Order, _units: Mapping[Bucket, int]) -> None:
    """The default: whatever has not left may be cancelled; what is packed is put away."""


def not_once_packed(_order: Order, units: Mapping[Bucket, int]) -> Refusal | None:
    """A cancel policy: what is packed goes out."""
    if not units.get(Bucket.PACKED):
        return None
    return Refusal("cancel.packed", f"{units[Bucket.PACKED]} units are packed, and go out")


def newest_first(orders: Iterable[Order]) -> Sequence[Order]:
    """A hit policy: who ordered last goes without first."""
    return sorted(orders, key=lambda order: (order.state.placed_at, order.id), reverse=True)


class _EveryRole(frozenset[str]):
    """Every role that there is; none is listed, as nobody knows them all."""

    def __contains__(self, _role: object) -> bool:
        return True


EVERY_ROLE: frozenset[str] = _EveryRole()
"""Every role: what ``roles_of`` gives for who may do all."""


def every_role(_actor: str) -> frozenset[str]:
    """The default of who may: everybody has every role."""
    return EVERY_ROLE


class _Unlimited(Frozen[str, int]):
    """No amount is too much, in whichever currency; none is listed."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return other is self

    __hash__ = None  # type: ignore[assignment]  # as a dict has none

    def __repr__(self) -> str:
        return "UNLIMITED"

    def __reduce__(self) -> Any:
        return "UNLIMITED"  # the same one, wherever it comes to


_NO_END = _Unlimited()
UNLIMITED: Any = _NO_END
"""What a role's :class:`Limit` says of what it may give without one."""


def _amounts(given: Iterable[Money] | None) -> Mapping[str, int] | None:
    """Minor units by currency."""
    if given is None:
        return None
    if given is UNLIMITED:
        return _NO_END
    amounts = tuple(given)
    for amount in amounts:
        if not isinstance(amount, Money):
            raise TypeError(f"a limit is of amounts of Money, got {amount!r}")
        if amount.minor < 0:
            raise ValueError(f"a limit is not below 0, got {amount}")
    found = {amount.currency: amount.minor for amount in amounts}
    if len(found) < len(amounts):
        raise ValueError(f"a limit has one amount in each currency, got {[*map(str, amounts)]}")
    return frozen(found)


@attrs.frozen(kw_only=True)
class Limit:
    """How much of one order's money a role may give away, whoever gave the rest of it.

    Each is an amount in each currency: one that is not named has 0. :data:`UNLIMITED` is any
    amount. None says nothing: then the actor's other roles say, and without one there is no limit.

    Attributes:
        refund: The worth of all its units that are cancelled, taken back or agreed to be, paid for
            or not; or what is paid back, where that is more.
        price_reduction: All of its discounts, of what its lines cost less than their units' price,
            and of its lines, charges and taxes below 0; what they grow by with their line's
            quantity as well.
        override: What an order costs in which the role may override.

    >>> Limit(refund=[Money.of(50, "EUR")]).refund
    {'EUR': 5000}
    """

    refund: Mapping[str, int] | None = attrs.field(default=None, converter=_amounts)
    price_reduction: Mapping[str, int] | None = attrs.field(default=None, converter=_amounts)
    override: Mapping[str, int] | None = attrs.field(default=None, converter=_amounts)


@attrs.frozen
class ReserveAtPlacement:
    """Reserve at placement, for a while; firm on confirmation, consumed on shipping."""

    lasts: timedelta | None = timedelta(days=3)

    def now(self, order: Order) -> bool:
        """In every phase in which the order is alive."""
        return order.state.phase in (OrderPhase.PLACED, OrderPhase.CONFIRMED)

    def expires_after(self, order: Order) -> timedelta | None:
        """The same for every order."""
        del order
        return self.lasts


RESERVE_AT_PLACEMENT = ReserveAtPlacement()
"""The default reserve policy."""


@attrs.frozen
class Windows:
    """How long we wait for others before we act or ask.

    Attributes:
        confirmation: After delivery: the receipt counts as confirmed.
        review: After delivery: the customer is asked for a review, in the *review_hours*.
        tracking: Without a word of a carrier: a person asks.
        backorder: Without stock: a person asks.
        payment: Confirmed, not released: a person asks; a prepaid order without any money ends.
        cash: Paid on delivery, and no cash is reported: a person asks.
        reminder: Delivered and not paid: an invoice's customer is reminded, each time that it is
            over, *reminders* times; then a person asks. None: nobody is reminded.
        at_risk: Before what is promised: a person is told. None: when it is late.
        escalation: A task is another role's after it. None: never.

    Raises:
        InvalidInput: Time that is none, or below 0.
    """

    confirmation: timedelta = timedelta(days=14)
    review: timedelta = timedelta(days=7)
    tracking: timedelta = timedelta(days=7)
    backorder: timedelta = timedelta(days=14)
    payment: timedelta = timedelta(days=7)
    cash: timedelta = timedelta(days=7)
    reminder: timedelta | None = None
    reminders: int = 3
    at_risk: timedelta | None = timedelta(days=1)
    escalation: timedelta | None = None
    review_hours: Hours | None = None

    def __attrs_post_init__(self) -> None:
        named = {each.name: str(each.type) for each in attrs.fields(Windows)}
        wrong = [
            Problem(name, span, "a timedelta of 0 or more is expected")
            for name, span in attrs.asdict(self, recurse=False).items()
            if "timedelta" in named[name] and not is_span(span)
            if not (span is None and "None" in named[name])
        ]
        if wrong:
            raise InvalidInput("windows", wrong)
