"""The rows of trouble as small scenarios, and mutants that each of them catches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import attrs
import pytest

from orderflow import Engine, InHouse, Line, NewOrder, Order, Refused, Steps
from orderflow.engine.people.desk import Desk
from orderflow.errors import NotFound, PortFailed
from orderflow.fulfillment import Dropship, FulfillmentStrategy
from orderflow.kernel.decision.draft import Draft
from orderflow.kernel.decision.rules import Rules
from orderflow.kernel.partners.cancellation_request import release_units
from orderflow.model import events as ev
from orderflow.model.commands import Cancel, Pick, PlaceHold, ReceiveStock, RequestReturn, Resend
from orderflow.model.document import Terms
from orderflow.model.ledger import Bucket
from orderflow.model.observations import (
    CancellationAnswered,
    GoodsShipped,
    LabelBought,
    ObservationBody,
    RequestAnswered,
    TrackingReported,
)
from orderflow.model.parcel import Parcel, ParcelStatus, status_of
from orderflow.model.state import FulfillmentOrder
from orderflow.model.stock import LeaveWaitingList, Reserve, StockLevel
from orderflow.model.work import PendingWork
from orderflow.ports import Commit, EffectAttempt, Label, LabelRequest
from orderflow.simulation import SequentialIds, SimulatedCarrier, VirtualClock
from orderflow.stores import MemoryStore
from orderflow.testing import FakeCarrier, FakePartner, check_order, check_stock
from tests.mutants import (
    Law,
    Mutant,
    Mutants,
    Mutate,
    Patch,
    ask_nobody,
    forget_events,
    law,
    original,
    replace,
)
from tests.scenarios.engine import test_in_flight
from tests.scenarios.orders import test_trouble
from tests.scenarios.partners import test_partners
from tests.scenarios.stock import test_waiting

DAY = timedelta(days=1)


class Shop:
    """One order of three mugs: by a supplier first, else in-house."""

    def __init__(
        self,
        *strategies: FulfillmentStrategy,
        stock: int = 3,
        clock: VirtualClock | None = None,
        **rules: Any,
    ) -> None:
        self.clock, self.party = clock or VirtualClock(), FakePartner()
        supplier = Dropship(self.party)
        self.engine = Engine(
            MemoryStore(),
            strategies or [supplier, InHouse()],
            clock=self.clock,
            ids=SequentialIds(),
            **rules,
        )
        self.engine.change_stock(ReceiveStock(sku="MUG", quantity=stock).to(id="r"))
        line = Line(sku="MUG", quantity=3)
        self.engine.place(NewOrder(number="A-1", currency="EUR", lines=(line,)))
        self.work()

    def work(self, after: timedelta = timedelta()) -> None:
        self.clock.advance(after)
        self.engine.worker.run_until_idle()
        check_order(self.engine, "A-1")
        check_stock(self.engine)

    def says(self, *told: ObservationBody) -> None:
        for fact in told:
            self.clock.advance(timedelta(minutes=1))
            self.engine.observe(fact.at(self.clock.now(), subject="A-1"))
            self.work()

    def asks(self, *bodies: Any) -> None:
        for body in bodies:
            self.engine.submit(body.to("A-1", by="ana"))
            self.work()

    @property
    def order(self) -> Order:
        return self.engine.order("A-1")

    def stands(self) -> dict[str, int]:
        return {str(bucket): units for bucket, units in self.order.ledger.totals().items()}

    def tasks(self) -> set[str]:
        return {task.name for task in self.engine.tasks()}


class Forgetful(FakeCarrier):
    """Sells a new label each time that it is asked; its first answer gets lost."""

    def buy_label(self, request: LabelRequest) -> Label:
        first = not self.asked
        self.asked.append(request)
        sold = Label(self.code, f"T{len(self.asked)}")
        self.labels[request.key] = sold
        if first:
            raise PortFailed("the answer got lost")
        return sold


# --- stock ---------------------------------------------------------------------------------------


def test_a_reroute_takes_what_is_there_and_waits_for_the_rest() -> None:
    shop = Shop(stock=2, steps=Steps(manual={"pick"}))
    shop.says(RequestAnswered(fo="A-1-F1", rejected="sold out"))
    assert shop.stands() == {"allocated": 2, "backordered": 1}


def test_a_cancelled_backorder_leaves_the_others_waiting() -> None:
    """The units of one line wait at two places."""
    shop = test_trouble.Shop({"north": 2, "south": 1}, Steps(manual={"pick"}))
    for fo, units in (("A-1-F1", 2), ("A-1-F2", 1)):
        shop.engine.submit(Pick(fo=fo, short={"1": units}).to("A-1", by="ana"))
    shop.engine.submit(Cancel(lines={"1": 1}).to("A-1"))
    shop.work()
    for place in ("north", "south"):
        shop.engine.change_stock(ReceiveStock(sku="MUG", location=place, quantity=5).to())
    shop.work()
    assert shop.order.units(Bucket.ALLOCATED) == {"1": 2}


def test_short_units_wait_for_stock() -> None:
    shop = Shop(InHouse(), steps=Steps(manual={"pick"}))
    shop.asks(Pick(fo="A-1-F1", units={"1": 2}, short={"1": 1}))
    assert shop.stands() == {"shipped": 2, "backordered": 1}


def test_what_was_picked_is_put_away_before_it_is_sold_again() -> None:
    shop = Shop(InHouse(), steps=Steps(manual={"pack", "put_away"}))
    shop.asks(Cancel(lines={"1": 1}))
    assert shop.tasks() == {"pack", "put_away"}
    assert shop.engine.level("MUG").reserved == 3


# --- other parties -------------------------------------------------------------------------------


def test_a_silent_party_is_asked_and_nobody_else_ships_meanwhile() -> None:
    shop = Shop()
    for _ in range(5):
        shop.work(3 * DAY)
    assert shop.party.chased
    assert shop.party.cancellations
    assert {fo.strategy for fo in shop.order.fulfillment_orders.values()} == {"dropship"}


def test_an_answer_that_comes_twice_gives_up_once() -> None:
    shop = Shop()
    shop.asks(Cancel(lines={"1": 1}))
    given = CancellationAnswered(fo="A-1-F1", lines={"1": 1})
    shop.says(given, given)
    assert shop.stands() == {"cancelled": 1, "allocated": 2}
    assert shop.tasks() == {"exception.cancellation"}


def test_a_notice_that_comes_twice_counts_once() -> None:
    shop = Shop()
    told = GoodsShipped(fo="A-1-F1", notice="N1", lines={"1": 1}, tracking_number="X1")
    shop.says(told, told)
    assert shop.stands() == {"shipped": 1, "allocated": 2}


def test_what_nobody_ordered_is_somebodys_task() -> None:
    shop = Shop()
    shop.says(GoodsShipped(fo="A-1-F1", notice="N1", lines={"1": 5}, tracking_number="X1"))
    assert shop.order.state.surplus == {"1": 2}
    assert shop.tasks() == {"exception.surplus"}


def test_a_person_records_that_a_silent_party_shipped() -> None:
    shop = Shop()
    while "overdue.fulfiller" not in shop.tasks():
        shop.work(DAY)
    (task,) = (task for task in shop.engine.tasks() if task.name == "overdue.fulfiller")
    form = {"answer": "shipped", "tracking_number": "X1"}
    shop.engine.complete(task, by="ana", data=form)
    shop.work()
    assert shop.stands() == {"shipped": 3}
    shop.says(TrackingReported(tracking_number="X1", status=ParcelStatus.DELIVERED))
    assert shop.stands() == {"delivered": 3}
    assert shop.tasks() == set()


# --- carriers ------------------------------------------------------------------------------------


def test_an_old_scan_that_comes_late_takes_nothing_back() -> None:
    shop = test_trouble.Shop({"main": 3})
    number = shop.order.state.parcels["A-1-P1"].tracking_number
    statuses = ParcelStatus.DELIVERED, ParcelStatus.OUT_FOR_DELIVERY
    for status, ago in zip(statuses, (0, 3), strict=True):
        fact = TrackingReported(tracking_number=number, status=status)
        shop.engine.observe(fact.at(shop.clock.now() - timedelta(hours=ago)))
        shop.work()
    assert shop.order.status == "delivered"


def test_after_a_time_out_the_label_is_looked_for() -> None:
    carrier = Forgetful()
    shop = Shop(InHouse(carrier=carrier))
    shop.work(timedelta(hours=1))
    assert len(carrier.asked) == 1
    assert shop.stands() == {"shipped": 3}


def test_a_label_that_nobody_needs_any_more_is_taken_back() -> None:
    carrier = Forgetful()
    shop = Shop(InHouse(carrier=carrier))
    shop.asks(Cancel())
    shop.work(timedelta(hours=1))
    assert [label.tracking_number for label in carrier.voided] == ["T1"]
    assert shop.order.status == "cancelled"


def test_a_damaged_parcel_is_somebodys_task() -> None:
    shop = test_trouble.Shop({"main": 6})
    shop.scan(ParcelStatus.DAMAGED)
    (task,) = shop.engine.tasks()
    assert (task.name, task.role) == ("exception.damaged", "support")
    shop.engine.complete(task, by="ana", data={"status": "lost"})
    shop.work()
    assert shop.order.units(Bucket.LOST) == {"1": 3}
    assert shop.tasks() == {"exception.lost"}


def test_whatever_a_carrier_does_the_goods_arrive_in_the_end() -> None:
    """Every trip goes wrong: support asks, and sends again what is lost or came back."""
    seen: set[str] = set()
    for seed in range(12):
        carrier = SimulatedCarrier(clock := VirtualClock(), seed, mishaps=0.8)
        shop = Shop(InHouse(carrier=carrier), clock=clock, stock=60)
        while shop.stands() != {"delivered": 3}:
            clock.move_to(max(clock.now(), carrier.next_due() or clock.now()))
            for report in carrier.observations(clock.now()):
                shop.engine.observe(report)
            shop.work()
            seen |= shop.tasks()
            if shop.order.units(Bucket.LOST, Bucket.RETURNED_UNDELIVERED):
                shop.asks(Resend())
    assert seen == {"exception.lost", "exception.returned_undelivered", "exception.damaged"}


# --- returns, reviews, holds, people -------------------------------------------------------------


def returning() -> test_trouble.Shop:
    """A shop whose customer has the goods, and may send two of them back."""
    shop = test_trouble.Shop({"main": 3})
    shop.scan(ParcelStatus.DELIVERED)
    shop.engine.submit(RequestReturn(lines={"1": 2}).to("A-1", by="customer"))
    shop.work()
    return shop


def test_what_does_not_come_back_in_time_is_kept() -> None:
    shop = returning()
    assert shop.order.units(Bucket.RETURNING) == {"1": 2}
    shop.clock.advance(31 * DAY)
    shop.work()
    assert shop.order.state.returns["A-1-R1"].state == "expired"
    assert shop.order.units(Bucket.DELIVERED) == {"1": 3}


def test_no_review_is_asked_for_while_goods_come_back() -> None:
    shop = returning()
    shop.clock.advance(20 * DAY)
    shop.work()
    told = [event for entry in shop.engine.journal("A-1") for event in entry.events]
    assert not [event for event in told if isinstance(event, ev.ReviewRequested)]


def test_each_hold_is_released_by_its_own_timer() -> None:
    shop = Shop(InHouse(), steps=Steps(manual={"pick"}))
    now = shop.clock.now()
    for hold, days in (("address", 5), ("fraud", 1)):
        shop.asks(PlaceHold(hold=hold, reason="to be looked at", until=now + days * DAY))
    shop.work(2 * DAY)
    assert set(shop.order.state.holds) == {"address"}
    shop.work(4 * DAY)
    assert shop.tasks() == {"pick"}


def test_a_task_is_done_once_and_not_after_it_became_moot() -> None:
    shop = Shop(InHouse(), steps=Steps(manual={"pick", "pack"}))
    (pick,) = shop.engine.tasks()
    shop.engine.complete(pick, by="ana")
    assert shop.tasks() == {"pack"}
    with pytest.raises(NotFound):
        shop.engine.complete(pick, by="bo")
    (pack,) = shop.engine.tasks()
    shop.asks(Cancel())
    with pytest.raises(NotFound):
        shop.engine.complete(pack, by="ana")
    assert shop.order.status == "cancelled"


def test_a_task_is_done_by_who_has_its_role() -> None:
    roles: Mapping[str, frozenset[str]] = {"ana": frozenset({"warehouse"})}
    shop = Shop(
        InHouse(),
        steps=Steps(manual={"pick"}),
        roles_of=lambda actor: roles.get(actor, frozenset()),
    )
    (pick,) = shop.engine.tasks()
    with pytest.raises(Refused, match=r"actor\.role_missing"):
        shop.engine.complete(pick, by="bo")
    shop.engine.complete(pick, by="ana")
    assert shop.stands() == {"picked": 3}


# --- the mutants ---------------------------------------------------------------------------------


def oversells_on_a_reroute(patch: Patch) -> None:
    """Whoever takes over counts what is promised to others as there."""
    apply = original("memory: an operation on stock")

    def generous(op: Any, held: Any) -> Any:
        if isinstance(op, Reserve):
            level = attrs.evolve(held.level, reserved=held.level.reserved + op.quantity)
            return attrs.evolve(held, level=level, reserved=held.reserved + op.quantity)
        return apply(op, held)

    replace(patch, "memory: an operation on stock", generous)
    patch.setattr(StockLevel, "available", property(lambda _level: 99))


def loses_a_backorder(patch: Patch) -> None:
    """A cancelled unit is taken from every waiting list."""

    def everywhere(making: Draft, line: str, units: int) -> None:
        for waits_for, key in making.context.waiting:
            if waits_for == line:
                making.stock.append(LeaveWaitingList(key, making.id, line, units))

    patch.setattr(Draft, "leave_waiting_list", everywhere)


def drops_short_units(patch: Patch) -> None:
    """What was not on its shelf is forgotten."""
    replace(patch, "short units wait for stock", lambda *_args: None)


def never_asks_to_put_away(patch: Patch) -> None:
    """Cancelled goods stay where somebody put them down."""
    replace(patch, "what is cancelled is put away", lambda *_args: None)


def ships_twice_after_silence(patch: Patch) -> None:
    """A silent party's units are given to another, before it answered."""

    def impatient(making: Draft, fo: FulfillmentOrder, _times: int) -> bool:
        for line, units in making.order.units(Bucket.ALLOCATED, fo=fo.id).items():
            release_units(making, fo, line, units, "silence")
        return True

    replace(patch, "a silent party is pressed", impatient)


def gives_up_twice(patch: Patch) -> None:
    """A party's answer to a cancellation is taken again when it comes again."""
    forget_events(patch, ev.CancellationClosed)


def counts_a_notice_twice(patch: Patch) -> None:
    """A ship notice is forgotten, and counts again."""
    forget_events(patch, ev.ShipmentNoticeRecorded)


def keeps_a_surplus_to_itself(patch: Patch) -> None:
    """Units that nobody ordered are taken down, and nobody is asked."""
    ask_nobody(patch, "exception.surplus")


def believes_the_last_scan(patch: Patch) -> None:
    """A parcel stands where the scan says that came last."""

    def last(parcel: Parcel) -> Any:
        scan = parcel.scans[-1] if parcel.scans else None
        return (scan.status, scan.occurred_at) if scan else status_of(parcel)

    replace(patch, "where a parcel stands", last)


def buys_a_second_label(patch: Patch) -> None:
    """After a time-out the label is bought again."""

    def again(strategy: InHouse, effect: EffectAttempt) -> LabelBought:
        assert effect.parcel is not None
        request = LabelRequest(effect.key, effect.parcel.id, effect.parcel.orders, None, 0)
        sold = strategy.carrier.buy_label(request)
        return LabelBought(
            parcel=effect.parcel.id, carrier=sold.carrier, tracking_number=sold.tracking_number
        )

    patch.setattr(InHouse, "_label", again)


def without(name: str, patch: Patch) -> None:
    """Parcels do not wait for what has this name."""
    all_of_them = original("a parcel waits")

    def fewer(parcel: Parcel, rules: Rules) -> Iterator[PendingWork]:
        yield from (wanted for wanted in all_of_them(parcel, rules) if wanted.name != name)

    replace(patch, "a parcel waits", fewer)


def keeps_a_moot_label(patch: Patch) -> None:
    """A label that was bought for a parcel that is not sent is not taken back."""
    without("void_label", patch)


def overlooks_damage(patch: Patch) -> None:
    """A parcel is damaged, and nobody is asked."""
    without("exception.damaged", patch)


def counts_what_was_found_twice(patch: Patch) -> None:
    """Units that are sent once more stay in the parcel that was lost, too."""
    patch.setattr(Draft, "take_units_out", lambda *_args: None)


def loses_what_expires(patch: Patch) -> None:
    """A return expires, and its units are on their way for ever."""
    replace(patch, "what does not come back is kept", lambda *_args: None)


def asks_for_a_review_all_the_same(patch: Patch) -> None:
    """Open returns do not count."""
    replace(patch, "nothing says not now", lambda state: not state.holds)


def releases_another_hold(patch: Patch) -> None:
    """A hold's timer releases the hold that was placed first."""
    emit = Draft.emit

    def first(making: Draft, event: ev.Event) -> None:
        if isinstance(event, ev.HoldReleased):
            event = ev.HoldReleased(next(iter(making.order.state.holds)))
        emit(making, event)

    patch.setattr(Draft, "emit", first)


def completes_stale_tasks(patch: Patch) -> None:
    """What became moot can still be completed."""
    write = MemoryStore._write

    def keeping(store: MemoryStore, commit: Any) -> None:
        withdrawn = tuple(key for key in commit.withdrawn if not key.endswith(":task"))
        write(store, attrs.evolve(commit, withdrawn=withdrawn))

    patch.setattr(MemoryStore, "_write", keeping)


def asks_nobody_for_a_role(patch: Patch) -> None:
    """Anybody may do any task."""
    patch.setattr(Desk, "_check_role", lambda *_args: None)


def forgets_what_was_taken(patch: Patch) -> None:
    """What a party takes while a hold is placed is not waited for."""
    waits = original("an order waits")
    replace(patch, "an effect is awaited", lambda d, key: key in waits(d.order, d.rules))


def finishes_what_came_early(patch: Patch) -> None:
    """A timer that fires while a hold is placed is done with."""
    write = MemoryStore._write_work

    def finished(store: MemoryStore, commit: Commit) -> None:
        if commit.acknowledges:
            store._outbox[commit.acknowledges].status = "done"
        write(store, commit)

    patch.setattr(MemoryStore, "_write_work", finished)


def routes_what_was_asked_back(patch: Patch) -> None:
    """Units that a party rejects go to the next one, though they are to be cancelled."""
    replace(patch, "a party declines units", release_units)


def misses_what_a_count_missed(patch: Patch) -> None:
    """A short pick takes from the stock what a count has taken."""
    patch.setattr(StockLevel, "shortfall", 0)


def parts_a_whole_order(patch: Patch) -> None:
    """An order that is to leave at once leaves without what is missing."""
    replace(patch, "an order leaves whole", lambda _state: False)


LAWS: dict[Mutate, Law] = {
    oversells_on_a_reroute: law(test_a_reroute_takes_what_is_there_and_waits_for_the_rest),
    loses_a_backorder: law(test_a_cancelled_backorder_leaves_the_others_waiting),
    drops_short_units: law(test_short_units_wait_for_stock),
    never_asks_to_put_away: law(test_what_was_picked_is_put_away_before_it_is_sold_again),
    ships_twice_after_silence: law(test_a_silent_party_is_asked_and_nobody_else_ships_meanwhile),
    gives_up_twice: law(test_an_answer_that_comes_twice_gives_up_once),
    counts_a_notice_twice: law(test_a_notice_that_comes_twice_counts_once),
    keeps_a_surplus_to_itself: law(test_what_nobody_ordered_is_somebodys_task),
    believes_the_last_scan: law(test_an_old_scan_that_comes_late_takes_nothing_back),
    buys_a_second_label: law(test_after_a_time_out_the_label_is_looked_for),
    keeps_a_moot_label: law(test_a_label_that_nobody_needs_any_more_is_taken_back),
    overlooks_damage: law(test_a_damaged_parcel_is_somebodys_task),
    counts_what_was_found_twice: law(
        test_trouble.test_what_is_lost_is_sent_again_and_its_parcel_answers_for_nothing
    ),
    loses_what_expires: law(test_what_does_not_come_back_in_time_is_kept),
    asks_for_a_review_all_the_same: law(test_no_review_is_asked_for_while_goods_come_back),
    releases_another_hold: law(test_each_hold_is_released_by_its_own_timer),
    completes_stale_tasks: law(test_a_task_is_done_once_and_not_after_it_became_moot),
    asks_nobody_for_a_role: law(test_a_task_is_done_by_who_has_its_role),
    forgets_what_was_taken: law(
        test_in_flight.test_what_was_taken_while_a_hold_came_is_waited_for, "submit"
    ),
    finishes_what_came_early: law(
        test_in_flight.test_a_timer_that_fires_while_a_hold_comes_fires_after_it, Terms.PREPAID
    ),
    routes_what_was_asked_back: law(
        test_partners.test_what_a_party_rejects_that_it_was_asked_to_give_up_is_cancelled
    ),
    misses_what_a_count_missed: law(
        test_waiting.test_what_a_count_has_found_missing_a_short_pick_does_not_take_again
    ),
    parts_a_whole_order: law(test_waiting.test_an_order_that_leaves_whole_waits_for_the_rest),
}
MUTANTS = Mutants("trouble", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
