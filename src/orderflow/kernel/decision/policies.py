"""Policies: the application's decisions in the rules, and ready-made ones."""

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
    """Which working steps software does, and which role does the others."""

    def automatic(self, step: str, order: Order, strategy: str = "") -> bool:
        """Whether the step is an effect (True) or a task; *strategy* performs it, if one does."""

    def role(self, step: str) -> str:
        """The role that does the step by hand, or takes over after its effect is given up."""


class ReservePolicy(Protocol):
    """When stock is reserved for an order, and for how long."""

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
    """Release a confirmed order's work when it is paid; at once, if its terms are to pay later.

    A prepaid order's additions are released when they are paid, too. Orders by invoice or cash on
    delivery are paid last.
    """
    later = order.state.terms != Terms.PREPAID
    return at_confirmation(order) and (later or order.state.payments.paid)


PromisePolicy = Callable[[Order, datetime], datetime | None]
"""The delivery date to promise at placement, if none was agreed; None promises none."""


def promised_within(calendar: BusinessCalendar, days: int) -> PromisePolicy:
    """A promise policy: at the end of so many business days."""
    return lambda _order, now: calendar.add(now, days)


ReturnPolicy = Callable[[Order, RequestReturn, datetime], Refusal | None]
"""None if a customer may return units now, or why not: too late, not in this condition."""
CancelPolicy = Callable[[Order, Mapping[Bucket, int]], Refusal | None]
"""None if units in these buckets may be cancelled, or why not."""
ShortagePolicy = Callable[[Iterable[Order]], Sequence[Order]]
"""Orders whose reservations are cancelled when stock falls short, first one first."""
AmountDuePolicy = Callable[[Order], int]
"""The amount due for units kept, in minor units; payments beyond it are refunded."""


def always_returnable(_order: Order, _asked: RequestReturn, _now: datetime) -> None:
    """The default: a customer may ask for any return; a person, or software, approves it."""


def returnable_within(window: timedelta) -> ReturnPolicy:
    """A return policy: until *window* after the last delivery."""

    def policy(order: Order, _asked: RequestReturn, now: datetime) -> Refusal | None:
        delivered = order.state.delivered_at
        if delivered is None or now <= (end := add_span(delivered, window)):
            return None
        until = f"{end:%Y-%m-%d %H:%M} UTC"
        return Refusal("return.too_late", f"returns could be asked for until {until}")

    return policy


def always_cancellable(_order: Order, _units: Mapping[Bucket, int]) -> None:
    """The default: units may be cancelled until they leave; packed ones are put away."""


def not_once_packed(_order: Order, units: Mapping[Bucket, int]) -> Refusal | None:
    """A cancel policy: packed units are not cancelled."""
    if not units.get(Bucket.PACKED):
        return None
    return Refusal("cancel.packed", f"{units[Bucket.PACKED]} units are packed, and go out")


def newest_first(orders: Iterable[Order]) -> Sequence[Order]:
    """A shortage policy: the newest order loses its reservation first."""
    return sorted(orders, key=lambda order: (order.state.placed_at, order.id), reverse=True)


class _EveryRole(frozenset[str]):
    """The set of all roles, including an application's own; cannot be iterated."""

    def __contains__(self, _role: object) -> bool:
        return True


EVERY_ROLE: frozenset[str] = _EveryRole()
"""Every role: ``roles_of`` returns it for an actor who may do everything."""


def every_role(_actor: str) -> frozenset[str]:
    """Default ``roles_of``: every actor has every role."""
    return EVERY_ROLE


class _Unlimited(Frozen[str, int]):
    """An unlimited amount in every currency; cannot be iterated."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return other is self

    __hash__ = None  # type: ignore[assignment]  # like a dict

    def __repr__(self) -> str:
        return "UNLIMITED"

    def __reduce__(self) -> Any:
        return "UNLIMITED"  # copies and unpickled ones are the same object


_NO_END = _Unlimited()
UNLIMITED: Any = _NO_END
"""The value of a :class:`Limit` for a role without a limit."""


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
    """How much of one order's money a role may give away, counting what others gave before.

    Each is an amount per currency; a currency that is not named has 0. :data:`UNLIMITED` is any
    amount. None leaves it to the actor's other roles; if none has a limit, there is none.

    Attributes:
        refund: The price of all its units that are cancelled or returned, or agreed to be, paid
            for or not; or the refunds, where they are more.
        price_reduction: All its discounts, the amounts by which lines cost less than their units'
            prices, and negative lines, charges and taxes; also where they grow with their line's
            quantity.
        override: The greatest order total at which the role may override.

    >>> Limit(refund=[Money.of(50, "EUR")]).refund
    {'EUR': 5000}
    """

    refund: Mapping[str, int] | None = attrs.field(default=None, converter=_amounts)
    price_reduction: Mapping[str, int] | None = attrs.field(default=None, converter=_amounts)
    override: Mapping[str, int] | None = attrs.field(default=None, converter=_amounts)


@attrs.frozen
class ReserveAtPlacement:
    """Reserve at placement, for a while; kept for good on confirmation, consumed on shipping."""

    lasts: timedelta | None = timedelta(days=3)

    def now(self, order: Order) -> bool:
        """True in every phase before the order ends."""
        return order.state.phase in (OrderPhase.PLACED, OrderPhase.CONFIRMED)

    def expires_after(self, order: Order) -> timedelta | None:
        """The same for every order."""
        del order
        return self.lasts


RESERVE_AT_PLACEMENT = ReserveAtPlacement()
"""The default reserve policy."""


@attrs.frozen
class Windows:
    """How long the engine waits for others before it acts or asks a person.

    Attributes:
        confirmation: After delivery: the delivery counts as confirmed.
        review: After delivery: the customer is asked for a review, in the *review_hours*.
        tracking: Without a carrier's scan: a person asks.
        backorder: Without stock: a person asks.
        payment: Confirmed, not released: a person asks; a prepaid order without any payment ends.
        cash: Cash on delivery not reported: a person asks.
        reminder: Delivered and not paid: an invoice's customer is sent dunning each time,
            *reminders* times; then a person asks. None: no dunning.
        at_risk: Before the promised date: a person gets a task. None: when it is late.
        escalation: A task goes to another role. None: never.

    Raises:
        InvalidInput: A duration is missing, or negative.
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
