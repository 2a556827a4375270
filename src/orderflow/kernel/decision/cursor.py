"""The cursor: the state of one subject while a trigger fires on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from orderflow.errors import Refusal
from orderflow.kernel.decision.keys import own_key
from orderflow.kernel.decision.record import Record
from orderflow.kernel.decision.step import Fired, Step
from orderflow.model import events as ev
from orderflow.model.work import Effect, NewTask, Note
from orderflow.workflow import EffectOf, StepWork, Workflow

__all__ = ["DraftCursor"]


class DraftCursor:
    """The model that ``orderflow.workflow`` moves when a trigger fires."""

    def __init__(
        self,
        record: Record,
        workflow: Workflow[Step],
        state: str,
        trigger: str,
        fo: str,
        rma: str,
        data: Mapping[str, Any],
        reason: str,
    ) -> None:
        self.record, self.workflow, self._state = record, workflow, state
        self.trigger, self.data, self.reason = trigger, data, reason
        self.fo, self.rma, self.subject = fo, rma, fo or rma or record.id
        self.refusals: list[Refusal] = []

    @property
    def state(self) -> str:
        """The subject's state; assigning it emits the transition's event."""
        return self._state

    @state.setter
    def state(self, dest: str) -> None:
        source, self._state = self._state, dest
        phase: Any = self.workflow.by_name[dest].phase
        event: ev.Event
        if self.fo:
            event = ev.FulfillmentOrderMoved(self.fo, self.trigger, source, dest, phase)
            self.record.touched.add(self.fo)
        elif self.rma:
            event = ev.ReturnMoved(self.rma, self.trigger, source, dest, phase)
        else:
            event = ev.LifecycleMoved(self.trigger, source, dest, phase, self.reason)
        self.record.emit(event)
        self._begin_anew(source, dest)
        self.record.fired.append(
            Fired(self.workflow.name, self.trigger, source, dest, self.subject)
        )

    def _begin_anew(self, source: str, dest: str) -> None:
        """Retire the key of a state's pending work that may have been pending before."""
        states, back = self.workflow.by_name, (source, dest) in self.workflow.back
        match states[dest].waits_for:
            case EffectOf(name=name) if name != "submit":
                begins = back or any(
                    isinstance(state.waits_for, EffectOf) and state.waits_for.name == name
                    for state in self.workflow.states
                    if state.name != dest
                )
            case StepWork(step=name) as wait:
                begins = back and not self.fo and wait != states[source].waits_for
            case _:
                return
        if begins and source != dest:
            first = self.record.fos[self.fo].round if self.fo else 0
            over = self.record.order.state.done_timers
            self.record.emit(ev.TimerDone(own_key(self.subject, name, first, over)))

    @property
    def step(self) -> Step:
        """The step as guards and hooks see it now."""
        order, context = self.record.order, self.record.context
        return Step(
            order,
            self.trigger,
            context.actor,
            context.now,
            order.state.fulfillment_orders.get(self.fo),
            order.state.returns.get(self.rma),
            self.data,
            context.external,
        )

    def refuse(self, refusal: Refusal) -> bool:
        """Record a guard's refusal; True if it counts, False if it is overridden."""
        if self.record.overridden_codes is not None:
            self.record.overridden_codes.append(refusal.code)
            return False
        self.refusals.append(refusal)
        return True

    def add(self, outputs: Iterable[Effect | NewTask | Note]) -> None:
        """Add the effects, tasks and notes that a hook returned."""
        self.record.add(outputs, self.subject)
