"""State timers: each fires its state's trigger, under the same rules as a command."""

from __future__ import annotations

from functools import partial

from orderflow.kernel.changes.cancellation import cancel, cancel_slots, ours
from orderflow.kernel.decision.checks import is_with_partner, uncancelled_units
from orderflow.kernel.decision.draft import Draft
from orderflow.kernel.partners.cancellation_request import request_cancellation
from orderflow.kernel.pending.order import pending_work
from orderflow.kernel.pending.state_work import asked_key, is_retry, own_wait
from orderflow.kernel.returns import rma
from orderflow.kernel.work.fulfillment_order import complete_work
from orderflow.model import commands as cmd
from orderflow.model import events as ev
from orderflow.model.ledger import Slot
from orderflow.model.messages import TimerFired
from orderflow.model.phases import OrderPhase, Phase
from orderflow.workflow import StepWork, TimerFor

__all__ = ["state_timer", "try_again"]

_CANCELLED = (OrderPhase.CANCELLED, Phase.CANCELLED)
_WHY = "its time is over"


def state_timer(draft: Draft, fired: TimerFired) -> None:
    """Fire the trigger of a state's timer; if refused, open a task and retry later."""
    act = partial(_fire, draft, fired.subject, fired.key)
    if refused := draft.attempt(act):
        draft.keep_observation("blocked", "; ".join(map(str, refused)), fired.subject)


def try_again(draft: Draft, subject: str) -> None:
    """Retry what was blocked: the triggers of passed state timers, and completions."""
    for wanted in pending_work(draft.order, draft.rules).values():
        if wanted.subject == subject and is_retry(wanted):
            _fire(draft, subject, wanted.key)
    fos = draft.order.state.fulfillment_orders.values()
    draft.touched |= {fo.id for fo in fos if not fo.phase.final}


def _fire(draft: Draft, subject: str, key: str) -> None:
    """Fire the trigger of the state timer *key*; if it cancels, cancel the units first."""
    wait = own_wait(draft.order, subject, draft.rules)
    trigger = wait.trigger if isinstance(wait, TimerFor | StepWork) else None
    if trigger is None:
        return
    body = cmd.Fire(trigger=trigger, on=None if subject == draft.id else subject)
    units = ours(draft, subject if subject in draft.fos else "")
    cleared: list[bool] = []
    refused = draft.attempt(
        lambda: rma.fire(draft, body, lambda: cleared.append(_clear(draft, subject, units)))
    )
    stranded = any(cleared) and {each.code for each in refused} == {"trigger.units_left"}
    first = asked_key(key) not in draft.order.state.done_timers
    if stranded and first and _ask(draft, subject):
        draft.emit(ev.TimerDone(asked_key(key)))
    elif not (stranded and _is_on_its_way(draft, subject)):
        draft.refusals += refused


def _clear(draft: Draft, subject: str, units: list[tuple[Slot, int]]) -> bool:
    """Cancel the units of a subject that is now cancelled; False if it is not."""
    state = draft.order.state
    stands = draft.fos.get(subject) or state
    if subject in state.returns or stands.phase not in _CANCELLED:
        return False
    if cancel_slots(draft, units) and stands is state:
        complete_work(draft)
    return True


def _ask(draft: Draft, subject: str) -> bool:
    """Cancel own units and request cancellation of the rest; False if nothing can be cancelled."""
    fo = draft.fos.get(subject)
    if fo is None:
        cancel(draft, cmd.Cancel(reason=_WHY))
        return not draft.refusals
    lines = uncancelled_units(draft, fo) if is_with_partner(draft.order.state, fo) else {}
    request_cancellation(draft, fo, lines, _WHY, reroute=False)
    return bool(lines)


def _is_on_its_way(draft: Draft, subject: str) -> bool:
    """Whether cancellations or put-aways are open that the subject needs before it can end."""
    state = draft.order.state
    asked = {request.fo for request in state.cancellations.values()}
    if subject in draft.fos:
        return subject in asked
    return bool(asked or state.put_aways)
