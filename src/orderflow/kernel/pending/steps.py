"""Working steps: each is an effect or a task, and ends with the same command."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from orderflow.kernel.decision.rules import Rules
from orderflow.kernel.pending.forms import pick_form
from orderflow.model import commands as cmd
from orderflow.model.ledger import Bucket
from orderflow.model.order import Order
from orderflow.model.work import Effect, PendingWork, Task, effect_key

__all__ = ["STEP_COMMANDS", "step_work"]


def step_work(
    order: Order, rules: Rules, step: str, subject: str, generation: int, strategy: str = ""
) -> Iterator[PendingWork]:
    """A working step: an effect or a task, by the policy; nothing while on hold."""
    if order.state.held(subject):
        return
    key = effect_key(subject, step, generation)
    software = step not in _BY_PEOPLE and rules.steps.automatic(step, order, strategy)
    if software and key not in order.state.gave_up:
        yield Effect(step, subject, key)
    else:
        what, role = f"{step.replace('_', ' ')} {subject}", rules.role(step)
        fields = pick_form(order, subject) if step == "pick" else ()
        yield Task(f"{key}:task", step, subject, role, what, fields=fields)


def _units(order: Order, subject: str, bucket: Bucket) -> dict[str, int]:
    return order.units(bucket, fo=subject)


def _pick(order: Order, fo: str) -> cmd.CommandBody:
    return cmd.Pick(fo=fo, units=_units(order, fo, Bucket.ALLOCATED))


def _pack(order: Order, fo: str) -> cmd.CommandBody:
    return cmd.Pack(fo=fo, units=_units(order, fo, Bucket.PICKED))


def _collect(_order: Order, fo: str) -> cmd.CommandBody:
    return cmd.Collect(fo=fo)


_BY_PEOPLE = frozenset({"collect", "seal"})
"""Steps that software cannot do: a person is present."""


_StepCommand = Callable[[Order, str], cmd.CommandBody]


STEP_COMMANDS: Mapping[str, _StepCommand] = {
    "confirm": lambda _order, _of: cmd.Confirm(),
    "pick": _pick,
    "pack": _pack,
    "ship": lambda _order, parcel: cmd.Ship(parcel=parcel),
    "collect": _collect,
    "hand_over": _collect,
    "provide": _collect,
    "submit": lambda _order, fo: cmd.Submit(fo=fo),
    "put_away": lambda _order, put_away: cmd.FinishPutAway(put_away=put_away),
    "approve_return": lambda _order, rma: cmd.ApproveReturn(rma=rma),
    "close_return": lambda _order, rma: cmd.CloseReturn(rma=rma),
    "route": lambda _order, _of: cmd.Route(),
    "hold": lambda _order, hold: cmd.ReleaseHold(hold=hold),
}
"""The command that completes each step. Arguments: the order, the subject."""
