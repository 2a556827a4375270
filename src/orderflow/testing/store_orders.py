"""The laws of a store about orders, parcels, processed messages and pages."""

from __future__ import annotations

from collections import Counter

import attrs

from orderflow.model.messages import EffectFailed
from orderflow.model.order import Order
from orderflow.model.stock import Reserve, StockKey, StockLevel
from orderflow.model.work import Message
from orderflow.ports import (
    Commit,
    Duplicate,
    OrderQuery,
    Outcome,
    ProcessedMessage,
    Short,
    Stale,
    Store,
    Stored,
    TaskQuery,
)
from orderflow.testing.commits import (
    MINUTE,
    MUG,
    NOW,
    a_parcel,
    a_task,
    an_entry,
    an_order,
    order_commit,
    pending_work_commit,
    receipt_commit,
)
from orderflow.testing.contract import law
from orderflow.testing.store_harness import StoreHarness, assert_same, concurrently

__all__ = ["OrderLaws"]

_RECEIPT = ProcessedMessage("channel:online", "cart-7", "digest", "order:A-1", 1)
_PACKED = an_entry("parcel:P1", 1, "packed")
_PLACED = NOW + MINUTE
_QUERIES = {
    OrderQuery(): 7,
    OrderQuery(customer="ana"): 3,
    OrderQuery(customer="ana", sku="MUG", phase="placed"): 3,
    OrderQuery(sku="CUP"): 0,
    OrderQuery(status="lost"): 0,
    OrderQuery(stage="placed", channel="online", exception=False): 7,
    OrderQuery(exception=True): 0,
    OrderQuery(placed_before=_PLACED): 7,
    OrderQuery(placed_before=NOW): 0,
    OrderQuery(promised_before=_PLACED): 0,
}
"""How many of seven orders are found; every second one is Ana's."""


class OrderLaws(StoreHarness):
    """Commits are stored once, completely or not at all."""

    @law(since="0.1", why="the journal and the state are all that is known of an order")
    def what_is_committed_is_read(self) -> None:
        """An order, a parcel, their journals and tasks are read as they were committed."""
        with self.opened() as store:
            _commit_some(store)
            _check_read(store)

    @law(needs="durable", since="0.1", why="processes end, and others go on")
    def what_is_committed_outlives_the_process(self) -> None:
        """Opened anew, the store has what was committed."""
        with self.opened_by(2) as (store, again):
            _commit_some(store)
            _check_read(again)

    @law(since="0.1", why="of two who changed the same order one must decide again")
    def a_stale_commit_changes_nothing(self) -> None:
        """A commit that expects another version is Stale, and nothing of it is stored."""
        with self.opened() as store:
            store.commit(order_commit("A-1", 0, "first"))
            store.commit(pending_work_commit("effect"))
            late = attrs.evolve(
                order_commit("A-1", 0, "late"),
                processed=_RECEIPT,
                stock=receipt_commit(MUG, 5).stock,
                acknowledges="effect",
                references=("T1",),
            )
            withdrawing = Commit("order:A-1", NOW, 0, withdrawn=("effect",))
            for commit in (late, order_commit("A-1", 2, "early"), withdrawing):
                assert_same(
                    f"expected version {commit.expected_version}", store.commit(commit), Stale()
                )
            assert_same("the order", store.order("A-1"), an_order("A-1", 1, reason="first"))
            assert_same("its journal", [e.version for e in store.journal("order:A-1")], [1])
            assert_same("on hand", store.stock_levels([MUG])[MUG].on_hand, 0)
            assert_same("open rows", [row.key for row in store.open_rows("order:A-1")], ["effect"])
            assert_same("the subject of T1", store.resolve("T1"), None)
            assert_same("the receipt", store.processed(_RECEIPT.scope, _RECEIPT.id), None)

    @law(since="0.1", why="an address changes, and the parcel goes to the old one")
    def what_was_ordered_is_what_was_last_revised(self) -> None:
        """A commit that is revised stores the order's document anew."""
        with self.opened() as store:
            first = order_commit("A-1", 0)
            assert first.order is not None  # the sample is about an order
            store.commit(first)
            document = first.order.document.revised({"1": 1}, (), notes="ring twice")
            revised = Order(document, attrs.evolve(first.order.state, version=2))
            store.commit(attrs.evolve(order_commit("A-1", 1), order=revised, revised=True))
            assert_same("the order", store.order("A-1"), revised)

    @law(since="0.1", why="two people change one order at the same moment")
    def of_two_savers_one_wins(self) -> None:
        """Of those who commit the same version at once, one is Stored and the rest Stale."""
        with self.opened_by(4) as stores:
            stores[0].commit(order_commit("A-1", 0))
            for version in range(1, 6):

                def save(store: Store, name: str, version: int = version) -> Outcome:
                    return store.commit(order_commit("A-1", version, name))

                answered = Counter(concurrently(stores, save))
                assert_same(f"version {version}", answered, {Stored(): 1, Stale(): 3})
            versions = [entry.version for entry in stores[0].journal("order:A-1")]
            assert_same("the journal", versions, [1, 2, 3, 4, 5, 6])

    @law(since="0.1", why="customers press the button twice, and queues deliver twice")
    def a_message_is_taken_once(self) -> None:
        """A second commit of a processed message is a Duplicate, and nothing is stored."""
        with self.opened() as store:
            for order, right in (("A-1", Stored()), ("A-2", Duplicate())):
                outcome = store.commit(attrs.evolve(order_commit(order, 0), processed=_RECEIPT))
                assert_same(f"receipt cart-7 for {order}", outcome, right)
            assert_same("the second order", store.order("A-2"), None)
            assert_same("the receipt", store.processed("channel:online", "cart-7"), _RECEIPT)
            assert_same("that of another channel", store.processed("channel:store", "cart-7"), None)

    @law(since="0.1", why="one that cannot be stored would take the others with it")
    def each_of_many_commits_has_its_own_outcome(self) -> None:
        """Of commits that come together each is decided after the ones before it, and alone."""
        with self.opened() as store:
            store.commit(receipt_commit(MUG, 3))
            store.commit(pending_work_commit("effect"))
            two, one = (Reserve(MUG, "A", "1", units) for units in (2, 1))
            rated: list[tuple[Commit, Outcome]] = [
                (attrs.evolve(order_commit("A-1", 0), processed=_RECEIPT, stock=(two,)), Stored()),
                (attrs.evolve(order_commit("A-2", 0), processed=_RECEIPT), Duplicate()),
                (order_commit("A-1", 1, "follows the first"), Stored()),
                (order_commit("A-1", 1, "comes too late"), Stale()),
                (
                    attrs.evolve(order_commit("A-3", 0), stock=(two,), references=("R3",)),
                    Short((MUG,)),
                ),
                (
                    attrs.evolve(order_commit("A-4", 0), stock=(one,), acknowledges="effect"),
                    Stored(),
                ),
                (Commit("order:A-5", NOW, acknowledges="effect"), Duplicate()),
            ]
            outcomes = list(store.commit_all([commit for commit, _ in rated]))
            assert_same("the outcomes", outcomes, [right for _, right in rated])
            there = sorted(store.orders_by_id(["A-1", "A-2", "A-3", "A-4"]))
            assert_same("the orders that are there", there, ["A-1", "A-4"])
            assert_same("A-1", store.order("A-1"), an_order("A-1", 2, reason="follows the first"))
            assert_same("its journal", [e.version for e in store.journal("order:A-1")], [1, 2])
            assert_same("the level", store.stock_levels([MUG])[MUG], StockLevel(MUG, 3, reserved=3))
            assert_same("the subject of R3", store.resolve("R3"), None)
            assert_same("when something is due", store.next_due(), None)
            assert_same("no commits", list(store.commit_all([])), [])

    @law(since="0.1", why="how many commits come together depends on how busy it is")
    def many_commits_do_what_they_would_do_one_by_one(self) -> None:
        """Of commits that come together the later ones see what the earlier ones did."""
        with self.opened() as store:
            store.commit(pending_work_commit("comes back", "goes"))
            store.commit_all(
                [
                    Commit("order:A-1", NOW, pending_work=(a_task(),), withdrawn=("comes back",)),
                    Commit("order:A-1", NOW, withdrawn=("task", "goes"), references=("R1",)),
                    attrs.evolve(pending_work_commit("comes back", "new"), references=("R2",)),
                    Commit("order:A-2", NOW, references=("R1",), withdrawn=("new",)),
                ]
            )
            assert_same(
                "open rows", [row.key for row in store.open_rows("order:A-1")], ["comes back"]
            )
            assert_same("the task", store.task("task"), None)
            subjects = store.resolve("R1"), store.resolve("R2")
            assert_same("the subjects of R1 and R2", subjects, ("order:A-2", "order:A-1"))

    @law(since="0.1", why="else an order is packed, and its parcel never hears of it")
    def what_follows_is_stored_with_its_cause(self) -> None:
        """A commit and those along with it: all of them or none, and none past a message."""
        parcel = Commit("parcel:P1", NOW, 0, parcel=a_parcel("P1", 1), entry=_PACKED)
        told = Message("m1", "parcel:P1", EffectFailed("label", "label", "P1"))
        with self.opened() as store:
            store.commit(receipt_commit(MUG, 3))
            heard = order_commit("A-1", 1, "heard of it")
            both = attrs.evolve(order_commit("A-1", 0), with_it=(parcel, heard))
            assert_same("an order, its parcel, and the order", store.commit(both), Stored())
            store.commit(Commit("order:A-2", NOW, messages=(told,)))
            one, four = (Reserve(MUG, "A-1", "1", units) for units in (1, 4))
            third = attrs.evolve(order_commit("A-1", 2, "third"), stock=(one,))
            again = Commit("parcel:P1", NOW, 1)
            more = attrs.evolve(order_commit("A-1", 3), stock=(four,))
            for along, right in ((parcel, Stale()), (more, Short((MUG,))), (again, Stale())):
                commit = attrs.evolve(third, with_it=(along,))
                assert_same(
                    f"{along.subject}@{along.expected_version} along", store.commit(commit), right
                )
                assert_same(
                    "the order then", store.order("A-1"), an_order("A-1", 2, reason="heard of it")
                )
                assert_same("the level then", store.stock_levels([MUG])[MUG], StockLevel(MUG, 3))
            after = attrs.evolve(third, with_it=(again,), acknowledges="m1")
            assert_same("what comes of the message", store.commit(after), Stored())
            assert_same("the parcel", store.parcel("P1"), a_parcel("P1", 1))
            assert_same("its journal", list(store.journal("parcel:P1")), [_PACKED])
            assert_same("the order's", [e.version for e in store.journal("order:A-1")], [1, 2, 3])

    @law(since="0.1", why="lists are read page by page, and nothing may fall between two")
    def pages_follow_each_other(self) -> None:
        """Pages of orders, tasks and stock are in order, and leave nothing out."""
        keys = [StockKey(f"S{number // 2}", str(number % 2)) for number in range(7)]
        with self.opened() as store:
            for number, key in reversed(list(enumerate(keys))):
                commit = order_commit(f"A-{number}", 0, customer="ana" if number % 2 else "bo")
                task = a_task(f"task-{number}", f"A-{number}")
                store.commit(
                    attrs.evolve(commit, pending_work=(task,), stock=receipt_commit(key, 1).stock)
                )
            for query, count in _QUERIES.items():
                found = _pages(store, attrs.evolve(query, limit=2))
                assert_same(f"pages of {query}", [found, len(found)], [sorted(set(found)), count])
            first = store.list_stock_levels(StockKey("", ""), 4)
            rest = store.list_stock_levels(first[-1].key, 9)
            assert_same("pages of stock", [level.key for level in (*first, *rest)], keys)
            tasks = [task.key for _, task in store.tasks(TaskQuery(after="task-2", limit=3))]
            assert_same("the tasks after task-2", tasks, ["task-3", "task-4", "task-5"])
            assert_same("a packer's tasks", list(store.tasks(TaskQuery("packer", limit=9))), [])


def _pages(store: Store, query: OrderQuery) -> list[str]:
    """The orders of all pages; stops at a repeated order."""
    found: list[str] = []
    while page := store.order_ids(query):
        assert len(page) <= query.limit, f"{query.limit} are asked for, the page has {len(page)}"
        found.extend(page)
        if len(set(found)) < len(found):
            break
        query = attrs.evolve(query, after=page[-1])
    return found


def _commit_some(store: Store) -> None:
    first = attrs.evolve(order_commit("A-1", 0, "first"), pending_work=(a_task(),))
    parcel = Commit("parcel:P1", NOW, parcel=a_parcel("P1", 1), entry=_PACKED)
    for commit in (first, order_commit("A-1", 1, "second"), parcel):
        assert_same(f"a plain commit of {commit.subject}", store.commit(commit), Stored())


def _check_read(store: Store) -> None:
    assert_same("the order", store.order("A-1"), an_order("A-1", 2, reason="second"))
    assert_same("the parcel", store.parcel("P1"), a_parcel("P1", 1))
    assert_same(
        "parcels read together", store.parcels_by_id(["P1", "P2"]), {"P1": a_parcel("P1", 1)}
    )
    texts = [an_entry("order:A-1", 1, "first"), an_entry("order:A-1", 2, "second")]
    assert_same("the journal tells", list(store.journal("order:A-1")), texts)
    assert_same("the parcel's journal", list(store.journal("parcel:P1")), [_PACKED])
    assert_same("the task", store.task("task"), ("order:A-1", a_task()))
    assert_same("an order that nobody committed", store.order("A-2"), None)
    assert_same("a parcel that nobody committed", store.parcel("P2"), None)
    assert_same("the journal of nothing", list(store.journal("order:A-2")), [])
