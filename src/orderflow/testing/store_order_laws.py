"""The laws of a store about orders, receipts, transactions and pages."""

# ruff: noqa: PLR2004 (numbers are the content of an example)

from collections import Counter

import attrs

from orderflow.model.stock import (
    Reserve,
    StockKey,
    StockLevel,
)
from orderflow.model.work import Task
from orderflow.ports import (
    Commit,
    Committed,
    Duplicate,
    OrderQuery,
    Outcome,
    Receipt,
    Short,
    Stale,
    Store,
    TaskQuery,
)
from orderflow.testing.store_samples import (
    MINUTE,
    MUG,
    NOW,
    Opening,
    a_parcel,
    an_entry,
    an_order,
    at_once,
    law,
    receiving,
    saving,
    wanting,
)

__all__ = [
    "a_receipt_makes_the_same_message_harmless",
    "a_stale_version_is_refused_and_changes_nothing",
    "each_of_many_commits_has_its_own_outcome",
    "many_commits_do_what_they_would_do_one_by_one",
    "of_two_savers_one_wins",
    "pages_follow_each_other",
    "what_is_saved_is_loaded",
]


@law
def what_is_saved_is_loaded(opened: Opening) -> None:
    """What is saved is loaded."""
    store = opened()
    parcel = a_parcel("P1", 1)
    assert store.commit(saving("A-1", 0, "first")) == Committed()
    assert store.commit(saving("A-1", 1, "second")) == Committed()
    kept = Commit("parcel:P1", NOW, parcel=parcel, entry=an_entry("parcel:P1", 1))
    assert store.commit(kept) == Committed()
    store = opened()
    assert store.order("A-1") == an_order("A-1", 2, reason="second")
    assert store.parcel("P1") == parcel
    assert store.parcels(["P1", "P2"]) == {"P1": parcel}
    subject = "order:A-1"
    entries = [an_entry(subject, 1, "first"), an_entry(subject, 2, "second")]
    assert list(store.journal(subject)) == entries
    assert store.order("A-2") is None
    assert store.parcel("P2") is None
    assert list(store.journal("order:A-2")) == []


@law
def a_stale_version_is_refused_and_changes_nothing(opened: Opening) -> None:
    """A stale version is refused and changes nothing."""
    store = opened()
    store.commit(saving("A-1", 0, "first"))
    store.commit(wanting("effect"))
    late = saving("A-1", 0, "late")
    receipt = Receipt("A-1", "late", "digest", late.subject, 1)
    with_all = attrs.evolve(late, receipt=receipt, done="effect", references=("TRACK",))
    assert store.commit(with_all) == Stale()
    assert store.commit(saving("A-1", 2, "early")) == Stale()
    assert store.commit(Commit("order:A-1", NOW, 0, withdrawn=("effect",))) == Stale()
    assert store.receipt("A-1", "late") is None
    assert store.find("TRACK") is None
    assert [row.key for row in store.pending("order:A-1")] == ["effect"]
    assert store.order("A-1") == an_order("A-1", 1, reason="first")
    assert [entry.version for entry in store.journal("order:A-1")] == [1]


@law
def of_two_savers_one_wins(opened: Opening) -> None:
    """Of two savers one wins."""
    opened().commit(saving("A-1", 0))
    stores = [opened() for _ in range(4)]
    for version in range(1, 6):

        def save(store: Store, name: str, version: int = version) -> Outcome:
            return store.commit(saving("A-1", version, name))

        outcomes = at_once(stores, save)
        assert Counter(outcomes) == {Committed(): 1, Stale(): 3}
    assert [entry.version for entry in stores[0].journal("order:A-1")] == [1, 2, 3, 4, 5, 6]


@law
def a_receipt_makes_the_same_message_harmless(opened: Opening) -> None:
    """A receipt makes the same message harmless."""
    store = opened()
    receipt = Receipt("channel:online", "cart-7", "digest", "order:A-1", 1)
    for order, outcome in (("A-1", Committed()), ("A-2", Duplicate())):
        assert store.commit(attrs.evolve(saving(order, 0), receipt=receipt)) == outcome
    assert store.order("A-2") is None
    assert store.receipt("channel:online", "cart-7") == receipt
    assert store.receipt("channel:store", "cart-7") is None


@law
def each_of_many_commits_has_its_own_outcome(opened: Opening) -> None:
    """Each of many commits has its own outcome."""
    store = opened()
    store.commit(receiving(MUG, 3))
    store.commit(wanting("effect"))
    receipt = Receipt("channel:online", "cart-7", "digest", "order:A-1", 1)
    once = attrs.evolve(saving("A-1", 0), receipt=receipt, stock=(Reserve(MUG, "A-1", "1", 2),))
    commits = (
        once,
        attrs.evolve(saving("A-2", 0), receipt=receipt),
        saving("A-1", 1, "follows the first"),
        saving("A-1", 1, "comes too late"),
        attrs.evolve(saving("A-3", 0), stock=(Reserve(MUG, "A-3", "1", 2),), references=("R3",)),
        attrs.evolve(saving("A-4", 0), stock=(Reserve(MUG, "A-4", "1", 1),), done="effect"),
        Commit("order:A-5", NOW, done="effect"),
    )
    done, duplicate, stale = Committed(), Duplicate(), Stale()
    expected = [done, duplicate, done, stale, Short((MUG,)), done, duplicate]
    assert list(store.commit_all(commits)) == expected
    assert sorted(store.load(["A-1", "A-2", "A-3", "A-4"])) == ["A-1", "A-4"]
    assert store.order("A-1") == an_order("A-1", 2, reason="follows the first")
    assert [entry.version for entry in store.journal("order:A-1")] == [1, 2]
    assert store.levels([MUG])[MUG] == StockLevel(MUG, 3, reserved=3)
    assert store.find("R3") is None
    assert store.next_due() is None
    assert list(store.commit_all([])) == []


@law
def many_commits_do_what_they_would_do_one_by_one(opened: Opening) -> None:
    """Many commits do what they would do one by one."""
    store = opened()
    store.commit(wanting("comes back", "goes"))
    task = Task("task", "pick", "A-1", "picker", "fetch it", NOW)
    store.commit_all(
        [
            Commit("order:A-1", NOW, wanted=(task,), withdrawn=("comes back",)),
            Commit("order:A-1", NOW, withdrawn=("task", "goes"), references=("R1",)),
            attrs.evolve(wanting("comes back", "new"), references=("R2",)),
            Commit("order:A-2", NOW, references=("R1",), withdrawn=("new",)),
        ]
    )
    assert [row.key for row in store.pending("order:A-1")] == ["comes back"]
    assert store.task("task") is None
    assert (store.find("R1"), store.find("R2")) == ("order:A-2", "order:A-1")


@law
def pages_follow_each_other(opened: Opening) -> None:
    """Pages follow each other."""
    store = opened()
    for number in range(7):
        order = an_order(f"A-{number}", customer="ana" if number % 2 else "bo")
        task = Task(f"task-{number}", "pick", order.id, "picker", "fetch it")
        entry = an_entry(f"order:{order.id}", 1)
        store.commit(Commit(entry.subject, NOW, 0, order, entry=entry, wanted=(task,)))
        store.commit(receiving(StockKey(f"S{number // 2}", str(number % 2)), 1))
    every: list[tuple[OrderQuery, int]] = [
        (OrderQuery(), 7),
        (OrderQuery(customer="ana"), 3),
        (OrderQuery(customer="ana", sku="MUG", phase="placed"), 3),
        (OrderQuery(sku="CUP"), 0),
        (OrderQuery(status="lost"), 0),
        (OrderQuery(stage="placed", channel="online", exception=False), 7),
        (OrderQuery(exception=True), 0),
        (OrderQuery(placed_before=NOW + MINUTE), 7),
        (OrderQuery(placed_before=NOW), 0),
        (OrderQuery(promised_before=NOW + MINUTE), 0),
    ]
    for asked, count in every:
        query = attrs.evolve(asked, limit=2)
        found: list[str] = []
        while page := store.orders(query):
            assert len(page) <= 2
            found.extend(page)
            query = attrs.evolve(query, after=page[-1])
        assert len(found) == count
        assert found == sorted(found)
    first = store.stock(StockKey("", ""), 4)
    rest = store.stock(first[-1].key, 9)
    assert [level.key for level in (*first, *rest)] == sorted(
        StockKey(f"S{number // 2}", str(number % 2)) for number in range(7)
    )
    keys = [task.key for _, task in store.tasks(TaskQuery(after="task-2", limit=3))]
    assert keys == ["task-3", "task-4", "task-5"]
    assert list(store.tasks(TaskQuery("packer", limit=9))) == []
