"""The engine: the interface through which applications place and work orders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from types import NoneType
from typing import Any, Unpack

import attrs

from orderflow.engine.arguments import expect, expect_kind, expect_name
from orderflow.engine.card.writer import leave
from orderflow.engine.clock import CheckedClock, CheckedIds, RandomIds, SystemClock
from orderflow.engine.doctor.alignment import Aligner
from orderflow.engine.doctor.checks import Finding, order_findings
from orderflow.engine.doctor.stock import stock_findings
from orderflow.engine.erasure import Eraser, Erasure
from orderflow.engine.explain import Explanation, explain, idle_parts
from orderflow.engine.people.desk import Desk
from orderflow.engine.people.pick_tour import PickTour, pick_tour_of, picks
from orderflow.engine.pipeline.envelope import (
    Envelope,
    ExternalDataProviders,
    check_enveloped,
    digest,
)
from orderflow.engine.pipeline.fault import rule_errors_of
from orderflow.engine.pipeline.handle import Handler
from orderflow.engine.pipeline.submit import Submitter
from orderflow.engine.pipeline.taker import Taker
from orderflow.engine.worker.performers import Performers
from orderflow.engine.worker.refunds import RefundPayer
from orderflow.engine.worker.worker import Worker
from orderflow.errors import InvalidInput, NotFound, OrderflowError, Refusal, Refused
from orderflow.fulfillment.routing import Priority
from orderflow.fulfillment.steps import AUTOMATED, Steps
from orderflow.fulfillment.strategy import FulfillmentStrategy
from orderflow.inventory import StockDiscrepancy, differences
from orderflow.kernel.decide import Decision
from orderflow.kernel.decision.roles import missing_role, missing_role_for
from orderflow.kernel.decision.rules import Rules, Settings
from orderflow.model.commands import Command, CommandBody, Fire, PlaceOrder, SaveDraft, StockCommand
from orderflow.model.document import NewOrder
from orderflow.model.events import Entry
from orderflow.model.observations import (
    LabelBought,
    LabelVoided,
    Observation,
    TrackingReported,
)
from orderflow.model.order import Order
from orderflow.model.reading import read_json, reading
from orderflow.model.stock import StockKey, StockLevel
from orderflow.model.work import Task
from orderflow.ports import (
    Clock,
    DocumentStore,
    Ids,
    Notifier,
    OrderQuery,
    PaymentProvider,
    Performer,
    Restricted,
    Store,
    TaskQuery,
    UnmatchedItem,
)
from orderflow.renamed import keeps_old_members

__all__ = ["Engine"]

_PATIENCE = timedelta(days=7)


_OF_A_PARCEL = LabelBought, LabelVoided, TrackingReported


def _key(task: Task | str) -> str:
    expect("task", task, str, Task)
    return task if isinstance(task, str) else task.key


@keeps_old_members
class Engine:
    """Takes orders from placement to confirmed delivery.

    Args:
        store: Stores everything.
        strategies: The fulfillment strategies, in the order in which routing asks them.
        hooks: The application's guards, inside hooks and watchers; fixed from now on.
        steps: Which working steps are automatic.
        routing: Chooses who fulfills what.
        lifecycle: The workflow of orders.
        returns: The workflow of returns.
        workflows: Older workflow versions of orders that are still open.
        reserve: When stock is reserved, and for how long.
        release: When an order's work may start.
        backorder_priority: Which backorder gets stock first.
        roles_of: The roles of an actor; None is unknown, and has none. Without, every
            actor has every role.
        limits: How much of an order's money a role may give away; default: no limit.
        windows: Deadlines for others to answer.
        retention: Legal duties to keep data after an erasure; default: none.
        external: Providers of external data that guards need, by name.
        returnable: Which returns a customer may request.
        cancellable: Which units may still be cancelled.
        shortage: Whose reservations are cancelled when stock falls short; default: a
            person decides.
        amount_due: The amount due for the units kept; captured money beyond it is refunded.
        promise: The delivery date of an order whose document has none; None promises none.
        notifier: Notifies customers.
        payments: Pays refunds; without, each refund is a task.
        performers: Perform the effects that hooks add, by the effect's name.
        documents: Stores documents; erasing a person erases theirs.
        clock: The clock; a virtual one in simulations.
        ids: Generates ids.

    As thread-safe as its store. Raises ``InvalidWorkflow`` and ``UnknownWorkflow``.
    """

    def __init__(  # noqa: PLR0913 (one keyword for each port)
        self,
        store: Store,
        strategies: Sequence[FulfillmentStrategy],
        *,
        external: ExternalDataProviders | None = None,
        notifier: Notifier | None = None,
        payments: PaymentProvider | None = None,
        performers: Mapping[str, Performer] | None = None,
        documents: DocumentStore | None = None,
        clock: Clock | None = None,
        ids: Ids | None = None,
        **settings: Unpack[Settings],
    ) -> None:
        self.store = store
        self.clock: Clock = clock or SystemClock()
        self.ids: Ids = ids or RandomIds()
        own = {**(performers or {}), **({"refund": RefundPayer(payments)} if payments else {})}
        defaults: Settings = {"routing": Priority(), "steps": AUTOMATED}
        given: Settings = {**defaults, **settings}
        self.rules = Rules(fulfillers=strategies, has_payment_provider="refund" in own, **given)
        asked = CheckedClock(self.clock), CheckedIds(self.ids)
        self._handler = Handler(store, self.rules, *asked, external or {})
        self._submitter, self._taker = Submitter(self._handler), Taker(self._handler)
        self._desk = Desk(store, self.rules)
        self._forgetter = Eraser(self._handler, documents)
        by_code = {strategy.code: strategy for strategy in strategies}
        if isinstance(given["steps"], Steps):
            flows = (machine.workflow for machine in self.rules.machines.values())
            given["steps"].check({step for flow in flows for step in flow.steps}, by_code)
        self.worker = Worker(self._handler, Performers(own, notifier, by_code), self._forgetter)
        self._leave_card()

    def _leave_card(self) -> None:
        """Store the card of these rules, for processes that read the store without them."""
        leave(self.store, self.rules)

    def place(
        self,
        order: NewOrder,
        *,
        id: str | None = None,
        by: str = "system",
        connection: Any = None,
    ) -> Order:
        """Place an order. The same *id* (within the channel) places it once.

        With the *connection* of your own transaction it is placed when you commit; see
        :meth:`submit`.

        Raises:
            Refused: With every reason; nothing is stored.
        """
        with reading("order"):
            body = PlaceOrder(order=order)
        return self.submit(body.to(by=by, id=id), connection=connection)

    def place_many(
        self, orders: Mapping[str, NewOrder], *, by: str = "system", connection: Any = None
    ) -> dict[str, Order | OrderflowError]:
        """Place orders by their ids, many in one transaction; the order or the error of each."""
        expect("orders", orders, Mapping)
        found: dict[str, Order | OrderflowError] = {}
        commands: dict[str, Command] = {}
        for id, order in orders.items():
            try:
                with reading("order"):
                    commands[id] = PlaceOrder(order=order).to(by=by, id=id)
            except InvalidInput as error:
                found[id] = error
        answers = self.submit_many(commands.values(), connection=connection)
        found |= zip(commands, answers, strict=True)
        return {id: found[id] for id in orders}

    def submit(self, command: Command, *, connection: Any = None) -> Order:
        """Execute a command; returns the order after it.

        The same id with the same content returns the same answer, without a second effect.

        Args:
            command: The command.
            connection: The ``sqlalchemy.Connection`` of your own transaction on the store's
                database: its commit stores both, or neither. None commits at once.

        Raises:
            Refused: With every reason; nothing changed.
            NotFound: There is no such order.
            Conflict: Other processes kept changing the order; send the command again.
        """
        return self._submitting(connection).submit(command)

    def submit_many(
        self, commands: Iterable[Command], *, connection: Any = None
    ) -> list[Order | OrderflowError]:
        """Execute commands, many in one transaction; a refused one stops no other.

        Returns for each what :meth:`submit` would return or raise.
        """
        expect("commands", commands, Iterable)
        return self._submitting(connection).submit_all(list(commands))

    def _submitting(self, connection: Any) -> Submitter:
        return self._submitter if connection is None else self._submitter.in_transaction(connection)

    def change_stock(self, command: Command) -> StockLevel:
        """Execute a command about stock; returns the level after it.

        Raises Refused where the actor lacks the role.
        """
        check_enveloped(command, Command)
        body = command.body
        if not isinstance(body, StockCommand):
            raise TypeError(
                f"{type(body).__name__} is no stock command: use engine.submit(command)"
            )
        key = StockKey(body.sku, body.location)
        with rule_errors_of(f"stock:{key}"):
            refused = missing_role_for(self.rules, None, body, command.actor)
        if refused:
            raise Refused([refused])
        scope, content = f"stock:{key}", digest(command.content())
        if not (command.id and self._submitter.is_processed(scope, command.id, content)):
            receipt = (scope, command.id, content) if command.id else None
            cause = f"{key}/{command.id or self._handler.ids.new('message')}"
            envelope = Envelope(scope, body, cause, command.actor, processed=receipt)
            self._handler.handle(envelope)
        return self.level(body.sku, body.location)

    def observe(self, observation: Observation) -> None:
        """Record an observation; it is never refused, and parked where its subject is unknown.

        A repeated one changes nothing: its id identifies it, or else its content. One with a known
        id, or event id, and other content is kept as unmatched, with a task. Where a rule of the
        application fails, the worker retries it, and a task reports it.
        """
        check_enveloped(observation, Observation)
        self._taker.take(observation)

    def intake(self, payload: str | bytes) -> Observation:
        """Record an observation from JSON; an unreadable one is kept, with a task.

        Raises:
            InvalidInput: It is no observation; names each field. A repeated one is kept once.
        """
        expect_kind("payload", payload, str, bytes)
        try:
            observation = read_json(Observation, payload, "observation")
        except InvalidInput as error:
            sent = payload if isinstance(payload, str) else payload.decode(errors="replace")
            self._taker.keep_unreadable(sent, str(error))
            raise
        self.observe(observation)
        return observation

    def unmatched(self) -> Sequence[UnmatchedItem]:
        """Observations of unknown subjects, and payloads that cannot be read."""
        return self.store.unmatched()

    def dismiss(self, reference: str, *, by: str = "") -> None:
        """Delete the unmatched items of a reference; the actor needs the role ``support``.

        Raises:
            NotFound: There is no item of this reference.
            Refused: The actor lacks the role.
        """
        expect("reference", reference, str)
        expect("by", by, str)
        with rule_errors_of(f"inbox:{reference}"):
            refused = missing_role(
                self.rules, by, frozenset({"support"}), f"to dismiss {reference}"
            )
        if refused:
            raise Refused([refused])
        if not self.store.dismiss_unmatched(reference):
            raise NotFound(f"the inbox keeps nothing under {reference}")

    def fire(
        self,
        order: str,
        trigger: str,
        *,
        on: str | None = None,
        data: Mapping[str, Any] | None = None,
        by: str = "system",
        id: str | None = None,
    ) -> Order:
        """Fire a declared trigger on an order, or on its FO or return *on*."""
        with reading("fire"):
            body = Fire(trigger=trigger, on=on, data=data or {})
        return self.submit(body.to(order, by=by, id=id))

    def ask(self, command: Command) -> Decision | tuple[Refusal, ...]:
        """What :meth:`submit` would do now: the decision, or every refusal. Changes nothing."""
        check_enveloped(command, Command)
        body = command.body
        new = body.order.number or "new" if isinstance(body, PlaceOrder | SaveDraft) else ""
        order = None if new else self.order(command.subject)
        return self._handler.ask(order, body, command.actor, new)

    def explain(self, order: str, *, by: str = "system") -> Explanation:
        """What the order waits for, which commands are possible now, and why others are not."""
        return explain(self._handler, self.order(order), by)

    def idle_parts(self, order: str) -> tuple[str, ...]:
        """Unfinished parts of the order without pending work; promise 5 says: none.

        The fast part of :meth:`explain`.
        """
        return idle_parts(self._handler, self.order(order))

    def findings(self, order: str | None = None) -> Iterator[Finding]:
        """Broken promises of an order and its parcels, or, without one, of stock."""
        if order is None:
            return stock_findings(self.store)
        return order_findings(self._handler, self.order(order))

    def order(self, order_id: str) -> Order:
        """The order. Raises NotFound."""
        expect("order_id", order_id, str)
        found = self.store.order(order_id)
        if found is None:
            raise NotFound(f"there is no order {order_id}")
        return found

    def orders(self, query: OrderQuery = OrderQuery()) -> Iterator[Order]:  # noqa: B008 (a value)
        """Every matching order, by id; read page by page."""
        return map(self.order, self._order_ids(query))

    def _order_ids(self, query: OrderQuery) -> Iterator[str]:
        while page := self.store.order_ids(query):
            yield from page
            query = attrs.evolve(query, after=page[-1])

    def journal(self, order: str) -> Iterator[Entry]:
        """The order's journal, oldest first."""
        expect("order", order, str)
        return self.store.journal(f"order:{order}")

    def level(self, sku: str, location: str = "main") -> StockLevel:
        """The stock level of a SKU at a location, in units."""
        expect("sku", sku, str)
        expect("location", location, str)
        key = StockKey(sku, location)
        return self.store.stock_levels([key])[key]

    def tasks(self, role: str | None = None, assignee: str | None = None) -> Iterator[Task]:
        """Every open task (of a role, or of an assignee); read page by page."""
        expect("role", role, str, NoneType)
        expect("assignee", assignee, str, NoneType)
        query = TaskQuery(role, assignee=assignee)
        while page := self.store.tasks(query):
            yield from (task for _, task in page)
            query = attrs.evolve(query, after=page[-1][1].key)

    def apply_rules(self) -> int:
        """Align the pending work of unfinished orders with the rules of this engine.

        Call it when an engine with other steps, windows or strategies opens the same store: the
        task of a step that is now automatic is closed. Returns the number of changed orders.

        Raises:
            UnknownWorkflow: This engine lacks the workflows of some orders; the others are
                aligned.
        """
        return Aligner(self._handler).apply_all(self._order_ids(OrderQuery()))

    def erase(self, customer: str) -> Erasure:
        """Erase a person's addresses, free text and id in orders, journals and the outbox.

        Open orders are erased by a worker when they end (timer ``forget:CUSTOMER``). Journals still
        fold and figures add up, under a pseudonym. Data that *retention* keeps is hidden, and
        erased by a worker when its time is over.

        Raises:
            InvalidInput: The id is empty: erase guests' orders one by one.
        """
        expect("customer", customer, str, NoneType)
        return self._forgetter.erase(customer)

    def erase_order(self, order: str) -> Erasure:
        """Erase the person of one order, such as a guest. Raises NotFound; see :meth:`erase`."""
        expect("order", order, str)
        return self._forgetter.erase_order(order)

    def restricted(self, order: str, *, by: str) -> tuple[Restricted, ...]:
        """The retained data of an erased person's order; needs the role ``auditor``.

        Raises:
            Refused: The actor lacks the role.
            NotFound: There is no such order.
        """
        expect("order", order, str)
        return self._forgetter.retainer.read(order, by)

    def claim(self, task: Task | str, *, by: str) -> Task:
        """Assign a task to its claimant. Raises NotFound; Refused where another has it."""
        expect_name("by", by)
        return self._desk.claim(_key(task), by)

    def reassign(self, task: Task | str, to: str, *, by: str) -> Task:
        """Assign a task to *to*, or to nobody where it is empty. Raises as :meth:`claim`."""
        expect_name("to", to)
        expect_name("by", by)
        return self._desk.reassign(_key(task), to, by)

    def plan_pick_tour(self, *, by: str, limit: int = 20) -> PickTour:
        """Claim open pick tasks; returns one pick tour for all of them.

        Tasks with required fields (lots, serial numbers) are completed one by one, and left out.
        """
        expect_name("by", by)
        expect("limit", limit, int)
        found: dict[str, tuple[Order, str]] = {}
        for task in self.tasks():
            if len(found) == limit:
                break
            plain = not any(field.required for field in task.fields)
            if task.name == "pick" and plain and task.assignee in ("", by):
                with suppress(Refused, NotFound):  # somebody was faster, or it needs another role
                    self.claim(task, by=by)
                    found[task.key] = self._desk.order_of(task.key), task.subject
        return pick_tour_of(found)

    def finish_pick_tour(
        self, walk: PickTour, *, by: str, missing: Mapping[StockKey, int] | None = None
    ) -> tuple[Order, ...]:
        """Complete the tasks of a pick tour. *missing* units were not on their shelf.

        Raises:
            Refused: An order changed meanwhile; its task stays open, earlier ones are done.
            InvalidInput: More units are missing than the tour has; nothing was done.
        """
        expect("walk", walk, PickTour)
        expect("missing", missing, Mapping, NoneType)
        return tuple(
            self.submit(pick.to(picking.order, by=by, id=f"{picking.task}:walk"))
            for picking, pick in picks(walk, missing or {})
        )

    def reconcile(self, location: str, on_hand: Mapping[str, int]) -> tuple[StockDiscrepancy, ...]:
        """Compare our stock at a location with its holder's full list: units per SKU.

        A SKU missing from the list counts as 0. Each difference comes with its correction.
        """
        expect("location", location, str)
        expect("on_hand", on_hand, Mapping)
        for sku in on_hand:
            expect("on_hand", sku, str)
        found = (level for level in self._stock() if level.key.location == location)
        with reading("reconcile"):
            return differences(location, {level.key.sku: level for level in found}, on_hand)

    def _stock(self) -> Iterator[StockLevel]:
        after = StockKey("", "")
        while page := self.store.list_stock_levels(after, 500):
            yield from page
            after = page[-1].key

    def complete(
        self,
        task: Task | str,
        *,
        by: str,
        data: Mapping[str, str | int | date] | None = None,
        id: str | None = None,
    ) -> Order:
        """Complete a task: submit the command of its step, with *by* as the actor.

        *data* has the values of the task's form, by field name. Repeated with the same *id*, it
        changes nothing and returns the same.

        Raises:
            NotFound: The task is not open (any more).
            InvalidInput: The form's values are wrong; names each field.
            Refused: The command's reasons; ``task.claimed`` where it is assigned to another;
                ``task.not_a_step`` where only other commands close it.
        """
        expect_name("by", by)
        expect("data", data, Mapping, NoneType)
        try:
            order, said, of = self._desk.completion_of(_key(task), by, data or {})
        except NotFound:
            again = self._submitter.completed(_key(task), id) if id else None
            if again is None:
                raise
            return again
        if isinstance(said, CommandBody):
            return self._submitter.submit(said.to(order, by=by, id=id), task=_key(task))
        if self.rules.limits and not isinstance(said, _OF_A_PARCEL):
            asked = self._handler.ask(self.order(order), said, by, "", _key(task))
            if isinstance(asked, tuple):  # observations are never refused: check before recording
                raise Refused(asked)
        self._taker.take(said.at(self._handler.clock.now(), subject=of, id=id), _key(task))
        return self.order(order)
