"""The rules that go into every decision, as one value; and the protocols of their parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

import attrs

from orderflow.errors import Refusal, UnknownWorkflow
from orderflow.inventory import OLDEST_FIRST, ReleaseOrder
from orderflow.kernel.hooks import Hooks, RolesOf, WorkflowHooks
from orderflow.kernel.owing import owed_for_what_is_kept
from orderflow.kernel.step import Step
from orderflow.kernel.workflows import ORDER, RETURN
from orderflow.model.commands import RequestReturn
from orderflow.model.document import Delivery, Line
from orderflow.model.ledger import Bucket
from orderflow.model.order import Order
from orderflow.model.phases import OrderPhase
from orderflow.model.state import Stamp
from orderflow.workflow import CompiledWorkflow, Workflow

__all__ = [
    "RESERVE_AT_PLACEMENT",
    "Assignment",
    "Backorder",
    "CancelPolicy",
    "Fulfiller",
    "HitPolicy",
    "OwedPolicy",
    "Place",
    "ReleasePolicy",
    "ReserveAtPlacement",
    "ReservePolicy",
    "ReturnPolicy",
    "Routing",
    "Rules",
    "StepPolicy",
    "Windows",
    "always_cancellable",
    "always_returnable",
    "at_confirmation",
    "at_placement",
    "every_role",
    "newest_first",
    "not_once_packed",
    "owed_for_what_is_kept",
    "returnable_within",
    "when_paid",
]


class Fulfiller(Protocol):
    """The pure part of a fulfillment strategy: it proposes, the engine checks."""

    @property
    def code(self) -> str:
        """Its name in journals: stable, unique."""

    @property
    def workflow(self) -> Workflow[Step]:
        """What its fulfillment orders run on."""

    @property
    def locations(self) -> Sequence[str]:
        """Where its stock is; an empty name is a place where no stock of ours is kept."""

    @property
    def deliveries(self) -> frozenset[Delivery]:
        """The ways of delivery that it can do."""

    @property
    def takes_back(self) -> bool:
        """Whether it is asked before goods are returned to it."""

    def accepts(self, line: Line) -> Refusal | None:
        """Silent, or why it cannot fulfill this line."""

    def cost(self, line: Line) -> Decimal | None:
        """What one unit costs us there, in the order's currency; None where nothing is agreed."""


@attrs.frozen
class Place:
    """A strategy at a location that could have units of a line: as many as are ``available``.

    None is without limit: no stock of ours is kept there, or none is kept of the line.
    """

    strategy: str
    location: str
    available: int | None
    cost: Decimal | None = None


@attrs.frozen
class Assignment:
    """A routing's proposal: units of a line for a strategy at a location."""

    line: str
    quantity: int
    strategy: str
    location: str


@attrs.frozen
class Backorder:
    """A routing's proposal: units of a line wait for stock at a location."""

    line: str
    quantity: int
    location: str


class Routing(Protocol):
    """Chooses who fulfills what."""

    def plan(
        self, order: Order, units: Mapping[str, int], places: Mapping[str, Sequence[Place]]
    ) -> Iterable[Assignment | Backorder]:
        """Who gets the *units* (per line) that nobody has, of the *places* that each line may go.

        Pure. What is left out stays open, with a task.
        """


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
"""Whether an order's work may start."""


def at_placement(order: Order) -> bool:
    """Release the work as soon as the order is placed."""
    return order.state.phase in (OrderPhase.PLACED, OrderPhase.CONFIRMED)


def at_confirmation(order: Order) -> bool:
    """Release the work when the order is confirmed."""
    return order.state.phase is OrderPhase.CONFIRMED


def when_paid(order: Order) -> bool:
    """Release the work of a confirmed order when it is paid for."""
    return at_confirmation(order) and order.state.payments.paid


ReturnPolicy = Callable[[Order, RequestReturn, datetime], Refusal | None]
"""Silent where a customer may send units back now, or why not: too late, not in this condition."""
CancelPolicy = Callable[[Order, Mapping[Bucket, int]], Refusal | None]
"""Silent where units may be cancelled that stand in these buckets, or why not."""
HitPolicy = Callable[[Iterable[Order]], Sequence[Order]]
"""Who of those to whom a stock was promised goes without, the first first, when less is there."""
OwedPolicy = Callable[[Order], int]
"""What the customer owes for what is kept, in minor units; what was paid beyond is refunded."""


def always_returnable(_order: Order, _asked: RequestReturn, _now: datetime) -> None:
    """The default: a customer may ask for any return; a person, or software, approves it."""


def returnable_within(window: timedelta) -> ReturnPolicy:
    """A return policy: as long after the last delivery as *window*."""

    def policy(order: Order, _asked: RequestReturn, now: datetime) -> Refusal | None:
        delivered = order.state.delivered_at
        if delivered is None or now <= delivered + window:
            return None
        until = f"{delivered + window:%Y-%m-%d %H:%M} UTC"
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


def every_role(_actor: str) -> None:
    """The default of who may: everybody has every role."""


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
    """How long we wait for others before we act or ask."""

    confirmation: timedelta = timedelta(days=14)
    review: timedelta = timedelta(days=7)
    tracking: timedelta = timedelta(days=7)
    backorder: timedelta = timedelta(days=14)
    payment: timedelta = timedelta(days=7)


@attrs.frozen(kw_only=True)
class Rules:
    """All that a decision depends on besides the order and the message.

    Every workflow is compiled once, with the hooks as they are now. *workflows* are older versions
    that orders may still run on; *pays* says that software can pay refunds.

    Raises:
        ValueError: Two strategies share a code.
        UnknownWorkflow: Two workflows share name and version but not their content.
    """

    fulfillers: tuple[Fulfiller, ...]
    routing: Routing
    steps: StepPolicy
    hooks: Hooks
    lifecycle: Workflow[Step] = ORDER
    returns: Workflow[Step] = RETURN
    workflows: tuple[Workflow[Step], ...] = ()
    reserve: ReservePolicy = RESERVE_AT_PLACEMENT
    release: ReleasePolicy = at_confirmation
    serve: ReleaseOrder = OLDEST_FIRST
    roles_of: RolesOf = every_role
    returnable: ReturnPolicy = always_returnable
    cancellable: CancelPolicy = always_cancellable
    owed: OwedPolicy = owed_for_what_is_kept
    hit: HitPolicy | None = None
    pays: bool = False
    windows: Windows = Windows()
    strategies: Mapping[str, Fulfiller] = attrs.field(init=False)
    machines: Mapping[tuple[str, int], CompiledWorkflow[Step]] = attrs.field(init=False)
    locations: frozenset[str] = attrs.field(init=False)

    @locations.default
    def _with_stock(self) -> frozenset[str]:
        """Where stock of ours is kept."""
        return frozenset(place for f in self.fulfillers for place in f.locations if place)

    @strategies.default
    def _by_code(self) -> Mapping[str, Fulfiller]:
        by_code = {strategy.code: strategy for strategy in self.fulfillers}
        if len(by_code) < len(self.fulfillers):
            codes = [strategy.code for strategy in self.fulfillers]
            raise ValueError(f"strategies need codes of their own, got {codes}")
        return by_code

    @machines.default
    def _compiled(self) -> Mapping[tuple[str, int], CompiledWorkflow[Step]]:
        flows = [self.lifecycle, self.returns, *(f.workflow for f in self.fulfillers)]
        hooks = self.hooks.frozen()
        hooks.check([*flows, *self.workflows])
        machines: dict[tuple[str, int], CompiledWorkflow[Step]] = {}
        for flow in [*flows, *self.workflows]:
            known = machines.get((flow.name, flow.version))
            if known is None:
                compiled = CompiledWorkflow(flow, WorkflowHooks(hooks, flow, self.roles_of))
                machines[flow.name, flow.version] = compiled
            elif known.workflow.fingerprint != flow.fingerprint:
                raise UnknownWorkflow(f"two workflows are {flow.name!r} version {flow.version}")
        return machines

    def machine(self, stamp: Stamp) -> CompiledWorkflow[Step]:
        """The workflow that something is stamped with.

        Raises:
            UnknownWorkflow: It is not registered, or was changed without a new version.
        """
        found = self.machines.get((stamp.name, stamp.version))
        if found is None:
            raise UnknownWorkflow(
                f"workflow {stamp.name!r} version {stamp.version} is not registered; pass it to "
                "Engine(workflows=[...]) as long as orders run on it"
            )
        if found.workflow.fingerprint != stamp.fingerprint:
            raise UnknownWorkflow(
                f"workflow {stamp.name!r} version {stamp.version} was {stamp.fingerprint}, is now "
                f"{found.workflow.fingerprint}; give the changed one the next version"
            )
        return found

    def takers(self, order: Order, line: Line) -> Iterator[Fulfiller]:
        """The strategies that could have units of a line, and have not declined them."""
        declined = order.state.declined.get(line.id, ())
        delivery = order.document.delivery if line.ships else Delivery.NONE
        for strategy in self.fulfillers:
            able = delivery in strategy.deliveries and strategy.code not in declined
            if able and strategy.accepts(line) is None:
                yield strategy
