"""The trigger of a state's own timer, fired as anybody would fire it who may."""

from __future__ import annotations

from functools import partial

from orderflow.kernel.changes.cancellation import cancel, cancel_slots, ours
from orderflow.kernel.decision.checks import is_with_party, unasked
from orderflow.kernel.decision.draft import Deciding
from orderflow.kernel.partners.cancellation_request import ask_back
from orderflow.kernel.pending.own import asked_key, own_wait, was_refused
from orderflow.kernel.pending.waits import waits
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


def state_timer(deciding: Deciding, fired: TimerFired) -> None:
    """A state's own timer fires its trigger; it comes again where that is refused, with a task."""
    act = partial(_fire, deciding, fired.subject, fired.key)
    if refused := deciding.attempt(act):
        deciding.keep_fact("blocked", "; ".join(map(str, refused)), fired.subject)


def try_again(deciding: Deciding, subject: str) -> None:
    """Try what was blocked: the trigger of a state whose time is over, and completions."""
    for wanted in waits(deciding.order, deciding.rules).values():
        if wanted.subject == subject and was_refused(wanted):
            _fire(deciding, subject, wanted.key)
    fos = deciding.order.state.fulfillment_orders.values()
    deciding.touched |= {fo.id for fo in fos if not fo.phase.final}


def _fire(deciding: Deciding, subject: str, key: str) -> None:
    """Fire the trigger of the own timer *key*; where that cancels, cancel what is there to be."""
    wait = own_wait(deciding.order, subject, deciding.rules)
    trigger = wait.trigger if isinstance(wait, TimerFor | StepWork) else None
    if trigger is None:
        return
    body = cmd.Fire(trigger=trigger, on=None if subject == deciding.id else subject)
    units = ours(deciding, subject if subject in deciding.fos else "")
    cleared: list[bool] = []
    refused = deciding.attempt(
        lambda: rma.fire(deciding, body, lambda: cleared.append(_clear(deciding, subject, units)))
    )
    stranded = any(cleared) and {each.code for each in refused} == {"trigger.units_left"}
    first = asked_key(key) not in deciding.order.state.done_timers
    if stranded and first and _ask(deciding, subject):
        deciding.emit(ev.TimerDone(asked_key(key)))
    elif not (stranded and _is_on_its_way(deciding, subject)):
        deciding.refusals += refused


def _clear(deciding: Deciding, subject: str, units: list[tuple[Slot, int]]) -> bool:
    """Cancel the units of what is cancelled now; False where it is not."""
    state = deciding.order.state
    stands = deciding.fos.get(subject) or state
    if subject in state.returns or stands.phase not in _CANCELLED:
        return False
    if cancel_slots(deciding, units) and stands is state:
        complete_work(deciding)
    return True


def _ask(deciding: Deciding, subject: str) -> bool:
    """Cancel what can be by itself, and ask parties for the rest; False where nothing can be."""
    fo = deciding.fos.get(subject)
    if fo is None:
        cancel(deciding, cmd.Cancel(reason=_WHY))
        return not deciding.refusals
    lines = unasked(deciding, fo) if is_with_party(deciding.order.state, fo) else {}
    ask_back(deciding, fo, lines, _WHY, reroute=False)
    return bool(lines)


def _is_on_its_way(deciding: Deciding, subject: str) -> bool:
    """Whether units come back of which the order, or the FO, is to be rid before it is over."""
    state = deciding.order.state
    asked = {request.fo for request in state.cancellations.values()}
    if subject in deciding.fos:
        return subject in asked
    return bool(asked or state.put_aways)
