"""Guards refuse, inside hooks add, watchers watch; all of it is fixed when the engine is built."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from orderflow import (
    IN_HOUSE,
    ORDER,
    Committed,
    Effect,
    Engine,
    Hooks,
    InHouse,
    InvalidWorkflow,
    NewTask,
    Note,
    Order,
    Refusal,
    Refused,
    Step,
    Transition,
    notify,
)
from orderflow.errors import PortFailed, RuleFailed
from orderflow.model.commands import Cancel, Confirm
from orderflow.model.events import (
    EffectRequested,
    FulfillmentOrderMoved,
    LifecycleMoved,
    NoteAdded,
    TaskOpened,
)
from orderflow.model.parcel import ParcelStatus
from orderflow.ports import Label, LabelRequest, Notification, PickRequest
from orderflow.simulation import VirtualClock
from orderflow.workflow import named
from tests.renaming import renamed
from tests.shop import Shop, new_order


def shop(hooks: Hooks | None = None, *strategies: InHouse, **rules: Any) -> Engine:
    """The engine of a shop in which orders are confirmed by hand."""
    return Shop(*strategies, hooks=hooks, **{"manual": ["confirm"], **rules}).engine


def place(engine: Engine) -> Order:
    return engine.place(new_order(), id="a", by="ana")


def confirm(engine: Engine, by: str = "ana") -> Order:
    return engine.submit(Confirm().to("A-1", by=by))


def advance(engine: Engine, by: timedelta) -> None:
    assert isinstance(engine.clock, VirtualClock)
    engine.clock.advance(by)


def notes(engine: Engine) -> list[str]:
    events = (event for entry in engine.journal("A-1") for event in entry.events)
    return [event.text for event in events if isinstance(event, NoteAdded)]


def note(text: str) -> Callable[[Step], list[Note]]:
    def adds(_step: Step) -> list[Note]:
        return [Note(text)]

    return named(text)(adds)  # what tells hooks on one point apart


# --- registration ----------------------------------------------------------------------------

INSIDE = ["before", "on_exit", "on_enter", "after"]
WATCHERS = ["committed", "failed", "timed_out"]


def at(hooks: Hooks, point: str, where: Any, **more: Any) -> Callable[[Any], Any]:
    """What registers on a point; a watcher is named ``late``."""
    if point in WATCHERS:
        more["name"] = "late"
    register: Callable[[Any], Any] = getattr(hooks, point)(where, **more)
    return register


@pytest.mark.parametrize("point", ["guard", "before", "after", "committed"])
def test_a_misspelt_trigger_is_refused_where_it_is_registered(point: str) -> None:
    with pytest.raises(InvalidWorkflow) as caught:
        at(Hooks(), point, "pikced", workflow=IN_HOUSE)
    (found,) = caught.value.findings
    assert (caught.value.name, found.field, found.value) == ("in_house", point, "pikced")
    one_of = f"one of {sorted(IN_HOUSE.triggers)}"
    assert found.expected == f"{point}('pikced') names nothing here; {one_of}"


@pytest.mark.parametrize("point", ["on_exit", "on_enter"])
@pytest.mark.parametrize("name", ["pickking", "picked"])
def test_a_misspelt_state_is_refused_where_it_is_registered(point: str, name: str) -> None:
    """A trigger is no state, either."""
    with pytest.raises(InvalidWorkflow) as caught:
        getattr(Hooks(), point)(name, workflow=IN_HOUSE)
    (found,) = caught.value.findings
    assert (
        found.expected == f"{point}({name!r}) names nothing here; one of {sorted(IN_HOUSE.by_name)}"
    )


def test_the_same_name_on_the_same_point_is_refused() -> None:
    hooks = Hooks()
    hooks.after("confirm")(note("twice"))
    hooks.after("place")(note("twice"))
    hooks.before("confirm")(note("twice"))
    with pytest.raises(InvalidWorkflow) as caught:
        hooks.after("confirm", workflow=ORDER)(note("twice"))
    (found,) = caught.value.findings
    assert (caught.value.name, found.field, found.value) == ("order", "after", "confirm")
    fix = "after:confirm:twice is registered twice; give one of them another name"
    assert found.expected == fix


def test_a_watcher_may_be_given_another_name() -> None:
    def watch(_done: Committed) -> None:
        pass

    hooks = Hooks()
    hooks.committed("confirm", name="first")(watch)
    hooks.committed("confirm", name="second")(watch)
    with pytest.raises(InvalidWorkflow, match="committed:confirm:second is registered twice"):
        hooks.committed("confirm", name="second")(watch)


def counts(_done: object) -> None:
    """A watcher."""


@pytest.mark.parametrize("point", WATCHERS)
@pytest.mark.parametrize("name", ["", 7])
def test_a_watchers_name_is_a_text(point: str, name: Any) -> None:
    with pytest.raises(TypeError, match="name"):
        getattr(Hooks(), point)("confirm", name=name)


@pytest.mark.parametrize("point", WATCHERS)
def test_a_watcher_without_a_name_has_that_of_its_function(point: str) -> None:
    hooks = Hooks()
    getattr(hooks, point)("confirm")(counts)
    assert hooks.watcher(f"{point}:confirm:counts") is counts


def test_a_watcher_that_is_renamed_is_told_what_was_stored_before() -> None:
    """What is stored does not depend on what its function is called, or where it is."""
    told = Told()
    before, after = Hooks(), Hooks()
    tell = teller(told)
    with renamed(tell):
        before.committed("confirm", name="count")(tell)
        play = Shop(hooks=before, manual=["confirm"])
        place(play.engine)
        confirm(play.engine)
    after.committed("confirm", name="count")(tell)
    play.opens(hooks=after, manual=["confirm"])
    play.work()
    assert [point for _, _, *point in told] == [["committed", "confirm", "A-1"]]


@pytest.mark.parametrize("point", ["guard", *INSIDE, "committed"])
def test_a_name_that_no_workflow_has_is_refused_when_the_engine_is_built(point: str) -> None:
    hooks = Hooks()
    at(hooks, point, "confrim")(note("late"))
    with pytest.raises(InvalidWorkflow) as caught:
        shop(hooks)
    (found,) = caught.value.findings
    assert (found.field, found.value) == (point, "confrim")
    what = "state" if point.startswith("on_") else "trigger"
    told = f"{point}:confrim:late names no {what} of any workflow that the engine runs"
    assert found.expected == told


@pytest.mark.parametrize(("point", "name"), [("on_enter", "confirm"), ("after", "confirmed")])
def test_a_trigger_is_no_state_when_the_engine_is_built(point: str, name: str) -> None:
    hooks = Hooks()
    getattr(hooks, point)(name)(note("never called"))
    with pytest.raises(InvalidWorkflow):
        shop(hooks)


def test_a_hook_of_a_workflow_that_the_engine_does_not_run_is_refused() -> None:
    hooks, other = Hooks(), ORDER.extend(name="other")
    hooks.after("confirm", workflow=other)(note("never called"))
    with pytest.raises(InvalidWorkflow):
        shop(hooks)


def test_a_hook_without_a_workflow_is_for_every_workflow() -> None:
    """``cancel`` is a trigger of the order, the fulfillment order and the return."""
    hooks = Hooks()
    hooks.after("cancel")(note("any"))
    hooks.after("cancel", workflow=ORDER)(note("order"))
    engine = shop(hooks)
    place(engine)
    (fo,) = engine.order("A-1").fulfillment_orders
    engine.submit(Cancel().to("A-1"))
    moved = [
        event.fo if isinstance(event, FulfillmentOrderMoved) else "order"
        for event in list(engine.journal("A-1"))[-1].events
        if isinstance(event, FulfillmentOrderMoved | LifecycleMoved)
    ]
    assert sorted(moved) == sorted([fo, "order"])
    assert sorted(notes(engine)) == ["any", "any", "order"]


def test_hooks_give_back_what_they_decorate() -> None:
    hooks, hook = Hooks(), note("mine")
    assert hooks.after("confirm")(hook) is hook


@pytest.mark.parametrize("point", INSIDE)
def test_many_hooks_run_in_the_order_of_registration(point: str) -> None:
    hooks, names = Hooks(), ["c", "a", "b", "d"]
    where = {"before": "confirm", "after": "confirm", "on_exit": "placed"}.get(point, "confirmed")
    for number, name in enumerate(names):
        getattr(hooks, point)(where, workflow=ORDER if number % 2 else None)(note(name))
    engine = shop(hooks)
    place(engine)
    confirm(engine)
    assert notes(engine) == names


@pytest.mark.parametrize("point", ["guard", *INSIDE, "on_parcel", "committed", "failed"])
def test_hooks_are_fixed_when_the_engine_is_built(point: str) -> None:
    hooks = Hooks()
    shop(hooks)
    name = "delivered" if point == "on_parcel" else "confirm"
    with pytest.raises(InvalidWorkflow, match="hooks are fixed when the engine is built"):
        at(hooks, point, name)(note("late"))
    with pytest.raises(InvalidWorkflow, match="hooks are fixed when the engine is built"):
        hooks.refused(lambda _order, _reasons: None)
    shop(hooks)  # a second engine may have the same


@pytest.mark.parametrize("point", ["guard", *INSIDE, "committed", "failed", "timed_out"])
def test_a_hook_without_its_parentheses_is_refused(point: str) -> None:
    with pytest.raises(TypeError, match=rf"write @hooks\.{point}\(NAME\): it takes a name, got"):
        at(Hooks(), point, note("nameless"))


async def waits(*_given: object) -> None:
    """Nobody awaits it."""


class Waits:
    """An object that is called, and not awaited either."""

    async def __call__(self, *_given: object) -> None: ...


@pytest.mark.parametrize("call", [waits, partial(waits, 1), Waits(), "text", None])
@pytest.mark.parametrize("point", ["guard", "after", "committed"])
def test_a_hook_is_a_function_that_nobody_must_await(point: str, call: Any) -> None:
    for register in (at(Hooks(), point, "confirm"), Hooks().refused):
        with pytest.raises(TypeError, match=r"hooks\.\w+ takes a (plain )?function"):
            register(call)
    with pytest.raises(TypeError, match=r"guards takes a (plain )?function"):
        Transition("confirm", "placed", "confirmed", guards=[call])


# --- guards ----------------------------------------------------------------------------------


def test_every_guard_gives_its_reason_and_nothing_changes() -> None:
    hooks = Hooks()
    hooks.guard("confirm")(lambda _step: Refusal("no.credit", "over the limit"))
    hooks.guard("confirm", workflow=ORDER)(silent)

    @hooks.guard("confirm", workflow=ORDER)
    def late(step: Step) -> Refusal | None:
        return Refusal("no.time", f"{step.actor} is late") if step.actor == "bo" else None

    engine = shop(hooks)
    before = place(engine)
    with pytest.raises(Refused) as caught:
        confirm(engine, by="bo")
    assert [str(reason) for reason in caught.value.refusals] == [
        "no.credit: over the limit",
        "no.time: bo is late",
    ]
    assert engine.order("A-1") == before


def silent(_step: Step) -> Refusal | None:
    return None


def test_a_guard_that_returns_a_bool_is_named() -> None:
    def allowed(_step: Step) -> Any:
        return True

    hooks = Hooks()
    hooks.guard("confirm")(allowed)
    engine = shop(hooks)
    before = place(engine)
    with pytest.raises(RuleFailed, match=r"guard .*allowed must return a Refusal or None"):
        confirm(engine)
    assert engine.order("A-1") == before


def test_roles_on_a_transition_refuse_who_lacks_them() -> None:
    only = Transition[Step]("confirm", "placed", "confirmed", roles={"manager", "sales"})
    strict = ORDER.extend(name="strict", transitions=[only], without=[("confirm", "placed")])
    roles = {"ana": frozenset({"sales", "support"}), "bo": frozenset({"support"})}
    engine = shop(lifecycle=strict, roles_of=lambda actor: roles.get(actor, frozenset()))
    before = place(engine)
    with pytest.raises(Refused) as caught:
        confirm(engine, by="bo")
    (reason,) = caught.value.refusals
    needs = "bo needs the role manager or sales to confirm"
    assert reason == Refusal("actor.role_missing", needs)
    assert engine.order("A-1") == before
    assert confirm(engine, by="ana").state.lifecycle == "confirmed"


def test_without_roles_of_everybody_has_every_role() -> None:
    only = Transition[Step]("confirm", "placed", "confirmed", roles={"manager"})
    strict = ORDER.extend(name="strict", transitions=[only], without=[("confirm", "placed")])
    engine = shop(lifecycle=strict)
    place(engine)
    assert confirm(engine, by="anybody").state.lifecycle == "confirmed"


# --- inside hooks ----------------------------------------------------------------------------


def test_inside_hooks_run_around_the_move_and_see_the_order_as_it_is() -> None:
    hooks, seen = Hooks(), []

    def looks(point: str) -> Callable[[Step], list[Note]]:
        def look(step: Step) -> list[Note]:
            seen.append((point, step.order.state.lifecycle, step.trigger, step.actor))
            return [Note(point)]

        return look

    hooks.after("confirm")(looks("after"))
    hooks.on_enter("confirmed")(looks("on_enter"))
    hooks.on_exit("placed")(looks("on_exit"))
    hooks.before("confirm")(looks("before"))
    engine = shop(hooks)
    place(engine)
    confirm(engine)
    assert seen == [
        ("before", "placed", "confirm", "ana"),
        ("on_exit", "placed", "confirm", "ana"),
        ("on_enter", "confirmed", "confirm", "ana"),
        ("after", "confirmed", "confirm", "ana"),
    ]
    events = list(engine.journal("A-1"))[-1].events
    told = [e.text if isinstance(e, NoteAdded) else e for e in events[:5]]
    assert [told[0], told[1], told[3], told[4]] == INSIDE
    assert isinstance(told[2], LifecycleMoved)


class Postbox:
    """A notifier that keeps what it sends."""

    def __init__(self) -> None:
        self.sent: list[Notification] = []

    def send(self, notification: Notification) -> None:
        self.sent.append(notification)


def test_what_inside_hooks_add_is_committed_with_the_decision() -> None:
    hooks, postbox = Hooks(), Postbox()

    @hooks.on_enter("confirmed", workflow=ORDER)
    def adds(step: Step) -> list[Effect | NewTask | Note]:
        mail = notify("confirmed", to=step.order.id, tone="warm")
        return [mail, NewTask("gift", "packer", "wrap it"), Note("hello")]

    engine = shop(hooks, notifier=postbox)
    place(engine)
    confirm(engine)
    events = list(engine.journal("A-1"))[-1].events
    (effect,) = (event for event in events if isinstance(event, EffectRequested))
    (task,) = (event for event in events if isinstance(event, TaskOpened))
    assert (effect.name, notes(engine)) == ("notify", ["hello"])
    assert (task.name, task.role, task.reason, task.of) == ("gift", "packer", "wrap it", "A-1")
    assert [found.key for found in engine.tasks("packer")] == [task.task]
    assert postbox.sent == []
    engine.worker.run_until_idle()
    (sent,) = postbox.sent
    assert (sent.key, sent.order.id, sent.template) == (effect.key, "A-1", "confirmed")
    assert sent.data["tone"] == "warm"
    engine.complete(task.task, by="ana")
    assert list(engine.tasks("packer")) == []


def test_a_hook_that_adds_something_else_is_refused() -> None:
    def adds(_step: Step) -> Any:
        return ["hello"]

    hooks = Hooks()
    hooks.after("confirm")(adds)
    engine = shop(hooks)
    before = place(engine)
    with pytest.raises(RuleFailed, match="a hook adds Effect, NewTask or Note, got 'hello'"):
        confirm(engine)
    assert engine.order("A-1") == before


@pytest.mark.parametrize("point", INSIDE)
def test_an_error_in_an_inside_hook_aborts_the_decision(point: str) -> None:
    hooks = Hooks()
    where = {"before": "confirm", "after": "confirm", "on_exit": "placed"}.get(point, "confirmed")

    @getattr(hooks, point)(where)  # type: ignore[untyped-decorator]  # any of the four points
    def fails(_step: Step) -> list[Note]:
        raise ZeroDivisionError(point)

    hooks.before("confirm")(note("thrown away"))
    hooks.committed("confirm", name="told")(lambda _done: pytest.fail("nothing was committed"))
    engine = shop(hooks)
    place(engine)
    store = engine.store
    before = store.order("A-1"), list(store.journal("order:A-1")), store.open_rows("order:A-1")
    tasks, level = list(engine.tasks()), engine.level("MUG")
    with pytest.raises(RuleFailed, match=f"fails .* raised ZeroDivisionError: {point}") as caught:
        confirm(engine)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert caught.value.subject == "order:A-1"
    after = store.order("A-1"), list(store.journal("order:A-1")), store.open_rows("order:A-1")
    assert after == before
    assert (list(engine.tasks()), engine.level("MUG")) == (tasks, level)
    engine.worker.run_until_idle()


def test_an_error_while_placing_leaves_no_order() -> None:
    hooks = Hooks()
    hooks.on_enter("placed")(lambda _step: [Note(str(1 // 0))])
    engine = shop(hooks)
    with pytest.raises(RuleFailed, match=r"<lambda> .* raised ZeroDivisionError"):
        place(engine)
    assert engine.store.order("A-1") is None
    assert engine.store.processed("channel:online", "a") is None
    assert engine.level("MUG").reserved == 0


# --- watchers --------------------------------------------------------------------------------

Told = list[tuple[str, str, str, str, str]]


def teller(told: Told) -> Callable[[Committed], None]:
    def tell(done: Committed) -> None:
        told.append((done.key, done.order.state.lifecycle, done.point, done.name, done.subject))

    return tell


def test_watchers_are_told_after_the_commit_by_the_worker() -> None:
    hooks, told = Hooks(), Told()
    hooks.committed("confirm", name="count")(teller(told))
    engine = shop(hooks)
    place(engine)
    order = confirm(engine)
    assert told == []
    engine.worker.run_until_idle()
    key = f"A-1:{order.version}.0:committed:confirm:count"
    assert told == [(key, "confirmed", "committed", "confirm", "A-1")]
    engine.worker.run_until_idle()
    assert len(told) == 1


def test_a_refused_command_tells_no_watcher() -> None:
    hooks, told = Hooks(), Told()
    hooks.committed("confirm", name="told")(teller(told))
    hooks.guard("confirm")(lambda _step: Refusal("no", "never"))
    engine = shop(hooks)
    place(engine)
    with pytest.raises(Refused):
        confirm(engine)
    engine.worker.run_until_idle()
    assert told == []


def test_a_watcher_of_one_workflow_is_told_of_that_one_only() -> None:
    hooks, any_flow, one_flow = Hooks(), Told(), Told()
    hooks.committed("cancel", name="any")(teller(any_flow))
    hooks.committed("cancel", workflow=ORDER, name="one")(teller(one_flow))
    engine = shop(hooks)
    place(engine)
    (fo,) = engine.order("A-1").fulfillment_orders
    engine.submit(Cancel().to("A-1"))
    engine.worker.run_until_idle()
    assert sorted(subject for *_, subject in any_flow) == sorted(["A-1", fo])
    assert [subject for *_, subject in one_flow] == ["A-1"]


def test_a_watcher_that_fails_is_told_again_with_the_same_key() -> None:
    hooks, keys = Hooks(), []

    @hooks.committed("confirm", name="shaky")
    def shaky(done: Committed) -> None:
        keys.append(done.key)
        if len(keys) < 3:
            raise ConnectionError("nobody listens")

    engine = shop(hooks)
    place(engine)
    confirm(engine)
    for _ in range(5):
        engine.worker.run_until_idle()
        advance(engine, timedelta(hours=1))
    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_a_watcher_is_told_again_when_its_worker_dies() -> None:
    """At least once: told, but dead before that was written down."""
    hooks, keys = Hooks(), []

    @hooks.committed("confirm", name="doomed")
    def doomed(done: Committed) -> None:
        keys.append(done.key)
        if len(keys) == 1:
            raise KeyboardInterrupt

    engine = shop(hooks)
    place(engine)
    confirm(engine)
    with pytest.raises(KeyboardInterrupt):
        engine.worker.run_until_idle()
    engine.worker.run_until_idle()
    assert len(keys) == 1  # its lease is not over
    advance(engine, engine.worker.lease)
    engine.worker.run_until_idle()
    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_a_watcher_that_never_succeeds_becomes_a_task() -> None:
    hooks, times = Hooks(), []

    @hooks.committed("confirm", name="broken")
    def broken(done: Committed) -> None:
        times.append(done.key)
        raise ConnectionError("nobody listens")

    engine = shop(hooks)
    engine.worker.attempts = 3
    place(engine)
    confirm(engine)
    engine.worker.run_until_idle()
    errors = [row.error for row in engine.store.open_rows("order:A-1") if row.kind == "watch"]
    assert errors == ["ConnectionError: nobody listens"]
    for _ in range(5):
        advance(engine, timedelta(hours=1))
        engine.worker.run_until_idle()
    assert len(times) == 3
    names = [task.name for task in engine.tasks("support")]
    assert names == ["exception.committed:confirm:broken"]


class Silent:
    """A warehouse and a carrier that never answer."""

    code = "silent"

    def pick(self, _request: PickRequest) -> Any:
        raise PortFailed("no answer")

    def buy_label(self, _request: LabelRequest) -> Label:
        raise PortFailed("no answer")

    def find(self, _key: str) -> Label | None:
        return None

    def void_label(self, _key: str, _label: Label) -> None:
        raise PortFailed("no answer")

    def hand_over(self, _key: str, _label: Label) -> None:
        raise PortFailed("no answer")


@pytest.mark.parametrize("effect", ["pick", "label"])
def test_failed_is_told_when_an_effect_gives_up(effect: str) -> None:
    hooks, told = Hooks(), Told()
    hooks.failed(effect, name="alarm")(teller(told))
    hooks.failed("ship", name="alarm")(teller(told))
    silent_ones: dict[str, InHouse] = {
        "pick": InHouse(warehouse=Silent()),
        "label": InHouse(carrier=Silent()),
    }
    engine = shop(hooks, silent_ones[effect])
    engine.worker.attempts = 2
    place(engine)
    confirm(engine)
    engine.worker.run_until_idle()
    assert told == []  # one attempt is left
    advance(engine, timedelta(hours=1))
    engine.worker.run_until_idle()
    (found,) = told
    assert found[0].endswith(f":failed:{effect}:alarm")
    assert found[2:4] == ("failed", effect)


def test_timed_out_is_told_when_a_timer_fires() -> None:
    hooks, told = Hooks(), Told()
    hooks.timed_out("reservation", name="nudge")(teller(told))
    hooks.timed_out("review", name="nudge")(teller(told))
    engine = shop(hooks)
    place(engine)
    advance(engine, timedelta(days=2))
    engine.worker.run_until_idle()
    assert told == []
    advance(engine, timedelta(days=2))
    engine.worker.run_until_idle()
    ((key, *rest),) = told
    assert key.endswith(":timed_out:reservation:nudge")
    assert rest == ["placed", "timed_out", "reservation", "A-1"]


def test_refused_is_told_of_each_refused_command() -> None:
    hooks = Hooks()
    told: list[tuple[str, list[str]]] = []

    def tell(order: str, reasons: Sequence[Refusal]) -> None:
        told.append((order, [reason.code for reason in reasons]))

    hooks.refused(tell)
    engine = shop(hooks)
    place(engine)
    confirm(engine)
    assert told == []
    with pytest.raises(Refused):
        confirm(engine)
    assert told == [("A-1", ["transition.not_declared"])]


def test_asking_tells_nobody() -> None:
    hooks, told = Hooks(), []
    hooks.refused(lambda order, _reasons: told.append(order))
    hooks.committed("confirm", name="told")(lambda done: told.append(done.key))
    engine = shop(hooks)
    place(engine)
    engine.ask(Confirm().to("A-1"))
    engine.explain("A-1")
    engine.worker.run_until_idle()
    assert told == []


def test_an_error_in_refused_does_not_hide_the_refusal() -> None:
    hooks, told = Hooks(), []

    def fails(order: str, _reasons: Sequence[Refusal]) -> None:
        told.append(order)
        raise ConnectionError("nobody listens")

    hooks.refused(fails)
    hooks.refused(lambda order, _reasons: told.append(order))
    engine = shop(hooks)
    place(engine)
    confirm(engine)
    with pytest.raises(Refused):
        confirm(engine)
    assert told == ["A-1", "A-1"]


def test_a_hook_is_told_of_each_status_of_a_parcel() -> None:
    hooks, seen = Hooks(), []

    def tell(step: Step) -> list[Note]:
        view = step.order.state.parcels[step.data["parcel"]]
        seen.append((step.trigger, view.status, step.fo.id if step.fo else ""))
        return [Note(f"told of {step.trigger}")]

    for status in (ParcelStatus.LABELED, ParcelStatus.HANDED_OVER, ParcelStatus.LOST):
        hooks.on_parcel(status)(tell)
    shop = Shop(hooks=hooks).place()
    assert seen == [(status, status, "A-1-F1") for status in ("labelled", "handed_over")]
    told = [event.text for event in shop.events(NoteAdded)]
    assert told == ["told of labelled", "told of handed_over"]


def test_a_status_that_is_none_is_an_error_where_it_is_written() -> None:
    with pytest.raises(InvalidWorkflow, match=r"on_parcel\('labeled'\) is no status"):
        Hooks().on_parcel("labeled")  # type: ignore[arg-type]  # the mistake
