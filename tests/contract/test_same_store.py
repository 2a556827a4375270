"""The memory store and the SQL store answer the same, whatever is committed to them."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderflow.inventory import KeyStock
from orderflow.model.messages import EffectFailed, SettleStock
from orderflow.model.stock import (
    AdjustStock,
    AnnounceInbound,
    Cause,
    JoinWaitingList,
    LeaveWaitingList,
    Release,
    Reserve,
    SetLimits,
    StockKey,
    StockOp,
)
from orderflow.model.work import Effect, Message, PendingWork, Task, Timer
from orderflow.ports import Commit, OrderQuery, ProcessedMessage, Stored, TaskQuery, WatcherCall
from orderflow.stores import MemoryStore, SqlStore
from orderflow.testing.commits import MINUTE, NOW, a_parcel, a_payment, an_entry, an_order
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, original, replace

Either = MemoryStore | SqlStore
Action = Callable[[Either], object]
"""Does something to a store, and gives what the store answered."""

KEYS = [StockKey("CUP", "east"), StockKey("MUG", "east"), StockKey("MUG", "west")]
ORDERS = ["A-1", "A-2"]
SUBJECTS = [f"order:{order}" for order in ORDERS] + ["parcel:P1"]
OWN = ["r1", "r2", "r3"]
"""The keys of what commits add; those of the inbox are its own."""
ROWS = [*OWN, "inbox:T1:unmatched"]
REFERENCES = ["T1", "T2"]

moments = st.integers(0, 6).map(lambda n: NOW + n * MINUTE)
keys = st.sampled_from(KEYS)
orders = st.sampled_from(ORDERS)
subjects = st.sampled_from(SUBJECTS)
own_rows, rows = st.sampled_from(OWN), st.sampled_from(ROWS)
units = st.integers(0, 4)


def stock_ops() -> st.SearchStrategy[StockOp]:
    line = {"key": keys, "order": orders, "line": st.just("1"), "quantity": units}
    causes = st.none() | st.sampled_from(Cause)
    moved = st.builds(AdjustStock, keys, st.integers(-3, 6), st.sampled_from(Cause), st.just("why"))
    return st.one_of(
        st.builds(Reserve, **line),
        st.builds(Release, **line, consume=causes),
        st.builds(JoinWaitingList, **line),
        st.builds(LeaveWaitingList, **line),
        moved,
        moved,
        st.builds(SetLimits, keys, units, st.none() | units),
        st.builds(AnnounceInbound, keys, st.sampled_from(["E1", "E2"]), units, moments),
    )


def messages() -> st.SearchStrategy[Message]:
    bodies = st.sampled_from([EffectFailed("r1", "pick", "A-1"), SettleStock(KEYS[0])])
    return st.builds(Message, own_rows, subjects, bodies)


def wanted() -> st.SearchStrategy[PendingWork]:
    data = st.dictionaries(st.sampled_from("ab"), st.none() | st.integers() | st.text(max_size=3))
    roles = st.sampled_from(["picker", "packer"])
    return st.one_of(
        st.builds(Effect, st.just("pick"), orders, own_rows, data),
        st.builds(Timer, own_rows, st.just("late"), orders, moments, roles),
        st.builds(Task, own_rows, st.just("pick"), orders, roles, st.text(max_size=3), moments),
    )


@st.composite
def commits(draw: st.DrawFn) -> Commit:
    """Any commit: what it saves may be stale, its stock short, its receipt used.

    An order's customer stays, and only the inbox adds its own rows, or takes them back.
    """
    subject, version = draw(subjects), draw(st.integers(0, 2))
    name = subject.partition(":")[2]
    saves = draw(st.booleans())
    order = an_order(name, version + 1, customer="bo" if name == "A-2" else "ana")
    references = draw(st.lists(st.sampled_from(REFERENCES), max_size=1).map(tuple))
    return Commit(
        subject,
        draw(moments),
        version,
        order=order if saves and subject.startswith("order:") else None,
        parcel=a_parcel(name, version + 1) if saves and subject.startswith("parcel:") else None,
        entry=an_entry(subject, version + 1) if saves else None,
        stock=draw(st.lists(stock_ops(), max_size=6).map(tuple)),
        pending_work=draw(st.lists(wanted(), max_size=2).map(tuple)),
        withdrawn=draw(st.lists(rows, max_size=1).map(tuple)),
        messages=draw(st.lists(messages(), max_size=1).map(tuple)),
        watches=draw(
            st.just(()) | st.just((WatcherCall("w1", "hook", "committed", "ship", "A-1"),))
        ),
        references=references,
        processed=draw(
            st.none()
            | st.builds(ProcessedMessage, orders, st.just("m1"), st.just("d"), subjects, units)
        ),
        acknowledges=draw(st.none() | st.none() | (own_rows if references else rows)),
    )


def committing(commit: Commit) -> Action:
    return lambda store: store.commit(commit)


def committing_all(commits: list[Commit]) -> Action:
    return lambda store: list(store.commit_all(commits))


def keeping(fact: str, reference: str, at: Any) -> Action:
    return lambda store: store.park(reference, a_payment(fact, reference), at, 3 * MINUTE)


def claiming(at: Any, limit: int, ends: list[str]) -> Action:
    """Claim rows and end each one: finish it, fail it, give it up, or leave it."""

    def claim(store: Either) -> object:
        claimed = store.lease(at, 2 * MINUTE, f"token {at}", limit)
        for due, end in zip(claimed, ends, strict=False):
            if end == "finish":
                store.commit(Commit(due.owner, at, acknowledges=due.key))
            elif end == "fail":
                store.record_failure(due, "no answer", at, at + MINUTE, None)
            elif end == "give up":
                tell = Message(f"{due.key}:gave_up", due.owner, EffectFailed(due.key, "pick", ""))
                store.record_failure(due, "no answer", at, None, tell)
        return claimed, [store.lease_valid(due) for due in claimed]

    return claim


def actions() -> st.SearchStrategy[Action]:
    ends = st.lists(st.sampled_from(["finish", "fail", "give up", "leave"]), max_size=3)
    return st.one_of(
        st.builds(committing, commits()),
        st.builds(committing_all, st.lists(commits(), min_size=2, max_size=5)),
        st.builds(keeping, st.sampled_from(["f1", "f2"]), st.sampled_from(REFERENCES), moments),
        st.builds(claiming, moments, st.integers(1, 3), ends),
    )


def visible(store: Either) -> dict[str, object]:
    """Everything that can be read from a store."""
    queries = [
        OrderQuery(),
        OrderQuery(customer="bo"),
        OrderQuery(status="placed", after="A-1"),
        OrderQuery(stage="placed", exception=False, channel="online"),
        OrderQuery(sku="MUG", customer="bo"),
        OrderQuery(placed_before=NOW + MINUTE),
    ]
    return {
        "orders": [store.order(order) for order in ORDERS],
        "parcel": store.parcel("P1"),
        "pages": [list(store.order_ids(query)) for query in queries],
        "journals": [list(store.journal(subject)) for subject in SUBJECTS],
        "receipts": [store.processed(order, "m1") for order in ORDERS],
        "levels": store.stock_levels(KEYS),
        "stock": list(store.list_stock_levels(StockKey("", ""), 9)),
        "waiting": [list(store.waiting_list(key)) for key in KEYS],
        "reserved": [dict(store.reservations_of_order(order)) for order in ORDERS],
        "movements": [list(store.stock_movements(key)) for key in KEYS],
        "expected": [list(store.inbound_shipments(key)) for key in KEYS],
        "references": [store.resolve(reference) for reference in REFERENCES],
        "inbox": list(store.unmatched()),
        "next_due": store.next_due(),
        "pending": [list(store.open_rows(owner)) for owner in (*SUBJECTS, "inbox:T1")],
        "undelivered": [list(store.pending_messages(subject)) for subject in SUBJECTS],
        "gave_up": list(store.given_up_rows("", 9)),
        "tasks": [list(store.tasks(TaskQuery(role, limit=9))) for role in (None, "picker")],
        "task": [store.task(key) for key in ROWS],
    }


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables: copied, because making them takes longer than a whole life."""
    path = tmp_path_factory.mktemp("store") / "empty.db"
    SqlStore(f"sqlite:///{path}").close()
    return path


@contextmanager
def copied(empty: Path) -> Iterator[SqlStore]:
    with tempfile.TemporaryDirectory() as folder:
        store = SqlStore(f"sqlite:///{shutil.copy(empty, folder)}")
        try:
            yield store
        finally:
            store.close()


@settings(max_examples=25)
@given(life=st.lists(actions(), min_size=3, max_size=25))
def test_both_stores_answer_the_same_and_show_the_same(empty: Path, life: list[Action]) -> None:
    memory = MemoryStore()
    with copied(empty) as sql:
        for action in life:
            assert action(sql) == action(memory)
        assert visible(sql) == visible(memory)


WANTS: list[PendingWork] = [
    Effect("pick", "A-1", "r1"),
    Task("r1", "pick", "A-1", "picker", "", NOW),
]


@pytest.mark.parametrize("wanted", WANTS, ids=["an effect", "a task"])
def test_a_row_may_be_finished_by_the_next_commit_and_a_task_is_no_row(
    empty: Path, wanted: PendingWork
) -> None:
    commits = [
        Commit("order:A-1", NOW, pending_work=(wanted,)),
        Commit("order:A-1", NOW, acknowledges="r1"),
    ]
    with copied(empty) as sql:
        found = list(sql.commit_all(commits))
        assert found == list(MemoryStore().commit_all(commits))
    assert isinstance(found[1], Stored) is isinstance(wanted, Effect)


def test_a_reference_is_known_before_what_waited_for_it_is_finished(empty: Path) -> None:
    memory, finish = MemoryStore(), Commit("inbox:T1", NOW, acknowledges="inbox:T1:unmatched")
    tells = attrs.evolve(finish, entry=an_entry("inbox:T1", 1))
    commits = [Commit("order:A-1", NOW, references=("T1",)), tells]
    with copied(empty) as sql:
        for store in (sql, memory):
            store.park("T1", a_payment("f1", "T1"), NOW, MINUTE)
            store.commit_all(commits)
        assert visible(sql) == visible(memory)
        assert sql.commit(finish) == memory.commit(finish)


op_lists = st.lists(stock_ops(), min_size=3, max_size=30)


@given(ops=op_lists, size=st.integers(1, 10))
def test_operations_on_stock_do_the_same_in_both(
    empty: Path, ops: list[StockOp], size: int
) -> None:
    memory = MemoryStore()
    with copied(empty) as sql:
        for start in range(0, len(ops), size):
            at = NOW + timedelta(minutes=start)
            commit = Commit("stock:x", at, stock=tuple(ops[start : start + size]))
            assert sql.commit(commit) == memory.commit(commit)
        assert visible(sql) == visible(memory)


def frees_a_line_without_its_allowance(patch: Patch) -> None:
    """A line waits no more, and counts as waiting."""
    apply: Callable[[StockOp, KeyStock], KeyStock | None] = original("sql: an operation on stock")

    def forgetful(op: StockOp, held: KeyStock) -> KeyStock | None:
        after = apply(op, held)
        if isinstance(op, LeaveWaitingList) and after is not None:
            return attrs.evolve(after, level=held.level)
        return after

    replace(patch, "sql: an operation on stock", forgetful)


MUTANTS = Mutants("same_stores", [frees_a_line_without_its_allowance])


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], empty: Path, monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    same = law(test_operations_on_stock_do_the_same_in_both)
    mutant.breaks(Law(same.name, partial(same.check, empty)))
