"""What this build does with orders that another began: it looks at them, and brings them to an end.

``looked_at`` and ``ended`` raise where a promise does not hold across the two.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text
from typer.testing import CliRunner

from orderflow import Line, NewOrder, Order
from orderflow.cli.app import app
from orderflow.engine.doctor import examine
from orderflow.model.commands import Command, ReceiveStock
from orderflow.model.ledger import SETTLED
from orderflow.model.observations import (
    GoodsShipped,
    Observation,
    ObservationBody,
    PaymentReported,
    ReturnAnswered,
)
from orderflow.model.state import PaymentOutcome
from orderflow.model.stock import StockKey
from orderflow.model.work import effect_key
from orderflow.stores import SqlStore
from orderflow.testing import check_order, check_stock
from orderflow.testing.messages import cooperative_observations
from tests.builds.shop import FOLDER, engine_on, picture
from tests.laws.test_endings import HELPER, Helper, story

ROUNDS_AT_MOST = 400
LEASE = timedelta(minutes=6)
"""After this, what a dead process had claimed is done by others."""
PATIENCE = timedelta(days=60)


class Successor:
    """A process of this build on the database of the earlier one."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder, self.store = url, folder, SqlStore(url)
        self.engine, self.world, self.clock = engine_on(self.store, folder)

    def looked_at(self) -> None:
        """The orders stand where the other build left them, and the doctor finds nothing."""
        before = json.loads((self.folder / "picture").read_text())
        after = picture(self.engine)
        assert {order: after.get(order) for order in before} == before
        self.engine.apply_rules()  # as after every upgrade: whose a task is may have changed
        words = ["doctor", "--db", self.url, "--app", "tests.builds.shop:make_engine"]
        found = CliRunner().invoke(app, words, env={FOLDER: str(self.folder)})
        assert (found.exit_code, found.output) == (0, "nothing is off\n"), found.output

    def hears_again(self) -> None:
        """What was sent to the other build is known: the same answer, and nothing moves."""
        before = {order.id: order for order in self.engine.orders()}
        for sent in (self.folder / "commands").read_text().splitlines():
            self.engine.submit(Command.model_validate_json(sent))
        for sent in (self.folder / "observations").read_text().splitlines():
            self.engine.observe(Observation.model_validate_json(sent))
        after = {order.id: order for order in self.engine.orders()}
        moved = [name for name, order in after.items() if before.get(name) != order]
        assert not moved, f"these heard the same again, and moved: {moved}"

    def ended(self) -> None:
        """Every order is brought to its end, and what was done outside was done once."""
        self.goes_on()
        self.ends()
        for order in self.engine.orders():
            check_order(self.engine, order.id)
        check_stock(self.engine)
        assert list(examine(self.engine)) == []
        self.did_everything_once()

    def goes_on(self) -> None:
        """Goods arrive; what was kept for later is known now, or dismissed."""
        self.clock.advance(LEASE)
        self.engine.worker.run_until_idle()
        for level in self.store.list_stock_levels(StockKey("", ""), 100):
            key, lacking = level.key, level.backordered + level.shortfall
            if lacking:
                more = ReceiveStock(sku=key.sku, location=key.location, quantity=lacking + 50)
                self.engine.change_stock(more.to(id=f"more-{key}"))
        vase = Line(sku="VASE", quantity=1)
        self.engine.place(NewOrder(number="NEXT", currency="EUR", lines=(vase,)))
        self.engine.worker.run_until_idle()
        notice = GoodsShipped(fo="NEXT-F1", notice="N", lines={"1": 1}, tracking_number="T-NEXT")
        self.engine.observe(notice.at(self.clock.now()))
        self.engine.worker.run_until_idle()
        for reference in {kept.reference for kept in self.engine.unmatched()}:
            self.engine.dismiss(reference)

    def ends(self) -> None:
        """Help every order on, tell what becomes of it outside, and let time pass."""
        helper, tried = Helper(self.engine, cancels=False), dict[str, object]()
        patient_until = self.clock.now() + PATIENCE
        for _ in range(ROUNDS_AT_MOST):
            open_ones = [order for order in self.engine.orders() if not over(order)]
            tasks = sorted(task.key for task in self.engine.tasks())
            stands = {o.id: (o, [key for key in tasks if o.id in key]) for o in open_ones}
            news = [order for order in open_ones if tried.get(order.id) != stands[order.id]]
            stuck = [order for order in news if not self.moves(order, helper)]
            tried |= {order.id: stands[order.id] for order in stuck}
            due = self.engine.worker.next_due()
            if len(stuck) < len(news):
                continue
            if helper.patient and open_ones and (due is None or due > patient_until):
                helper.patient, tried = False, {}
            elif due is not None:
                self.clock.set(max(due, self.clock.now()))
                self.engine.worker.run_until_idle()
            else:
                break
        told = [story(self.engine.explain(order.id)) for order in open_ones]
        assert not told, "\n".join(["these were not brought to an end:", *told])

    def moves(self, order: Order, helper: Helper) -> bool:
        """Others are heard, or somebody helps; whether that moved the order."""
        for fact in told_of(order):
            self.engine.observe(fact.at(self.clock.now(), subject=order.id))
        self.engine.worker.run_until_idle()
        if self.engine.order(order.id) != order:
            return True
        return helper.act(self.engine.explain(order.id, by=HELPER))

    def did_everything_once(self) -> None:
        """What is done of the outbox was called with its key, once; nothing else was called."""
        asked = "select key, name, status from orderflow_outbox where kind = 'effect'"
        with self.store._own.engine.connect() as connection:
            rows = list(connection.execute(text(asked)))
        calls = self.world.calls()
        kinds = {kind for kind, _ in calls} - NOT_ALWAYS
        done = {row.key for row in rows if row.status == "done" and row.name in kinds}
        called = Counter(key for kind, key in calls if kind != "watch")
        twice = {key for key, times in called.items() if times > 1}
        assert {row.status for row in rows} <= {"done", "withdrawn", "gave_up"}
        assert twice == {LEASED}, "only what was done when a process died is asked for again"
        assert done - called.keys() == set()
        assert called.keys() - {row.key for row in rows} == set()
        told = Counter(key for kind, key in calls if kind == "watch")
        assert set(told.values()) == {1}


LEASED = effect_key("LEASED-F1", "pick", 0)
"""The picking that the other build did when it was killed."""

NOT_ALWAYS = {"approve_return", "void_label"}
"""Effects for which somebody outside is called only sometimes: a party, a carrier with a label."""


def over(order: Order) -> bool:
    """Whether nothing is left to be done."""
    return order.state.phase.final and SETTLED.issuperset(order.ledger.totals())


def told_of(order: Order) -> Iterator[ObservationBody]:
    """What others say of an order, now that they answer."""
    yield from cooperative_observations(order)
    for refund in order.state.refunds.values():
        key = effect_key(refund.id, "refund", refund.generation)
        if refund.status.open and key in order.state.taken:
            paid = PaymentOutcome.REFUNDED
            yield PaymentReported(fact=paid, amount=refund.amount, reference=key)
    for rma in order.state.returns.values():
        if not rma.phase.final and effect_key(rma.id, "approve_return", 0) in order.state.taken:
            yield ReturnAnswered(rma=rma.id)
