"""A random state machine over a whole engine: commands, observations, faults, crashes, time."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule
from hypothesis.strategies import SearchStrategy

from orderflow.engine.explain import candidate_commands
from orderflow.errors import Refused
from orderflow.model.commands import (
    Cancel,
    Count,
    Pack,
    Pick,
    ReceiveStock,
    RequestReturn,
    SetStockPolicy,
    WriteOff,
)
from orderflow.model.document import Line, NewOrder
from orderflow.model.ledger import Bucket
from orderflow.testing.data import SKUS, orders
from orderflow.testing.faults import Fault, SimulatedCrash
from orderflow.testing.history import EngineFactory
from orderflow.testing.laws import BrokenLaw, WatchedStore
from orderflow.testing.outside_world import OutsideWorld

__all__ = ["OrderMachine", "order_machine"]

_PAUSES = [
    timedelta(minutes=1),
    timedelta(hours=5),
    timedelta(days=1),
    timedelta(days=4),
    timedelta(days=16),
]
_PAST_LEASES = timedelta(minutes=6)


class OrderMachine(OutsideWorld):
    """A shop under stress. Subclass the result of :func:`order_machine` to add your own rules."""

    @initialize(data=st.data(), units=st.integers(4, 9))
    def open_shop(self, data: st.DataObject, units: int) -> None:
        """Receive stock, and place a first order."""
        for place in sorted(self.engine.rules.locations):
            for sku in self.skus:
                self.receive_at(sku, place, units)
        self.place_order(data.draw(self.order, label="what"))
        self.work_all()

    def receive_at(self, sku: str, place: str, units: int) -> None:
        """Receive goods at a location."""
        body = ReceiveStock(sku=sku, location=place, quantity=units)
        self.engine.change_stock(body.to(id=self.name()))

    def one_key(self, data: st.DataObject) -> tuple[str, str]:
        """A SKU and one of our locations; the first location more often."""
        places = sorted(self.engine.rules.locations, key=self._preferred)
        sku = data.draw(st.sampled_from(self.skus), label="sku")
        place = data.draw(st.sampled_from([places[0]] * 4 + places), label="location")
        return sku, place

    def _preferred(self, place: str) -> tuple[bool, str]:
        return place != "main", place

    # --- customers and people -----------------------------------------------------------------

    @rule(data=st.data(), draft=st.sampled_from([False] * 7 + [True]))
    def place(self, data: st.DataObject, draft: bool) -> None:
        """A customer places an order."""
        self.place_order(data.draw(self.order, label="what"), draft)

    @precondition(lambda self: self.placed)
    @rule(data=st.data())
    def candidate(self, data: st.DataObject) -> None:
        """Any command that ``explain`` lists, allowed or blocked."""
        order = self.one_order(data)
        bodies = list(candidate_commands(self.engine._handler, order))
        body = data.draw(st.sampled_from(bodies), label="command")
        self.submit(body.to(order.id, by="ana", id=self.name()))

    @precondition(lambda self: self.placed)
    @rule(data=st.data(), units=st.integers(1, 3))
    def by_units(self, data: st.DataObject, units: int) -> None:
        """Commands about some units of one line, which may not exist."""
        order = self.one_order(data)
        some = {data.draw(st.sampled_from(["1", "2", "9"]), label="line"): units}
        fo = next(iter(order.fulfillment_orders), "F")
        bodies = [
            Cancel(lines=some),
            RequestReturn(lines=some),
            Pick(fo=fo, units=some),
            Pick(fo=fo, short=some),
        ]
        body = data.draw(st.sampled_from(bodies), label="command")
        self.submit(body.to(order.id, by="ana", id=self.name()))

    @precondition(lambda self: self.placed)
    @rule(data=st.data())
    def change_of_mind(self, data: st.DataObject) -> None:
        """A customer cancels one unit when it is already packed or picked."""
        found = [self.engine.order(order) for order in self.placed]
        packed = [order for order in found if order.units(Bucket.PACKED, Bucket.PICKED)]
        order = data.draw(st.sampled_from(packed or found), label="order")
        for line in list(order.units(Bucket.PACKED) or order.units(Bucket.PICKED))[:1]:
            self.submit(Cancel(lines={line: 1}).to(order.id, by="ana", id=self.name()))

    @precondition(lambda self: self.placed)
    @rule(data=st.data(), tasks=st.integers(1, 4))
    def complete(self, data: st.DataObject, tasks: int) -> None:
        """People complete their tasks."""
        for _ in range(tasks):
            if open_tasks := list(self.engine.tasks()):
                task = data.draw(st.sampled_from(open_tasks), label="task")
                choices = {f.name: f.choices or ("1",) for f in task.fields if f.required}
                form = {
                    name: data.draw(st.sampled_from(texts), label="filled in")
                    for name, texts in choices.items()
                }
                with suppress(Refused):
                    self.engine.complete(task, by="ana", data=form, id=self.name())

    @precondition(lambda self: self.placed)
    @rule(data=st.data(), box=st.sampled_from(["BOX-1", "BOX-2"]))
    def pack_together(self, data: st.DataObject, box: str) -> None:
        """Somebody picks units and packs them into a parcel shared by orders."""
        for _ in range(2):
            order = self.one_order(data)
            for fo in order.fulfillment_orders.values():
                if units := order.units(Bucket.ALLOCATED, fo=fo.id):
                    self.submit(Pick(fo=fo.id, units=units).to(order.id, id=self.name()))
                    units = self.engine.order(order.id).units(Bucket.PICKED, fo=fo.id)
                    if units:
                        pack = Pack(fo=fo.id, units=units, into=box)
                        self.submit(pack.to(order.id, id=self.name()))

    # --- stock --------------------------------------------------------------------------------

    @rule(data=st.data(), quantity=st.integers(1, 8))
    def receive(self, data: st.DataObject, quantity: int) -> None:
        """Receive goods."""
        self.receive_at(*self.one_key(data), quantity)

    @rule(data=st.data(), counted=st.integers(0, 6))
    def count_stock(self, data: st.DataObject, counted: int) -> None:
        """Count stock, often below the reserved units."""
        sku, place = self.one_key(data)
        body = Count(sku=sku, location=place, counted=counted)
        self.engine.change_stock(body.to(id=self.name()))

    @rule(data=st.data(), quantity=st.integers(1, 2))
    def write_off(self, data: st.DataObject, quantity: int) -> None:
        """Write off damaged units."""
        sku, place = self.one_key(data)
        body = WriteOff(sku=sku, location=place, quantity=quantity)
        self.engine.change_stock(body.to(id=self.name()))

    @rule(
        data=st.data(),
        safety=st.integers(0, 2),
        limit=st.none() | st.integers(0, 3),
        rush=st.sampled_from([0, 5, 9]),
    )
    def stock_policy(self, data: st.DataObject, safety: int, limit: int | None, rush: int) -> None:
        """Set safety stock and backorder limits, before or during a rush."""
        sku, place = self.one_key(data)
        body = SetStockPolicy(sku=sku, location=place, safety=safety, backorder_limit=limit)
        self.engine.change_stock(body.to(id=self.name()))
        if rush:
            line = Line(sku=sku, quantity=rush)
            self.place_order(NewOrder(currency="GBP", lines=(line,)))

    # --- work, faults and time ----------------------------------------------------------------

    @rule(rows=st.integers(1, 25))
    def work(self, rows: int) -> None:
        """The worker does some rows."""
        for _ in range(rows):
            for row in self.engine.worker._claim():
                self.engine.worker.do([row])

    @rule()
    def work_all(self) -> None:
        """The worker does all due rows."""
        self.engine.worker.run_until_idle()

    @rule(by=st.sampled_from(_PAUSES))
    def time_passes(self, by: timedelta) -> None:
        """Time passes."""
        self.clock.advance(by)

    @rule(
        trouble=st.sampled_from(["", "", "fails", "late"]),
        short=st.booleans(),
        prompt=st.booleans(),
    )
    def mood(self, trouble: str, short: bool, prompt: bool) -> None:
        """Change the faults of partners and strategies."""
        self.moods.fails, self.moods.late = trouble == "fails", trouble == "late"
        self.moods.short, self.moods.prompt = short, prompt

    @rule(late=st.booleans())
    def everything_fails(self, late: bool) -> None:
        """Everything fails until all due effects are given up."""
        before = self.moods.fails, self.moods.late
        self.moods.fails, self.moods.late = not late, late
        for _ in range(self.engine.worker.attempts):
            self.work_all()
            self.clock.advance(timedelta(minutes=10))
        self.moods.fails, self.moods.late = before

    @rule(commits=st.integers(1, 6), after=st.booleans())
    def crash(self, commits: int, after: bool) -> None:
        """The process dies at a commit, before or after it is stored; a new one starts."""
        self.faulty.expect(Fault("commit", commits, after=after, error=SimulatedCrash()))
        with suppress(SimulatedCrash):
            self.work_all()
        self.faulty.expect()
        self.clock.advance(_PAST_LEASES)
        self.engine = self.open()

    @precondition(lambda self: self.last)
    @rule(other=st.booleans())
    def send_again(self, other: bool) -> None:
        """Check promise 7: a repeated id gets the same answer, or a refusal of other content."""
        assert self.last is not None  # the precondition
        command, answer = self.last
        before = self.engine.order(answer.id)
        sent = command.model_copy(update={"actor": "somebody-else"}) if other else command
        try:
            again = self.engine.submit(sent)
        except Refused as refused:
            if not other:
                raise BrokenLaw(7, f"{command.id} sent again was refused: {refused}") from None
            if refused.codes != {"id_reused"}:
                raise BrokenLaw(7, f"other content under {command.id}: {refused}") from None
        else:
            if other:
                raise BrokenLaw(7, f"other content under the id {command.id} was accepted")
            if again != answer:
                raise BrokenLaw(7, f"{command.id} sent again got another answer")
        if self.engine.order(answer.id) != before:
            raise BrokenLaw(7, f"{command.id} sent again changed the order")


def order_machine(
    engine_factory: EngineFactory,
    *,
    order: SearchStrategy[NewOrder] | None = None,
    skus: tuple[str, ...] = SKUS,
    store_factory: Any = WatchedStore,
) -> type[OrderMachine]:
    """A state machine that runs random histories on your engine; its ``TestCase`` is a test.

    The engine uses the machine's clock and ids; injected faults let your strategies fail, answer
    late and find too little.

    Args:
        engine_factory: Builds your engine on a store; called again after each crash.
        order: Draws the orders; by default ``orders(skus)``.
        skus: The stocked SKUs, at each location of your strategies.
        store_factory: Creates the store; the default one checks each grant (promise 3).
    """
    body = {
        "engine_factory": staticmethod(engine_factory),
        "store_factory": staticmethod(store_factory),
        "order": orders(skus) if order is None else order,
        "skus": skus,
    }
    return type("Orders", (OrderMachine,), body)
