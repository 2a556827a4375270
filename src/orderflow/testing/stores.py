"""The laws of a store."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier

import attrs
from hypothesis.strategies import SearchStrategy

from orderflow.engine import Engine
from orderflow.model.messages import EffectFailed
from orderflow.model.observations import PaymentReported
from orderflow.model.state import PaymentFact
from orderflow.model.stock import (
    Reserve,
    StockKey,
    StockLevel,
)
from orderflow.model.work import Message, Task
from orderflow.ports import (
    Commit,
    Committed,
    Duplicate,
    Lease,
    OrderQuery,
    Outcome,
    Receipt,
    Short,
    Stale,
    Store,
    TaskQuery,
)
from orderflow.stores import MemoryStore
from orderflow.testing.commits import (
    CUP,
    MINUTE,
    MUG,
    NOW,
    moving,
    saving,
    stock_commits,
    stocking,
    wanting,
)
from orderflow.testing.contract import Contract, law
from orderflow.testing.drafts import drafted
from orderflow.testing.history import History
from orderflow.testing.lives import every_way, histories

__all__ = ["StoreContract"]

_THREADS, _EACH, _THERE = 6, 4, 10


class StoreContract(Contract):
    """What an engine relies on in a store. Give ``make_store``: an empty one, each time.

    Capabilities:
        durable: ``reopen`` opens what the store kept, as another process would.
    """

    @abstractmethod
    def make_store(self) -> Store:
        """An empty store."""

    def close_store(self, store: Store) -> None:
        """Give back what the store holds; called when a law is done with it."""

    def reopen(self, store: Store) -> Store:
        """The same data, opened anew; needs the capability ``durable``."""
        return store

    def commits(self) -> SearchStrategy[list[Commit]]:
        """Commits of stock, of few keys and orders, so that they meet."""
        return stock_commits()

    def life(self) -> SearchStrategy[History]:
        """Lives on an engine that runs on the store."""

        def make(_given: Store) -> Engine:
            return every_way(self.make_store())

        return histories(make)

    @contextmanager
    def _opened(self) -> Iterator[Store]:
        store = self.make_store()
        try:
            yield store
        finally:
            self.close_store(store)

    @law(since="0.1", why="the journal and the state are all that is known of an order")
    def what_is_committed_is_read(self) -> None:
        """An order, its journal and what its commit wants are read as they were committed."""
        with self._opened() as store:
            first, second = saving("A-1", 0, "first"), saving("A-1", 1, "second")
            task = Task("task", "pick", "A-1", "picker", "fetch it")
            for commit in (attrs.evolve(first, wanted=(task,)), second):
                outcome = store.commit(commit)
                assert outcome == Committed(), f"a plain commit was answered {outcome}"
            _check_read(store, [first, second], task)

    @law(needs="durable", since="0.1", why="processes end, and others go on")
    def what_is_committed_outlives_the_process(self) -> None:
        """Opened anew, the store has what was committed."""
        with self._opened() as store:
            commits, task = [saving("A-1", 0)], Task("task", "pick", "A-1", "picker", "fetch it")
            store.commit(attrs.evolve(commits[0], wanted=(task,)))
            opened = self.reopen(store)
            try:
                _check_read(opened, commits, task)
            finally:
                self.close_store(opened)

    @law(since="0.1", why="of two who changed the same order one must decide again")
    def a_stale_commit_changes_nothing(self) -> None:
        """A commit that expects another version is Stale, and nothing of it is stored."""
        with self._opened() as store:
            store.commit(saving("A-1", 0, "first"))
            late = attrs.evolve(saving("A-1", 0, "late"), stock=(moving(5),), references=("T1",))
            for commit in (late, saving("A-1", 2, "early")):
                outcome = store.commit(commit)
                assert outcome == Stale(), f"expected version {commit.expected}: {outcome}"
            assert store.order("A-1") == drafted("A-1", 1, "first"), "the order was changed"
            assert store.levels([MUG])[MUG].on_hand == 0, "stock was changed"
            assert store.find("T1") is None, "a reference was stored"

    @law(since="0.1", why="a reservation is granted only where it is there, whoever else asks")
    def a_short_commit_changes_nothing(self) -> None:
        """A commit whose stock is not there is Short, names the keys, and nothing is stored."""
        with self._opened() as store:
            store.commit(stocking(moving(5)))
            ops = (Reserve(MUG, "A-1", "1", 3), Reserve(CUP, "A-1", "2", 1))
            outcome = store.commit(attrs.evolve(saving("A-1", 0), stock=ops))
            assert outcome == Short((CUP,)), f"no {CUP} is there: {outcome}"
            assert store.order("A-1") is None, "the order was stored"
            level = store.levels([MUG])[MUG]
            assert level == StockLevel(MUG, 5), f"part of it was granted: {level}"

    @law(since="0.1", why="customers press the button twice, and queues deliver twice")
    def a_message_is_taken_once(self) -> None:
        """A second commit with the same receipt is a Duplicate, and nothing is stored."""
        with self._opened() as store:
            receipt = Receipt("channel:online", "cart-7", "digest", "order:A-1", 1)
            for order, expected in (("A-1", Committed()), ("A-2", Duplicate())):
                outcome = store.commit(attrs.evolve(saving(order, 0), receipt=receipt))
                assert outcome == expected, f"receipt cart-7 for {order}: {outcome}"
            assert store.order("A-2") is None, "the second one was stored"
            assert store.receipt("channel:online", "cart-7") == receipt, "the receipt is lost"

    @law(since="0.1", why="two workers would ship twice")
    def a_row_is_one_workers_at_a_time(self) -> None:
        """A claimed row is nobody else's until its lease ends; then a late worker has lost it."""
        with self._opened() as store:
            store.commit(wanting("e1", "e2"))
            (first,) = store.claim(NOW, MINUTE, "one", 1)
            others = [due.key for due in store.claim(NOW, MINUTE, "two", 9)]
            assert first.key not in others, f"two workers claimed {first.key}"
            assert len(others) == 1, f"{others} are claimed by another, and one is left"
            assert not store.claim(NOW + MINUTE / 2, MINUTE, "three", 9), "a lease was ignored"
            again = store.claim(NOW + MINUTE, MINUTE, "four", 9)
            assert {due.key for due in again} == {"e1", "e2"}, "a lease that ended keeps its row"
            assert not store.still_mine(first), "a worker whose lease ended still has the row"

    @law(since="0.1", why="a worker that does not see it leaves it until the lease ends")
    def what_follows_is_its_workers(self) -> None:
        """What a commit leases is there for the one who has the lease, and for nobody else."""
        with self._opened() as store:
            store.commit(attrs.evolve(wanting("e1"), lease=Lease("one", NOW + MINUTE)))
            assert not store.claim(NOW, MINUTE, "two", 9), "a lease was ignored"
            assert not store.leased("two"), "it is shown to somebody else"
            mine = [(due.key, due.attempts) for due in store.leased("one")]
            assert mine == [("e1", 1)], f"the one who has the lease sees {mine}"
            store.commit(Commit("order:A-1", NOW, done="e1"))
            assert not store.leased("one"), "what is done is shown again"

    @law(since="0.1", why="an effect would be performed again, or never be missed")
    def a_row_is_done_once(self) -> None:
        """A row that is done, or has given up, never comes back; who waits for it is told."""
        with self._opened() as store:
            store.commit(wanting("e1", "e2"))
            due = {row.key: row for row in store.claim(NOW, MINUTE, "one", 9)}
            done = Commit("order:A-1", NOW, done="e1")
            outcomes = [store.commit(done) for _ in range(2)]
            assert outcomes == [Committed(), Duplicate()], f"done twice: {outcomes}"
            told = Message("told", "order:A-1", EffectFailed("e2", "pick", "A-1"))
            store.fail(due["e2"], "no answer", NOW, None, told)
            store.commit(wanting("e1", "e2"))
            later = [row.key for row in store.claim(NOW + 9 * MINUTE, MINUTE, "two", 9)]
            assert later == ["told"], f"after one is done and one gave up, {later} are due"

    @law(since="0.1", why="what became moot must not be done")
    def what_is_withdrawn_rests(self) -> None:
        """A withdrawn effect or task is not there, until it is wanted again."""
        with self._opened() as store:
            task = Task("task", "pick", "A-1", "picker", "fetch it")
            wanted = attrs.evolve(wanting("e1"), wanted=(*wanting("e1").wanted, task))
            store.commit(wanted)
            store.commit(Commit("order:A-1", NOW, withdrawn=("e1", "task")))
            assert not store.claim(NOW, MINUTE, "one", 9), "a withdrawn effect is due"
            assert store.task("task") is None, "a withdrawn task is open"
            store.commit(wanted)
            back = [row.key for row in store.claim(NOW, MINUTE, "one", 9)]
            assert back == ["e1"], f"wanted again, {back} are due"
            assert store.task("task") is not None, "the task does not come back"

    @law(since="0.1", why="a scan may come before the answer that names its parcel")
    def early_facts_find_their_subject(self) -> None:
        """A fact that is kept is sent to its subject as soon as that is known."""
        with self._opened() as store:
            body = PaymentReported(fact=PaymentFact.CAPTURED, amount=5, reference="r")
            fact = body.at(NOW, id="e1")
            store.keep("T1", fact, NOW, MINUTE)
            assert [item.observation for item in store.inbox()] == [fact], "it is not kept"
            store.commit(Commit("parcel:P1", NOW, references=("T1",)))
            assert not store.inbox(), "it is still kept, and its subject is known"
            sent = [(row.owner, row.data["body"]) for row in store.claim(NOW, MINUTE, "one", 9)]
            assert sent == [("parcel:P1", fact)], f"what is on its way is {sent}"

    @law(since="0.1", why="lists are read page by page, and nothing may fall between two")
    def pages_follow_each_other(self) -> None:
        """Pages of orders, tasks and stock are in order, and leave nothing out."""
        with self._opened() as store:
            names = [f"A-{number}" for number in range(5)]
            for name in reversed(names):
                task = Task(f"t-{name}", "pick", name, "picker", "fetch it")
                commit = attrs.evolve(saving(name, 0), wanted=(task,))
                store.commit(
                    attrs.evolve(commit, stock=(attrs.evolve(moving(1), key=StockKey(name, "m")),))
                )
            first = list(store.orders(OrderQuery(limit=2)))
            rest = list(store.orders(OrderQuery(after=first[-1], limit=9)))
            assert [*first, *rest] == names, f"pages of orders: {first}, {rest}"
            tasks = [task.subject for _, task in store.tasks(TaskQuery(after="t-A-1", limit=9))]
            assert tasks == names[2:], f"the tasks after t-A-1 are of {tasks}"
            levels = [level.key.sku for level in store.stock(StockKey("A-2", "m"), 9)]
            assert levels == names[3:], f"the stock after A-2 is {levels}"

    @law(since="0.1", why="two customers want the last one at the same moment")
    def nothing_is_oversold_at_once(self) -> None:
        """Whoever reserves at once, exactly what is there is granted."""
        with self._opened() as store:
            store.commit(stocking(moving(_THERE)))
            start = Barrier(_THREADS)

            def reserve(order: int) -> list[Outcome]:
                start.wait()
                wants = [Reserve(MUG, str(order), str(line), 1) for line in range(_EACH)]
                return [store.commit(stocking(want)) for want in wants]

            with ThreadPoolExecutor(_THREADS) as pool:
                outcomes = [o for found in pool.map(reserve, range(_THREADS)) for o in found]
            granted = outcomes.count(Committed())
            assert granted == _THERE, f"{_THERE} are there, {granted} were granted"
            level = store.levels([MUG])[MUG]
            assert level.reserved == _THERE, f"{_THERE} were granted, the level says {level}"

    @law(share=0.25, since="0.1", why="decisions about stock are made from what the store says")
    def stock_is_what_the_memory_store_says(self, commits: Sequence[Commit]) -> None:
        """After any commits of stock it has the levels, reservations and movements of our own."""
        own = MemoryStore()
        with self._opened() as store:
            for commit in commits:
                outcome, expected = store.commit(commit), own.commit(commit)
                told = f"{commit.stock} was answered {outcome}, and should be {expected}"
                assert outcome == expected, told
            for key in (MUG, CUP):
                for ask in ("levels", "waiting", "movements"):
                    given = [key] if ask == "levels" else key
                    found, right = (_plain(getattr(s, ask)(given)) for s in (store, own))
                    assert found == right, f"{ask} of {key}: {found}, and should be {right}"
            for order in "AB":
                reserved, right_ones = store.reserved(order), own.reserved(order)
                assert reserved == right_ones, f"reserved for {order}: {reserved}"

    @law(share=0.1, since="0.1", why="the promises of the library are those of its parts")
    def lives_keep_the_promises(self, life: History) -> None:
        """After every step of any life on it the promises about the order and its stock hold."""
        try:
            life.check()
        finally:
            self.close_store(life.engine.store)


def _check_read(store: Store, commits: Sequence[Commit], task: Task) -> None:
    """What these commits of A-1 say is there."""
    assert store.order("A-1") == commits[-1].order, "the order is not as it was committed"
    told = list(store.journal("order:A-1"))
    assert told == [commit.entry for commit in commits], f"the journal tells {told}"
    assert store.task("task") == ("order:A-1", task), "the task is not there"
    assert store.order("A-2") is None, "an order that nobody committed is there"


def _plain(found: object) -> object:
    return dict(found) if isinstance(found, dict) else list(found)  # type: ignore[call-overload]
