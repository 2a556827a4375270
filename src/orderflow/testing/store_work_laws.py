"""The laws of a store about work: effects, timers, tasks, messages, and the inbox."""

import attrs

from orderflow.model.messages import EffectFailed
from orderflow.model.work import Message, Task, Timer
from orderflow.ports import (
    Commit,
    Committed,
    Duplicate,
    Lease,
    TaskQuery,
)
from orderflow.testing.store_samples import (
    MINUTE,
    NOW,
    Opening,
    a_payment,
    at_once,
    law,
    wanting,
)

__all__ = [
    "a_late_worker_cannot_overwrite",
    "a_row_belongs_to_one_worker_until_its_lease_ends",
    "a_row_that_gives_up_tells_and_never_comes_back",
    "kept_facts_find_their_subject",
    "rows_of_one_kind_are_claimed_in_order",
    "what_a_commit_leases_is_its_workers",
    "what_is_withdrawn_rests_until_it_is_wanted_again",
]


@law
def a_row_belongs_to_one_worker_until_its_lease_ends(opened: Opening) -> None:
    """A row belongs to one worker until its lease ends."""
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
def what_a_commit_leases_is_its_workers(opened: Opening) -> None:
    """What a commit leases is its worker's, and anybody's when the lease ends."""
    store = opened()
    body = EffectFailed("effect", "pick", "A-1")
    told = Message("told", "order:A-1", body)
    lease = Lease("mine", NOW + MINUTE)
    store.commit(attrs.evolve(wanting("effect"), messages=(told,), lease=lease))
    mine = store.leased("mine")
    assert [(due.key, due.attempts, due.token) for due in mine] == [
        ("told", 1, "mine"),
        ("effect", 1, "mine"),
    ]
    assert mine[0].data == {"body": body}
    assert list(store.leased("another")) == []
    assert (store.still_mine(mine[1]), store.next_due()) == (True, NOW + MINUTE)
    assert list(store.claim(NOW, MINUTE, "another", 9)) == []
    assert store.commit(Commit("order:A-1", NOW, done="told")) == Committed()
    assert [due.key for due in store.leased("mine")] == ["effect"]
    (taken,) = store.claim(NOW + MINUTE, MINUTE, "another", 9)
    assert (taken.key, taken.attempts) == ("effect", 2)
    assert list(store.leased("mine")) == []


@law
def a_late_worker_cannot_overwrite(opened: Opening) -> None:
    """A late worker cannot overwrite."""
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
    """A row that gives up tells and never comes back."""
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
    """What is withdrawn rests until it is wanted again."""
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
    """Rows of one kind are claimed in order."""
    store = opened()
    body = EffectFailed("effect", "pick", "A-1")
    messages = (Message("m2", "order:A-1", body), Message("m1", "order:A-1", body))
    timers = tuple(Timer(f"t{n}", "late", "A-1", NOW - n * MINUTE) for n in range(3))
    store.commit(Commit("order:A-1", NOW, wanted=timers, messages=messages))
    store.commit(wanting("e1"))
    found = [[row.key for row in store.claim(NOW, MINUTE, "w", 2)] for _ in range(5)]
    assert found == [["m2", "m1"], ["t2", "t1"], ["t0"], ["e1"], []]


@law
def kept_facts_find_their_subject(opened: Opening) -> None:
    """Kept facts find their subject."""
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
