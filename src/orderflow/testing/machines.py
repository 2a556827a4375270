"""The contracts of a workflow, and of hooks."""

from __future__ import annotations

from abc import abstractmethod

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from orderflow.engine import Engine
from orderflow.errors import Refusal
from orderflow.fulfillment import InHouse, Pickup, ThirdParty
from orderflow.fulfillment.strategy import FulfillmentStrategy
from orderflow.kernel.decision import workflows as standard
from orderflow.kernel.decision.hooks import Hooks
from orderflow.kernel.decision.step import Committed, Step
from orderflow.model.document import Delivery, NewOrder
from orderflow.model.ledger import Bucket
from orderflow.model.phases import OrderPhase, Phase
from orderflow.model.state import FulfillmentOrder, Return
from orderflow.model.work import Effect, NewTask, Note
from orderflow.ports import Store
from orderflow.testing.contract import law, must_meet
from orderflow.testing.data import lines, orders
from orderflow.testing.fakes import FakePartner
from orderflow.testing.histories import HistoryContract, check_raised
from orderflow.testing.history import History
from orderflow.testing.purity import GuardCall, note_for, noted, watched_hooks, watched_workflow
from orderflow.workflow import Workflow

__all__ = ["HookContract", "WorkflowContract"]

_LIVES = 0.2


def _goods() -> SearchStrategy[NewOrder]:
    """Orders of goods that a carrier delivers."""
    line = lines().map(lambda found: found.model_copy(update={"ships": True, "not_before": None}))
    return orders(line=line, delivery=st.just(Delivery.CARRIER))


class WorkflowContract(HistoryContract):
    """The laws of a workflow. Implement ``make_workflow``.

    Histories use a strategy that can work it; override ``make_engine`` to use your own.

    Capabilities:
        cancels_anywhere: An order can be cancelled in every state that is not final.
    """

    @abstractmethod
    def make_workflow(self) -> Workflow[Step]:
        """The workflow, built anew."""

    def make_engine(self, store: Store, workflow: Workflow[Step]) -> Engine:
        """An engine with this *workflow*."""
        phase = workflow.states[0].phase
        if isinstance(phase, OrderPhase):
            return Engine(store, [InHouse()], lifecycle=workflow)
        if isinstance(phase, Phase):
            return Engine(store, [_worker_of(workflow)])
        return Engine(store, [InHouse()], returns=workflow)

    def order(self) -> SearchStrategy[NewOrder]:
        """The orders of the histories."""
        return _goods()

    def _engine(self, store: Store) -> Engine:
        asked: list[GuardCall] = []
        watched = watched_workflow(self.make_workflow(), asked.append)
        return note_for(self.make_engine(store, watched), asked)

    @law(since="0.1", why="orders carry its fingerprint, and are refused by one that differs")
    def it_is_built_the_same_again(self) -> None:
        """Built again it is the same workflow."""
        one, other = self.make_workflow().stamp, self.make_workflow().stamp
        assert one == other, f"built twice it is {one}, and then {other}"

    @law(since="0.1", why="a name and version stand for one content for as long as orders live")
    def it_has_a_name_of_its_own(self) -> None:
        """It does not go by the name and version of another workflow."""
        mine = self.make_workflow().stamp
        for found in vars(standard).values():
            if isinstance(found, Workflow) and found.stamp.name == mine.name:
                same = found.version != mine.version or found.stamp == mine
                assert same, f"{mine.name} version {mine.version} is a standard one; name it anew"

    @law(needs="cancels_anywhere", since="0.1", why="customers cancel at the worst moment")
    def it_can_be_cancelled_anywhere(self) -> None:
        """From every state that is not over, cancel leads to an end."""
        workflow = self.make_workflow()
        for state in workflow.states:
            ends = [t for t in workflow.leaving[state.name] if t.trigger == "cancel"]
            able = state.phase.final or any(workflow.by_name[t.dest].phase.final for t in ends)
            assert able, f"no cancel leads from {state.name} to an end; declare one"

    @law(share=_LIVES, since="0.1", why="a guard is asked whenever somebody looks what may be done")
    def guards_are_pure(self, life: History) -> None:
        """A guard gives None or a Refusal, the same when asked again, and changes nothing."""
        _check_guards(noted(life.engine))
        check_raised(life)

    @law(share=_LIVES, since="0.1", why="an order that cannot go on waits for ever")
    def work_on_it_comes_to_an_end(self, quiet_life: History) -> None:
        """In a quiet life everything that runs on it is over in the end."""
        quiet_life.finish()
        if quiet_life.placed and not quiet_life.order.units(Bucket.OPEN, Bucket.BACKORDERED):
            state, stamp = quiet_life.order.state, self.make_workflow().stamp
            if state.workflow == stamp:
                assert state.phase.final, f"{state.id} ends as {state.lifecycle}, and is not over"
            running: list[FulfillmentOrder | Return] = [*state.fulfillment_orders.values()]
            running += state.returns.values()
            for found in running:
                over = found.workflow != stamp or found.phase.final
                assert over, f"{found.id} ends as {found.state}, and is not over"


def _worker_of(workflow: Workflow[Step]) -> FulfillmentStrategy:
    """A strategy for the steps that the workflow's states wait for."""
    steps = workflow.steps
    found: FulfillmentStrategy = InHouse()
    if "submit" in steps:
        found = ThirdParty(FakePartner(), "3pl")
    elif "collect" in steps:
        found = Pickup()
        found.deliveries = frozenset(Delivery)
    found.workflow = workflow
    return found


class HookContract(HistoryContract):
    """The laws of guards, inside hooks and watchers. Implement ``make_hooks``.

    Capabilities:
        counts_once: ``did`` returns what the watchers did, so that repeated calls are checked.
    """

    @abstractmethod
    def make_hooks(self) -> Hooks:
        """The hooks, registered anew."""

    def make_engine(self, store: Store, hooks: Hooks) -> Engine:
        """An engine with these *hooks*."""
        return Engine(store, [InHouse()], hooks=hooks)

    def did(self) -> object:
        """The effects of the watchers so far; needs the capability ``counts_once``."""
        return None

    def order(self) -> SearchStrategy[NewOrder]:
        """The orders of the histories; narrow them so that every hook is called."""
        return _goods()

    def _engine(self, store: Store) -> Engine:
        asked: list[GuardCall] = []
        watched = watched_hooks(self.make_hooks(), asked.append)
        return note_for(self.make_engine(store, watched), asked)

    @law(since="0.1", why="a watcher is found again by its key, after a restart and a release")
    def watchers_have_stable_keys(self) -> None:
        """A watcher has the same key when it is registered again, and a name in it."""
        keys = [[hook.key for hook in self.make_hooks()._hooks] for _ in range(2)]
        assert keys[0] == keys[1], f"registered twice they are {keys[0]}, and then {keys[1]}"
        for key in keys[0]:
            named = "<lambda>" not in key
            assert named, f"{key} has no name that lasts: give it one by @named, or make it a def"

    @law(since="0.1", why="laws about hooks that no life calls would hold for nothing")
    def every_hook_is_called(self) -> None:
        """Some life calls each guard and inside hook."""
        for hook in self.make_hooks()._hooks:
            if hook.point in ("guard", "before", "on_exit", "on_enter", "after"):
                self._find(hook.key)

    def _find(self, key: str) -> None:
        def called(life: History) -> bool:
            life.finish()
            return any(found.name == key for found in noted(life.engine))

        told = f"no life calls {key}; let order() draw what it is about"
        must_meet(self.life(), called, 60, told)

    @law(share=_LIVES, since="0.1", why="what a hook returns is committed with the decision")
    def inside_hooks_only_add(self, life: History) -> None:
        """An inside hook gives effects, tasks and notes; a guard None or a Refusal."""
        for found in noted(life.engine):
            _check_answered(found)
            if found.name.startswith("guard:"):
                _check_guards([found])
                continue
            given = found.first if isinstance(found.first, list | tuple) else [found.first]
            for part in given:
                known = isinstance(part, Effect | NewTask | Note)
                assert known, f"{found.name} gave {part!r}; give effects, new tasks and notes"
        check_raised(life)

    @law(share=_LIVES, since="0.1", why="a decision is made again where somebody else was faster")
    def inside_hooks_are_pure(self, life: History) -> None:
        """Asked again about the same step, a hook gives the same, and changes nothing."""
        for found in noted(life.engine):
            same = found.first == found.again
            assert same, f"{found.name} gave {found.first!r}, and then {found.again!r}"
            assert not found.changed, f"{found.name} changed the order that it was shown"

    @law(needs="counts_once", share=_LIVES, since="0.1", why="a watcher is told at least once")
    def watchers_do_it_once_per_key(self, life: History) -> None:
        """Told again with the same key, a watcher does nothing more."""
        life.finish()
        hooks = life.engine.rules.hooks
        for number, fired in enumerate(("confirm", "shipped", "picked", "packed", "complete")):
            for key, watcher in hooks.watchers("committed", fired) if life.placed else ():
                told = Committed(f"{number}:{key}", life.order, "committed", fired, life.placed)
                watcher(told)
                before = repr(self.did())
                watcher(told)
                after = repr(self.did())
                assert before == after, f"{key} was told twice, and did it twice: {after}"


def _check_answered(found: GuardCall) -> None:
    failed = isinstance(found.first, Exception)
    assert not failed, f"{found.what} raised {found.first!r}; look whether it is there first"


def _check_guards(asked: list[GuardCall]) -> None:
    for found in asked:
        _check_answered(found)
        known = found.first is None or isinstance(found.first, Refusal)
        assert known, f"{found.what} gave {found.first!r}; give None, or a Refusal that says why"
        same = found.first == found.again
        assert same, f"{found.what} said {found.first}, and then {found.again}, of the same step"
        assert not found.changed, f"{found.what} changed the order that it was shown"
