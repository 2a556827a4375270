"""The laws of a store. Each takes a way to open the store under test, empty at first."""

from collections import Counter
from collections.abc import Callable

import attrs

from orderflow.model.messages import EffectFailed
from orderflow.model.stock import (
    Cause,
    Move,
    Policy,
    Release,
    Reserve,
    StockKey,
    StockLevel,
    Unwait,
    Wait,
    Waiting,
)
from orderflow.model.work import Message, Task, Timer
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
from tests.contract.commits import (
    CUP,
    MINUTE,
    MUG,
    NOW,
    Opening,
    a_parcel,
    a_payment,
    an_entry,
    an_order,
    at_once,
    receiving,
    saving,
    wanting,
)

Law = Callable[[Opening], None]
LAWS: dict[str, Law] = {}


def law(check: Law) -> Law:
    LAWS[check.__name__] = check
    return check


@law
def what_is_saved_is_loaded(opened: Opening) -> None:
    store = opened()
    parcel = a_parcel("P1", 1)
    assert store.commit(saving("A-1", 0, "first")) == Committed()
    assert store.commit(saving("A-1", 1, "second")) == Committed()
    kept = Commit("parcel:P1", NOW, parcel=parcel, entry=an_entry("parcel:P1", 1))
    assert store.commit(kept) == Committed()
    store = opened()
    assert store.order("A-1") == an_order("A-1", 2, reason="second")
    assert store.parcel("P1") == parcel
    subject = "order:A-1"
    entries = [an_entry(subject, 1, "first"), an_entry(subject, 2, "second")]
    assert list(store.journal(subject)) == entries
    assert store.order("A-2") is None
    assert store.parcel("P2") is None
    assert list(store.journal("order:A-2")) == []


@law
def a_stale_version_is_refused_and_changes_nothing(opened: Opening) -> None:
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
    opened().commit(saving("A-1", 0))
    stores = [opened() for _ in range(4)]
    for version in range(1, 6):

        def save(store: Store, name: str, version: int = version) -> Outcome:
            return store.commit(saving("A-1", version, name))

        outcomes = at_once(stores, save)
        assert Counter(outcomes) == {Committed(): 1, Stale(): 3}
    assert [entry.version for entry in stores[0].journal("order:A-1")] == [1, 2, 3, 4, 5, 6]


@law
def a_short_commit_changes_nothing_and_names_the_keys(opened: Opening) -> None:
    store = opened()
    store.commit(receiving(MUG, 5))
    ops = (
        Reserve(MUG, "A-1", "1", 3),
        Reserve(CUP, "A-1", "2", 1),
        Reserve(MUG, "A-1", "3", 3),
        Release(CUP, "A-1", "2", 1),
    )
    short = attrs.evolve(saving("A-1", 0), stock=ops, wanted=wanting("effect").wanted)
    assert store.commit(short) == Short((CUP, MUG))
    assert store.order("A-1") is None
    assert list(store.journal("order:A-1")) == []
    assert store.levels([MUG, CUP]) == {MUG: StockLevel(MUG, 5), CUP: StockLevel(CUP)}
    assert store.reserved("A-1") == {}
    assert list(store.pending("order:A-1")) == []
    assert len(list(store.movements(MUG))) == 1


@law
def stock_is_never_oversold(opened: Opening) -> None:
    stores = [opened() for _ in range(6)]
    stores[0].commit(receiving(MUG, 10))

    def hammer(store: Store, order: str) -> int:
        wants = [Commit("x", NOW, stock=(Reserve(MUG, order, str(n), 1),)) for n in range(4)]
        return sum(store.commit(want) == Committed() for want in wants)

    granted = at_once(stores, hammer)
    assert sum(granted) == 10
    assert stores[0].levels([MUG])[MUG] == StockLevel(MUG, 10, reserved=10)
    held = [sum(stores[0].reserved(str(n)).values()) for n in range(len(stores))]
    assert held == granted


@law
def operations_on_one_key_follow_each_other(opened: Opening) -> None:
    store = opened()
    store.commit(receiving(MUG, 3))
    limit = Commit("x", NOW, stock=(Policy(MUG, 1, 4), Reserve(MUG, "A-1", "1", 2)))
    assert store.commit(limit) == Committed()
    ops = (
        Release(MUG, "A-1", "1", 2, Cause.SHIPMENT),
        Move(MUG, 4, Cause.RECEIPT, "delivery"),
        Wait(MUG, "A-1", "1", 4),
        Unwait(MUG, "A-1", "1", 3),
        Reserve(MUG, "A-1", "1", 3),
        Reserve(MUG, "A-2", "1", 1),
        Unwait(MUG, "A-1", "1", 9),
        Wait(MUG, "A-2", "1", 4),
    )
    assert store.commit(Commit("x", NOW, stock=ops)) == Committed()
    expected = StockLevel(MUG, 5, reserved=4, safety=1, backordered=4, backorder_limit=4)
    assert store.levels([MUG]) == {MUG: expected}
    assert store.reserved("A-1") == {(MUG, "1"): 3}
    assert list(store.waiting(MUG)) == [Waiting(MUG, "A-2", "1", 4, NOW)]
    assert [moved.quantity for moved in store.movements(MUG)] == [3, -2, 4]
    assert store.commit(Commit("x", NOW, stock=(Wait(MUG, "A-1", "1", 1),))) == Short((MUG,))


@law
def a_row_belongs_to_one_worker_until_its_lease_ends(opened: Opening) -> None:
    stores = [opened() for _ in range(4)]
    keys = [f"effect-{n:02}" for n in range(12)]
    stores[0].commit(wanting(*keys))
    claimed = at_once(stores, lambda store, name: store.claim(NOW, MINUTE, name, 5))
    assert sorted(due.key for rows in claimed for due in rows) == keys
    store = stores[0]
    assert store.next_due() == NOW + MINUTE
    assert list(store.claim(NOW + MINUTE / 2, MINUTE, "early", 20)) == []
    again = store.claim(NOW + MINUTE, MINUTE, "next", 20)
    assert [(due.key, due.attempts, due.token) for due in again] == [(k, 2, "next") for k in keys]


@law
def a_late_worker_cannot_overwrite(opened: Opening) -> None:
    store = opened()
    store.commit(wanting("effect"))
    (late,) = store.claim(NOW, MINUTE, "late", 1)
    (due,) = store.claim(NOW + MINUTE, MINUTE, "current", 1)
    assert (store.still_mine(late), store.still_mine(due)) == (False, True)
    tell = Message("told", "order:A-1", EffectFailed("effect", "pick", "A-1"))
    store.fail(late, "too late", NOW + MINUTE, None, tell)
    (row,) = store.pending("order:A-1")
    assert (row.key, row.attempts, row.error) == ("effect", 2, "")
    assert store.still_mine(due)
    store.fail(due, "no answer", NOW + MINUTE, NOW + 9 * MINUTE, None)
    assert store.next_due() == NOW + 9 * MINUTE


@law
def a_row_that_gives_up_tells_and_never_comes_back(opened: Opening) -> None:
    store = opened()
    store.commit(wanting("effect"))
    (due,) = store.claim(NOW, MINUTE, "worker", 1)
    failed = EffectFailed("effect", "pick", "A-1")
    store.fail(due, "no answer", NOW, None, Message("told", "order:A-1", failed))
    store.commit(wanting("effect"))
    (told,) = store.claim(NOW, MINUTE, "worker", 9)
    assert (told.key, told.data) == ("told", {"body": failed})
    assert store.commit(Commit("order:A-1", NOW, done="told")) == Committed()
    assert store.commit(Commit("order:A-1", NOW, done="told")) == Duplicate()
    assert store.commit(Commit("order:A-1", NOW, done="effect")) == Duplicate()
    assert store.next_due() is None
    (row,) = store.gave_up("", 9)
    assert (row.key, row.status, row.error) == ("effect", "gave_up", "no answer")
    assert list(store.gave_up("effect", 9)) == []


@law
def what_is_withdrawn_rests_until_it_is_wanted_again(opened: Opening) -> None:
    store = opened()
    task = Task("task", "pick", "A-1", "picker", "fetch it", NOW)
    timer = Timer("timer", "late", "A-1", NOW, "picker")
    wanted = (*wanting("effect").wanted, task, timer)
    store.commit(Commit("order:A-1", NOW, wanted=wanted))
    (due,) = store.claim(NOW, MINUTE, "worker", 9)
    assert (due.key, due.data) == ("timer", {"party": "picker"})
    assert list(store.tasks(TaskQuery("picker", limit=9))) == [("order:A-1", task)]
    store.commit(Commit("order:A-1", NOW, withdrawn=("effect", "task", "timer")))
    assert not store.still_mine(due)
    assert list(store.claim(NOW, MINUTE, "worker", 9)) == []
    assert store.task("task") is None
    store.commit(Commit("order:A-1", NOW, wanted=wanted))
    assert [row.key for row in store.claim(NOW, MINUTE, "worker", 9)] == ["timer"]
    assert store.task("task") == ("order:A-1", task)


@law
def rows_of_one_kind_are_claimed_in_order(opened: Opening) -> None:
    store = opened()
    body = EffectFailed("effect", "pick", "A-1")
    messages = (Message("m2", "order:A-1", body), Message("m1", "order:A-1", body))
    timers = tuple(Timer(f"t{n}", "late", "A-1", NOW - n * MINUTE) for n in range(3))
    store.commit(Commit("order:A-1", NOW, wanted=timers, messages=messages))
    store.commit(wanting("e1"))
    found = [[row.key for row in store.claim(NOW, MINUTE, "w", 2)] for _ in range(5)]
    assert found == [["m2", "m1"], ["t2", "t1"], ["t0"], ["e1"], []]


@law
def a_receipt_makes_the_same_message_harmless(opened: Opening) -> None:
    store = opened()
    receipt = Receipt("channel:online", "cart-7", "digest", "order:A-1", 1)
    for order, outcome in (("A-1", Committed()), ("A-2", Duplicate())):
        assert store.commit(attrs.evolve(saving(order, 0), receipt=receipt)) == outcome
    assert store.order("A-2") is None
    assert store.receipt("channel:online", "cart-7") == receipt
    assert store.receipt("channel:store", "cart-7") is None


@law
def each_of_many_commits_has_its_own_outcome(opened: Opening) -> None:
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
def kept_facts_find_their_subject(opened: Opening) -> None:
    store = opened()
    early, late = a_payment("e1", "R1"), a_payment("e2", "R2")
    store.keep("TRACK", early, NOW, 7 * MINUTE)
    assert [(kept.reference, kept.observation) for kept in store.inbox()] == [("TRACK", early)]
    assert store.next_due() == NOW + 7 * MINUTE
    store.commit(Commit("parcel:P1", NOW, references=("TRACK",)))
    assert store.find("TRACK") == "parcel:P1"
    store.keep("TRACK", late, NOW, 7 * MINUTE)
    assert list(store.inbox()) == []
    sent = store.claim(NOW, MINUTE, "worker", 9)
    assert [(row.owner, row.data["body"]) for row in sent] == [
        ("parcel:P1", early),
        ("parcel:P1", late),
    ]


@law
def pages_follow_each_other(opened: Opening) -> None:
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
