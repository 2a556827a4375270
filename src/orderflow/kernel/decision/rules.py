"""The rules of every decision, as one value; and the protocols of their parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol, TypedDict

import attrs
from pydantic import TypeAdapter

from orderflow.errors import Refusal, UnknownWorkflow
from orderflow.inventory import OLDEST_FIRST, BackorderPriority
from orderflow.kernel.decision.hooks import Hooks, RolesOf, WorkflowHooks
from orderflow.kernel.decision.policies import (
    RESERVE_AT_PLACEMENT,
    AmountDuePolicy,
    CancelPolicy,
    Limit,
    PromisePolicy,
    ReleasePolicy,
    ReservePolicy,
    ReturnPolicy,
    ShortagePolicy,
    StepPolicy,
    Windows,
    always_cancellable,
    always_returnable,
    at_confirmation,
    every_role,
)
from orderflow.kernel.decision.retention import Retention
from orderflow.kernel.decision.return_types import bounded, check_type
from orderflow.kernel.decision.step import Step
from orderflow.kernel.decision.workflows import ORDER, RETURN
from orderflow.model.amount_due import amount_due
from orderflow.model.bounds import Minor, PriceOrNone
from orderflow.model.document import Delivery, Line
from orderflow.model.frozen_mapping import frozen
from orderflow.model.order import Order
from orderflow.model.state import Stamp
from orderflow.renamed import old_names
from orderflow.workflow import CompiledWorkflow, Workflow

__all__ = [
    "Assignment",
    "Backorder",
    "Fulfills",
    "Routing",
    "RoutingOption",
    "Rules",
    "Settings",
]

_AMOUNT: TypeAdapter[int] = TypeAdapter(Minor)
_COST: TypeAdapter[Any] = TypeAdapter(PriceOrNone)


class Fulfills(Protocol):
    """The pure part of a fulfillment strategy: it proposes, the engine checks."""

    @property
    def code(self) -> str:
        """Its name in journals: stable, unique."""

    @property
    def workflow(self) -> Workflow[Step]:
        """The workflow of its fulfillment orders."""

    @property
    def locations(self) -> Sequence[str]:
        """Its stock locations; an empty name is a place without stock of ours."""

    @property
    def deliveries(self) -> frozenset[Delivery]:
        """The ways of delivery that it can do."""

    @property
    def accepts_returns(self) -> bool:
        """Whether it is asked before goods are returned to it."""

    def accepts(self, line: Line) -> Refusal | None:
        """None, or why it cannot fulfill this line."""

    def cost(self, line: Line) -> Decimal | None:
        """The cost of one unit, in the order's currency; None if none is agreed."""


@attrs.frozen
class RoutingOption:
    """A strategy at a location that can have units of a line: at most ``available``.

    None is without limit: we keep no stock there, or none of the line.
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
        self, order: Order, units: Mapping[str, int], places: Mapping[str, Sequence[RoutingOption]]
    ) -> Iterable[Assignment | Backorder]:
        """Assign the open *units* (per line) to *places*, the options of each line.

        Pure. Units left out stay open, with a task.
        """


def _fulfillers(given: Iterable[Fulfills]) -> tuple[Fulfills, ...]:
    return tuple(given)


def _hooks(given: Hooks | None) -> Hooks:
    return given or Hooks()


def _workflows(given: Iterable[Workflow[Step]]) -> tuple[Workflow[Step], ...]:
    return tuple(given)


def _limits(given: Mapping[str, Limit]) -> Mapping[str, Limit]:
    for role, limit in given.items():
        if not isinstance(limit, Limit):
            raise TypeError(f"limits gives each role its Limit, got {role!r}: {limit!r}")
    return frozen(given)


class Settings(TypedDict, total=False):
    """The rules that an application may set, as keywords; see :class:`Rules`."""

    routing: Routing
    steps: StepPolicy
    hooks: Hooks | None
    lifecycle: Workflow[Step]
    returns: Workflow[Step]
    workflows: Iterable[Workflow[Step]]
    reserve: ReservePolicy
    release: ReleasePolicy
    backorder_priority: BackorderPriority
    roles_of: RolesOf
    limits: Mapping[str, Limit]
    returnable: ReturnPolicy
    cancellable: CancelPolicy
    amount_due: AmountDuePolicy
    shortage: ShortagePolicy | None
    promise: PromisePolicy | None
    windows: Windows
    retention: Retention


@attrs.frozen(kw_only=True)
class Rules:
    """All that a decision depends on, except the order and the message.

    Every workflow is compiled once, with the hooks, which are closed from then on. *workflows* are
    older versions that orders may still use; *pays* declares that software can pay refunds.

    Raises:
        ValueError: Two strategies share a code; or there are limits, and everybody has every role.
        UnknownWorkflow: Two workflows share name and version but not their content.
    """

    fulfillers: tuple[Fulfills, ...] = attrs.field(converter=_fulfillers)
    routing: Routing
    steps: StepPolicy
    hooks: Hooks = attrs.field(default=None, converter=_hooks)
    lifecycle: Workflow[Step] = ORDER
    returns: Workflow[Step] = RETURN
    workflows: tuple[Workflow[Step], ...] = attrs.field(default=(), converter=_workflows)
    reserve: ReservePolicy = RESERVE_AT_PLACEMENT
    release: ReleasePolicy = at_confirmation
    backorder_priority: BackorderPriority = OLDEST_FIRST
    roles_of: RolesOf = every_role
    limits: Mapping[str, Limit] = attrs.field(factory=dict, converter=_limits)
    returnable: ReturnPolicy = always_returnable
    cancellable: CancelPolicy = always_cancellable
    amount_due: AmountDuePolicy = amount_due
    shortage: ShortagePolicy | None = None
    promise: PromisePolicy | None = None
    has_payment_provider: bool = False
    windows: Windows = attrs.field(factory=Windows)
    retention: Retention = attrs.field(factory=Retention)
    strategies: Mapping[str, Fulfills] = attrs.field(init=False)
    machines: Mapping[tuple[str, int], CompiledWorkflow[Step]] = attrs.field(init=False)
    locations: frozenset[str] = attrs.field(init=False)

    @limits.validator
    def _are_somebodys(self, _field: object, limits: Mapping[str, Limit]) -> None:
        if limits and self.roles_of is every_role:
            raise ValueError("limits are of roles: say with roles_of=… who has which")

    @locations.default
    def _with_stock(self) -> frozenset[str]:
        """The locations where we keep stock."""
        return frozenset(place for f in self.fulfillers for place in f.locations if place)

    @strategies.default
    def _by_code(self) -> Mapping[str, Fulfills]:
        by_code = {strategy.code: strategy for strategy in self.fulfillers}
        if len(by_code) < len(self.fulfillers):
            codes = [strategy.code for strategy in self.fulfillers]
            raise ValueError(f"strategies need codes of their own, got {codes}")
        return by_code

    @machines.default
    def _compiled(self) -> Mapping[tuple[str, int], CompiledWorkflow[Step]]:
        flows = [self.lifecycle, self.returns, *(f.workflow for f in self.fulfillers)]
        hooks = self.hooks.fixed()
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

    def role(self, step: str) -> str:
        """The role that does a step by hand. Raises TypeError for a wrong type."""
        return check_type(self.steps.role(step), "steps.role", str)

    def amount_due_of(self, order: Order) -> int:
        """The amount due for units kept, in minor units. Raises TypeError or ValueError."""
        return bounded(check_type(self.amount_due(order), "amount_due", int), "amount_due", _AMOUNT)

    def unit_cost(self, strategy: Fulfills, line: Line) -> Decimal | None:
        """What a strategy's unit costs us. Raises TypeError or ValueError for a wrong value."""
        what = f"{strategy.code}.cost"
        given = check_type(strategy.cost(line), what, Decimal, type(None))
        cost: Decimal | None = bounded(given, what, _COST)
        return cost

    def machine(self, stamp: Stamp) -> CompiledWorkflow[Step]:
        """The compiled workflow of a stamp.

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

    def check_known(self, order: Order) -> None:
        """Raise UnknownWorkflow if an open part of an order runs on a workflow not registered."""
        state = order.state
        self.machine(state.workflow)
        fos = (fo.workflow for fo in state.fulfillment_orders.values() if not fo.phase.final)
        returns = (rma.workflow for rma in state.returns.values() if not rma.phase.final)
        for stamp in (*fos, *returns):
            self.machine(stamp)

    def strategies_for(self, order: Order, line: Line) -> Iterator[Fulfills]:
        """The strategies that could have units of a line, and have not declined them."""
        declined = order.state.declined.get(line.id, ())
        delivery = order.document.delivery if line.ships else Delivery.NONE
        for strategy in self.fulfillers:
            able = delivery in strategy.deliveries and strategy.code not in declined
            refusal = strategy.accepts(line) if able else None
            if (
                check_type(refusal, f"{strategy.code}.accepts", Refusal, type(None)) is None
                and able
            ):
                yield strategy


if not TYPE_CHECKING:  # type checkers know only the new names
    __getattr__ = old_names(__name__)
