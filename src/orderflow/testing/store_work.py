"""The laws of a store about work: effects, timers, tasks, messages, and the inbox."""

from __future__ import annotations

import attrs

from orderflow.model.messages import EffectFailed
from orderflow.model.work import Effect, Message, Timer
from orderflow.ports import Commit, Committed, Duplicate, Kept, Restricted, Stale, TaskQuery
from orderflow.testing.commits import MINUTE, NOW, a_payment, a_task, saving, wanting
from orderflow.testing.contract import law
from orderflow.testing.opening import OpenedStore, at_once, same

__all__ = ["WorkLaws"]

_FAILED = EffectFailed("effect", "pick", "A-1")
_TOLD = Message("told", "order:A-1", _FAILED)


class WorkLaws(OpenedStore):
    """What is to be done is done by one worker, and never forgotten."""

    @law(since="0.1", why="two workers would ship twice")
    def a_row_is_one_workers_at_a_time(self) -> None:
        """A claimed row is nobody else's until its lease ends; then another one has it."""
        with self.opened_by(4) as stores:
            keys = [f"effect-{number:02}" for number in range(12)]
            store = stores[0]
            store.commit(wanting(*keys))
            claimed = at_once(stores, lambda store, name: store.claim(NOW, MINUTE, name, 5))
            same("claimed at once", sorted(due.key for rows in claimed for due in rows), keys)
            same("when a row is due again", store.next_due(), NOW + MINUTE)
            early = list(store.claim(NOW + MINUTE / 2, MINUTE, "early", 20))
            same("claimed before the leases end", early, [])
            again = store.claim(NOW + MINUTE, MINUTE, "next", 20)
            found = [(due.key, due.attempts, due.token) for due in again]
            same("claimed after that", found, [(key, 2, "next") for key in keys])

    @law(since="0.1", why="a worker waits for the disk once a batch, and passes nothing over")
    def what_is_due_after_commits_is_claimed_with_them(self) -> None:
        """Commits and a claim at once do what they would do one after the other."""
        with self.opened() as store:
            never = Effect("pick", "A-1", "never")
            late = attrs.evolve(saving("A-1", 7), wanted=(never,))
            store.commit(wanting("first"))
            both = [wanting("second"), late]
            outcomes, rows = store.commit_and_claim(both, NOW, MINUTE, "worker", 9)
            same("the outcomes", list(outcomes), [Committed(), Stale()])
            same("claimed", [row.key for row in rows], ["first", "second"])
            same("whether they are the worker's", [store.still_mine(r) for r in rows], [True] * 2)
            same("what is left", list(store.claim(NOW, MINUTE, "another", 9)), [])

    @law(since="0.1", why="a worker that was slow does not know that another has gone on")
    def a_late_worker_cannot_overwrite(self) -> None:
        """A worker whose lease ended has lost its row, and what it says changes nothing."""
        with self.opened() as store:
            store.commit(wanting("effect"))
            (late,) = store.claim(NOW, MINUTE, "late", 1)
            (due,) = store.claim(NOW + MINUTE, MINUTE, "current", 1)
            mine = store.still_mine(late), store.still_mine(due)
            same("whether the late and the current one have it", mine, (False, True))
            store.fail(late, "too late", NOW + MINUTE, None, _TOLD)
            rows = [(row.key, row.attempts, row.error) for row in store.pending("order:A-1")]
            same("the rows", rows, [("effect", 2, "")])
            same("whether the current one has it", store.still_mine(due), True)
            store.fail(late, "too late", NOW + MINUTE, NOW + 2 * MINUTE, a_task())
            same("the late one's task", store.task("task"), None)
            store.fail(due, "no answer", NOW + MINUTE, NOW + 9 * MINUTE, a_task())
            same("when it is tried again", store.next_due(), NOW + 9 * MINUTE)
            same("the current one's task", store.task("task"), ("order:A-1", a_task()))

    @law(since="0.1", why="an effect would be performed again, or never be missed")
    def a_row_is_done_once(self) -> None:
        """A row that is done, or has given up, never comes back; who waits for it is told."""
        with self.opened() as store:
            store.commit(wanting("effect"))
            (due,) = store.claim(NOW, MINUTE, "worker", 1)
            store.fail(due, "no answer", NOW, None, _TOLD)
            store.commit(wanting("effect"))
            told = store.claim(NOW + 9 * MINUTE, MINUTE, "worker", 9)
            found = [(row.key, dict(row.data)) for row in told]
            same("due after it gave up", found, [("told", {"body": _FAILED})])
            done = Commit("order:A-1", NOW, done="told")
            outcomes = [store.commit(done) for _ in range(2)]
            same("done twice", outcomes, [Committed(), Duplicate()])
            late = store.commit(Commit("order:A-1", NOW, done="effect"))
            same("done after it gave up", late, Duplicate())
            store.commit(Commit("order:A-1", NOW, messages=(_TOLD,)))
            same("when something is due", store.next_due(), None)
            rows = [(row.key, row.status, row.error) for row in store.gave_up("", 9)]
            same("what gave up", rows, [("effect", "gave_up", "no answer")])
            same("the next page", list(store.gave_up("effect", 9)), [])

    @law(since="0.1", why="what became moot must not be done")
    def what_is_withdrawn_rests(self) -> None:
        """A withdrawn effect, timer or task is not there, until it is wanted again."""
        with self.opened() as store:
            timer = Timer("timer", "late", "A-1", NOW, "picker")
            wanted = Commit("order:A-1", NOW, wanted=(*wanting("effect").wanted, a_task(), timer))
            store.commit(wanted)
            (due,) = store.claim(NOW, MINUTE, "worker", 1)
            same("due first", (due.key, dict(due.data)), ("timer", {"party": "picker"}))
            tasks = list(store.tasks(TaskQuery("picker", limit=9)))
            same("a picker's tasks", tasks, [("order:A-1", a_task())])
            store.commit(Commit("order:A-1", NOW, withdrawn=("effect", "task", "timer")))
            same("whether its worker still has it", store.still_mine(due), False)
            same("withdrawn and due", list(store.claim(NOW, MINUTE, "worker", 9)), [])
            same("the withdrawn task", store.task("task"), None)
            late = store.commit(Commit("order:A-1", NOW, done="timer"))
            same("its late worker, of which nothing came", late, Committed())
            store.commit(wanted)
            back = [row.key for _ in range(2) for row in store.claim(NOW, MINUTE, "worker", 9)]
            same("wanted again and due", back, ["timer", "effect"])
            same("the task", store.task("task"), ("order:A-1", a_task()))

    @law(since="0.1", why="what was told first is to be heard first, and answers before new deeds")
    def rows_of_one_kind_are_claimed_in_order(self) -> None:
        """Messages come first, as they were sent; then timers as they are due; then effects."""
        with self.opened() as store:
            messages = tuple(Message(key, "order:A-1", _FAILED) for key in ("m2", "m1"))
            timers = tuple(Timer(f"t{n}", "late", "A-1", NOW - n * MINUTE) for n in range(3))
            store.commit(Commit("order:A-1", NOW, wanted=timers, messages=messages))
            store.commit(wanting("e1"))
            found = [[row.key for row in store.claim(NOW, MINUTE, "w", 2)] for _ in range(5)]
            same("claimed by two", found, [["m2", "m1"], ["t2", "t1"], ["t0"], ["e1"], []])

    @law(since="0.1", why="a scan may come before the answer that names its parcel")
    def early_facts_find_their_subject(self) -> None:
        """A fact that is kept is sent to its subject as soon as that is known."""
        with self.opened() as store:
            early, late = a_payment("e1", "R1"), a_payment("e2", "R2")
            store.keep("T1", early, NOW, 7 * MINUTE)
            kept = [(item.reference, item.observation) for item in store.inbox()]
            same("what is kept", kept, [("T1", early)])
            same("when it is missed", store.next_due(), NOW + 7 * MINUTE)
            store.commit(Commit("parcel:P1", NOW, references=("T1",)))
            same("the subject of T1", store.find("T1"), "parcel:P1")
            store.keep("T1", late, NOW, 7 * MINUTE)
            same("what is kept for a known subject", list(store.inbox()), [])
            sent = [(row.owner, row.data["body"]) for row in store.claim(NOW, MINUTE, "w", 9)]
            same("what is sent", sent, [("parcel:P1", early), ("parcel:P1", late)])

    @law(since="0.1", why="tax law wants invoices kept, and the person is to be erased in the end")
    def what_is_kept_apart_is_erased_in_the_end(self) -> None:
        """What a law keeps is given as it was put, wakes on its day, and leaves nothing behind."""
        with self.opened() as store:
            kept = [_kept("A-1", "order"), _kept("A-1", "documents *"), _kept("A-10", "order")]
            store.restrict(kept)
            store.restrict(kept[:1])
            same("kept of A-1", list(store.restricted(order="A-1")), [kept[1], kept[0]])
            same("kept of a person", len(store.restricted(person="somebody")), 3)
            same("kept of another one", list(store.restricted(person="other")), [])
            same("before its day", list(store.claim(NOW, MINUTE, "early", 9)), [])
            keys = [row.key for row in store.claim(NOW + MINUTE, MINUTE, "worker", 9)]
            same("on its day", sorted(keys), sorted(each.key for each in kept))
            for key in keys:
                store.lift(key)
            same("kept in the end", list(store.restricted(person="somebody")), [])
            same("pending in the end", list(store.pending(kept[0].owner)), [])


def _kept(order: str, kind: str) -> Restricted:
    """Something that a law keeps for a minute."""
    about = Kept(order, kind, NOW + MINUTE, "a law")
    return Restricted(about, "somebody", {"notes": "by the door"}, (), {"invoice": b"\x00%"})
