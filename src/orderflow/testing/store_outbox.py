"""The laws of a store about effects, timers, tasks, messages and unmatched items."""

from __future__ import annotations

import attrs

from orderflow.model.messages import EffectFailed
from orderflow.model.work import Effect, Message, Timer
from orderflow.ports import Commit, Duplicate, Kept, Restricted, Stale, Stored, TaskQuery
from orderflow.testing.commits import (
    MINUTE,
    NOW,
    a_payment,
    a_task,
    order_commit,
    pending_work_commit,
)
from orderflow.testing.contract import law
from orderflow.testing.store_harness import StoreHarness, assert_same, concurrently

__all__ = ["WorkLaws"]

_FAILED = EffectFailed("effect", "pick", "A-1")
_TOLD = Message("told", "order:A-1", _FAILED)


class WorkLaws(StoreHarness):
    """Due work is done by one worker, and never lost."""

    @law(since="0.1", why="two workers would ship twice")
    def a_row_is_one_workers_at_a_time(self) -> None:
        """A leased row is one worker's until its lease ends; then another worker may have it."""
        with self.opened_by(4) as stores:
            keys = [f"effect-{number:02}" for number in range(12)]
            store = stores[0]
            store.commit(pending_work_commit(*keys))
            claimed = concurrently(stores, lambda store, name: store.lease(NOW, MINUTE, name, 5))
            assert_same(
                "claimed at once", sorted(due.key for rows in claimed for due in rows), keys
            )
            assert_same("when a row is due again", store.next_due(), NOW + MINUTE)
            early = list(store.lease(NOW + MINUTE / 2, MINUTE, "early", 20))
            assert_same("claimed before the leases end", early, [])
            again = store.lease(NOW + MINUTE, MINUTE, "next", 20)
            found = [(due.key, due.attempts, due.token) for due in again]
            assert_same("claimed after that", found, [(key, 2, "next") for key in keys])

    @law(since="0.1", why="a worker waits for the disk once a batch, and passes nothing over")
    def what_is_due_after_commits_is_claimed_with_them(self) -> None:
        """Commits and a lease at once do what they would do one after the other."""
        with self.opened() as store:
            never = Effect("pick", "A-1", "never")
            late = attrs.evolve(order_commit("A-1", 7), pending_work=(never,))
            store.commit(pending_work_commit("first"))
            both = [pending_work_commit("second"), late]
            outcomes, rows = store.commit_and_lease(both, NOW, MINUTE, "worker", 9)
            assert_same("the outcomes", list(outcomes), [Stored(), Stale()])
            assert_same("claimed", [row.key for row in rows], ["first", "second"])
            assert_same(
                "whether they are the worker's", [store.lease_valid(r) for r in rows], [True] * 2
            )
            assert_same("what is left", list(store.lease(NOW, MINUTE, "another", 9)), [])

    @law(since="0.1", why="a worker that was slow does not know that another has gone on")
    def a_late_worker_cannot_overwrite(self) -> None:
        """A worker whose lease ended has lost its row, and what it says changes nothing."""
        with self.opened() as store:
            store.commit(pending_work_commit("effect"))
            (late,) = store.lease(NOW, MINUTE, "late", 1)
            (due,) = store.lease(NOW + MINUTE, MINUTE, "current", 1)
            mine = store.lease_valid(late), store.lease_valid(due)
            assert_same("whether the late and the current one have it", mine, (False, True))
            store.record_failure(late, "too late", NOW + MINUTE, None, _TOLD)
            rows = [(row.key, row.attempts, row.error) for row in store.open_rows("order:A-1")]
            assert_same("the rows", rows, [("effect", 2, "")])
            assert_same("whether the current one has it", store.lease_valid(due), True)
            store.record_failure(late, "too late", NOW + MINUTE, NOW + 2 * MINUTE, a_task())
            assert_same("the late one's task", store.task("task"), None)
            store.record_failure(due, "no answer", NOW + MINUTE, NOW + 9 * MINUTE, a_task())
            assert_same("when it is tried again", store.next_due(), NOW + 9 * MINUTE)
            assert_same("the current one's task", store.task("task"), ("order:A-1", a_task()))

    @law(since="0.1", why="an effect would be performed again, or never be missed")
    def a_row_is_done_once(self) -> None:
        """A row that is done, or has given up, never comes back; who waits for it is told."""
        with self.opened() as store:
            store.commit(pending_work_commit("effect"))
            (due,) = store.lease(NOW, MINUTE, "worker", 1)
            store.record_failure(due, "no answer", NOW, None, _TOLD)
            store.commit(pending_work_commit("effect"))
            told = store.lease(NOW + 9 * MINUTE, MINUTE, "worker", 9)
            found = [(row.key, dict(row.data)) for row in told]
            assert_same("due after it gave up", found, [("told", {"body": _FAILED})])
            done = Commit("order:A-1", NOW, acknowledges="told")
            outcomes = [store.commit(done) for _ in range(2)]
            assert_same("done twice", outcomes, [Stored(), Duplicate()])
            late = store.commit(Commit("order:A-1", NOW, acknowledges="effect"))
            assert_same("done after it gave up", late, Duplicate())
            store.commit(Commit("order:A-1", NOW, messages=(_TOLD,)))
            assert_same("when something is due", store.next_due(), None)
            rows = [(row.key, row.status, row.error) for row in store.given_up_rows("", 9)]
            assert_same("what gave up", rows, [("effect", "gave_up", "no answer")])
            assert_same("the next page", list(store.given_up_rows("effect", 9)), [])

    @law(since="0.1", why="what became moot must not be done")
    def what_is_withdrawn_rests(self) -> None:
        """A withdrawn effect, timer or task is not there, until it is wanted again."""
        with self.opened() as store:
            timer = Timer("timer", "late", "A-1", NOW, "picker")
            wanted = Commit(
                "order:A-1",
                NOW,
                pending_work=(*pending_work_commit("effect").pending_work, a_task(), timer),
            )
            store.commit(wanted)
            (due,) = store.lease(NOW, MINUTE, "worker", 1)
            assert_same("due first", (due.key, dict(due.data)), ("timer", {"party": "picker"}))
            tasks = list(store.tasks(TaskQuery("picker", limit=9)))
            assert_same("a picker's tasks", tasks, [("order:A-1", a_task())])
            store.commit(Commit("order:A-1", NOW, withdrawn=("effect", "task", "timer")))
            assert_same("whether its worker still has it", store.lease_valid(due), False)
            assert_same("withdrawn and due", list(store.lease(NOW, MINUTE, "worker", 9)), [])
            assert_same("the withdrawn task", store.task("task"), None)
            late = store.commit(Commit("order:A-1", NOW, acknowledges="timer"))
            assert_same("its late worker, of which nothing came", late, Stored())
            store.commit(wanted)
            back = [row.key for _ in range(2) for row in store.lease(NOW, MINUTE, "worker", 9)]
            assert_same("wanted again and due", back, ["timer", "effect"])
            assert_same("the task", store.task("task"), ("order:A-1", a_task()))

    @law(
        since="0.1",
        why="messages count in the order they were sent, and answers before new effects",
    )
    def rows_of_one_kind_are_claimed_in_order(self) -> None:
        """Messages come first, as they were sent; then timers as they are due; then effects."""
        with self.opened() as store:
            messages = tuple(Message(key, "order:A-1", _FAILED) for key in ("m2", "m1"))
            timers = tuple(Timer(f"t{n}", "late", "A-1", NOW - n * MINUTE) for n in range(3))
            store.commit(Commit("order:A-1", NOW, pending_work=timers, messages=messages))
            store.commit(pending_work_commit("e1"))
            found = [[row.key for row in store.lease(NOW, MINUTE, "w", 2)] for _ in range(5)]
            assert_same("claimed by two", found, [["m2", "m1"], ["t2", "t1"], ["t0"], ["e1"], []])

    @law(since="0.1", why="a scan may come before the answer that names its parcel")
    def early_observations_find_their_subject(self) -> None:
        """A parked observation is sent to its subject as soon as that is known."""
        with self.opened() as store:
            early, late = a_payment("e1", "R1"), a_payment("e2", "R2")
            store.park("T1", early, NOW, 7 * MINUTE)
            kept = [(item.reference, item.observation) for item in store.unmatched()]
            assert_same("what is kept", kept, [("T1", early)])
            assert_same("when it is missed", store.next_due(), NOW + 7 * MINUTE)
            store.commit(Commit("parcel:P1", NOW, references=("T1",)))
            assert_same("the subject of T1", store.resolve("T1"), "parcel:P1")
            store.park("T1", late, NOW, 7 * MINUTE)
            assert_same("what is kept for a known subject", list(store.unmatched()), [])
            sent = [(row.owner, row.data["body"]) for row in store.lease(NOW, MINUTE, "w", 9)]
            assert_same("what is sent", sent, [("parcel:P1", early), ("parcel:P1", late)])

    @law(since="0.1", why="tax law wants invoices kept, and the person is to be erased in the end")
    def what_is_kept_apart_is_erased_in_the_end(self) -> None:
        """What a law keeps is given as it was put, wakes on its day, and leaves nothing behind."""
        with self.opened() as store:
            kept = [_kept("A-1", "order"), _kept("A-1", "documents *"), _kept("A-10", "order")]
            store.restrict(kept)
            store.restrict(kept[:1])
            assert_same("kept of A-1", list(store.restricted(order="A-1")), [kept[1], kept[0]])
            assert_same("kept of a person", len(store.restricted(person="somebody")), 3)
            assert_same("kept of another one", list(store.restricted(person="other")), [])
            assert_same("before its day", list(store.lease(NOW, MINUTE, "early", 9)), [])
            keys = [row.key for row in store.lease(NOW + MINUTE, MINUTE, "worker", 9)]
            assert_same("on its day", sorted(keys), sorted(each.key for each in kept))
            for key in keys:
                store.lift(key)
            assert_same("kept in the end", list(store.restricted(person="somebody")), [])
            assert_same("pending in the end", list(store.open_rows(kept[0].owner)), [])


def _kept(order: str, kind: str) -> Restricted:
    """Retained data with a duty of one minute."""
    about = Kept(order, kind, NOW + MINUTE, "a law")
    return Restricted(about, "somebody", {"notes": "by the door"}, (), {"invoice": b"\x00%"})
