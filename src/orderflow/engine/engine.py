"""The engine: the front door through which applications place and work orders."""

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
        store: Where everything is kept.
        strategies: Who can fulfill, in the order in which routing asks them.
        hooks: The application's guards, inside hooks and watchers; fixed from now on.
        steps: Which working steps are automatic.
        routing: Who fulfills what.
        lifecycle: The workflow of orders.
        returns: The workflow of returns.
        workflows: Older versions of workflows that orders still run on.
        reserve: When stock is promised, and for how long.
        release: When an order's work may start.
        backorder_priority: Which backorder is served first.
        roles_of: The roles of an actor; None is nobody known, who has none. Without, everybody
            has every role.
        limits: How much of an order's money a role may give away; one without has no limit.
        windows: How long others are waited for.
        retention: What laws keep when a person is forgotten, and how long; without, nothing.
        external: Providers of external data that guards need, by name.
        returnable: Which returns a customer may ask for.
        cancellable: Which units may still be cancelled.
        shortage: Whose reservations go when less stock is there than was promised; without, a
            person decides.
        amount_due: What a customer owes for the units kept; what was paid beyond is refunded.
        promise: What an order is promised for, where its document does not say; None is nothing.
        notifier: Who tells customers.
        payments: Who pays refunds; without, each refund is a task.
        performers: Who does the effects that hooks add, by the effect's name.
        documents: Where documents are filed: a person's are erased when the person is forgotten.
        clock: The clock; a virtual one in simulations.
        ids: Makes ids.

    Thread-safe as far as its store is. Raises ``InvalidWorkflow`` and ``UnknownWorkflow``.
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
        """Have the store keep the card of these rules, for those who look at it without them."""
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

        With the *connection* of a transaction of yours it is placed when you commit; see
        :meth:`submit`.

        Raises:
            Refused: With every reason; nothing was stored.
        """
        with reading("order"):
            body = PlaceOrder(order=order)
        return self.submit(body.to(by=by, id=id), connection=connection)

    def place_many(
        self, orders: Mapping[str, NewOrder], *, by: str = "system", connection: Any = None
    ) -> dict[str, Order | OrderflowError]:
        """Place orders by their ids, many in one transaction: for each the order, or the error."""
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
        """Carry out a command about an order, and give the order after it.

        The same id with the same content gives the same answer again, without a second effect.

        Args:
            command: The command.
            connection: The ``sqlalchemy.Connection`` of a transaction of yours on the store's
                database: both are stored when you commit it, or neither. None commits at once.

        Raises:
            Refused: With every reason; nothing changed.
            NotFound: There is no such order.
            Conflict: Others kept changing the order; send the command again.
        """
        return self._submitting(connection).submit(command)

    def submit_many(
        self, commands: Iterable[Command], *, connection: Any = None
    ) -> list[Order | OrderflowError]:
        """Carry out commands, many in one transaction; one that is refused sinks no other.

        Gives for each what :meth:`submit` would return or raise.
        """
        expect("commands", commands, Iterable)
        return self._submitting(connection).submit_all(list(commands))

    def _submitting(self, connection: Any) -> Submitter:
        return self._submitter if connection is None else self._submitter.in_transaction(connection)

    def change_stock(self, command: Command) -> StockLevel:
        """Carry out a command about stock, and give the level after it.

        Raises Refused: the actor may not.
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
        """Take a fact. It is never refused; one whose subject is not known yet is kept.

        One that comes again changes nothing: it is known by its id, or else by its content.
        One whose id, or whose event's id, came before with another content is kept in the inbox,
        with a task. Where a rule of the application fails at one, the worker tries it again, and a
        task says so.
        """
        check_enveloped(observation, Observation)
        self._taker.take(observation)

    def intake(self, payload: str | bytes) -> Observation:
        """Read an observation from JSON, and take it; what cannot be read is kept, with a task.

        Raises:
            InvalidInput: It is no observation; names each field. Sent again, it is kept once.
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
        """The facts that nothing is known by yet, and payloads that cannot be read."""
        return self.store.unmatched()

    def dismiss(self, reference: str, *, by: str = "") -> None:
        """Drop what the inbox keeps under a reference, as an actor who has the role ``support``.

        Raises:
            NotFound: Nothing is kept under it.
            Refused: The actor has not the role.
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
        """Fire a declared trigger on an order, or on its FO or return named by *on*."""
        with reading("fire"):
            body = Fire(trigger=trigger, on=on, data=data or {})
        return self.submit(body.to(order, by=by, id=id))

    def ask(self, command: Command) -> Decision | tuple[Refusal, ...]:
        """What :meth:`submit` would do now: the decision, or every reason to refuse."""
        check_enveloped(command, Command)
        body = command.body
        new = body.order.number or "new" if isinstance(body, PlaceOrder | SaveDraft) else ""
        order = None if new else self.order(command.subject)
        return self._handler.ask(order, body, command.actor, new)

    def explain(self, order: str, *, by: str = "system") -> Explanation:
        """What the order waits for, what may be done now, and what may not, and why."""
        return explain(self._handler, self.order(order), by)

    def idle_parts(self, order: str) -> tuple[str, ...]:
        """What of the order is unfinished and waits for nothing; promise 5 says: nothing.

        The quick part of :meth:`explain`.
        """
        return idle_parts(self._handler, self.order(order))

    def findings(self, order: str | None = None) -> Iterator[Finding]:
        """What breaks a promise in an order and its parcels; without one, in stock."""
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
        """Every order that matches, by id; read page by page."""
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
        """The stock level of a SKU at a location."""
        expect("sku", sku, str)
        expect("location", location, str)
        key = StockKey(sku, location)
        return self.store.stock_levels([key])[key]

    def tasks(self, role: str | None = None, assignee: str | None = None) -> Iterator[Task]:
        """Every open task (of a role, of who claimed it); read page by page."""
        expect("role", role, str, NoneType)
        expect("assignee", assignee, str, NoneType)
        query = TaskQuery(role, assignee=assignee)
        while page := self.store.tasks(query):
            yield from (task for _, task in page)
            query = attrs.evolve(query, after=page[-1][1].key)

    def apply_rules(self) -> int:
        """Bring what unfinished orders wait for in line with the rules of this engine.

        Call it when an engine with other steps, windows or strategies opens the same store: a step
        that software does now is no longer a task. Gives the number of orders that changed.

        Raises:
            UnknownWorkflow: Orders on workflows that this engine lacks are as they were; the others
                are in line.
        """
        return Aligner(self._handler).apply_all(self._order_ids(OrderQuery()))

    def erase(self, customer: str) -> Erasure:
        """Erase a person: addresses, free text, their id, in orders, journals and the outbox.

        Orders of which something is open wait, as the timer ``forget:CUSTOMER``; a worker erases
        them when they are over. Journals still fold and figures add up, under another name. What
        the *retention* keeps is shown no more, and erased by a worker when its time is over.

        Raises:
            InvalidInput: The id is empty: guests' orders are forgotten one by one.
        """
        expect("customer", customer, str, NoneType)
        return self._forgetter.erase(customer)

    def erase_order(self, order: str) -> Erasure:
        """Erase the person of one order, such as a guest's. Raises NotFound; see :meth:`forget`."""
        expect("order", order, str)
        return self._forgetter.erase_order(order)

    def restricted(self, order: str, *, by: str) -> tuple[Restricted, ...]:
        """What laws keep of an order whose person was forgotten, for who has the role ``auditor``.

        Raises:
            Refused: The actor has not.
            NotFound: There is no such order.
        """
        expect("order", order, str)
        return self._forgetter.retainer.read(order, by)

    def claim(self, task: Task | str, *, by: str) -> Task:
        """Keep a task for one person. Raises NotFound; Refused where it is another's."""
        expect_name("by", by)
        return self._desk.claim(_key(task), by)

    def reassign(self, task: Task | str, to: str, *, by: str) -> Task:
        """Give a task to somebody else; to nobody, where *to* is empty. Raises as :meth:`claim`."""
        expect_name("to", to)
        expect_name("by", by)
        return self._desk.reassign(_key(task), to, by)

    def plan_pick_tour(self, *, by: str, limit: int = 20) -> PickTour:
        """Claim open pick tasks, and give the one round that does them all.

        What lines ask for (lots, serial numbers) is filled in task by task: their orders are left
        out.
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
        """Complete the tasks of a walk. *missing* units were not on their shelf.

        Raises:
            Refused: An order changed meanwhile; its task is still open, those before it are done.
            InvalidInput: More is missing than the walk was to fetch; nothing was done.
        """
        expect("walk", walk, PickTour)
        expect("missing", missing, Mapping, NoneType)
        return tuple(
            self.submit(pick.to(picking.order, by=by, id=f"{picking.task}:walk"))
            for picking, pick in picks(walk, missing or {})
        )

    def reconcile(self, location: str, on_hand: Mapping[str, int]) -> tuple[StockDiscrepancy, ...]:
        """Compare our stock at a location with a full list of who keeps it: units per SKU.

        A SKU that the list leaves out counts as 0. Each difference comes with what would mend it.
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
        """Complete a task: issue the command of its step, with *by* as the actor.

        *data* fills in the task's form, by the names of its fields. Sent again under the same *id*,
        it changes nothing and answers the same.

        Raises:
            NotFound: The task is not open (any more).
            InvalidInput: The form is not filled in as it asks; names each field.
            Refused: The command's reasons; ``task.claimed`` where somebody else has it;
                ``task.not_a_step`` where other commands end it.
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
            if isinstance(asked, tuple):  # facts are not refused: who tells one is asked before
                raise Refused(asked)
        self._taker.take(said.at(self._handler.clock.now(), subject=of, id=id), _key(task))
        return self.order(order)
