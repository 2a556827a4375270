"""Who may: the role that each command and trigger needs, whichever way it comes in."""

from __future__ import annotations

from collections.abc import Mapping

from orderflow.errors import Refusal
from orderflow.kernel.decision.hooks import SYSTEM_ACTOR, roles_held
from orderflow.kernel.decision.policies import every_role
from orderflow.kernel.decision.rules import Rules
from orderflow.model import commands as cmd
from orderflow.model.order import Order
from orderflow.workflow import EffectOf, PartnerAnswer, StepWork, TaskFor

__all__ = ["missing_role", "missing_role_for", "roles_needed"]

_HANDS_OVER = ("collect", "hand_over", "provide")
_STEPS: Mapping[type, str] = {
    cmd.Deliver: "ship",
    cmd.FinishPutAway: "put_away",
    cmd.DeclineReturn: "approve_return",
    cmd.RetryRefund: "refund",
    cmd.ReleaseHold: "hold",
}
"""Commands whose step, and thus role, has another name than the command."""

_ALSO: Mapping[type, frozenset[str]] = {
    cmd.PlaceOrder: frozenset({"customer"}),
    cmd.SaveDraft: frozenset({"customer"}),
    cmd.ConfirmDelivery: frozenset({"customer", "sales"}),
    cmd.RequestReturn: frozenset({"customer", "sales"}),
    cmd.Cancel: frozenset({"support"}),
    cmd.Edit: frozenset({"support"}),
    cmd.Reopen: frozenset({"support"}),
    cmd.Intercept: frozenset({"support"}),
    cmd.ProposeSubstitute: frozenset({"support"}),
    cmd.SendDunning: frozenset({"support", "sales"}),
}
"""Further roles that may give a command."""

_COMMANDS: Mapping[str, type[cmd.CommandBody]] = {
    "place": cmd.PlaceOrder,
    "confirm": cmd.Confirm,
    "cancel": cmd.Cancel,
    "reopen": cmd.Reopen,
}
"""Triggers that equal a command."""

_STOPPING = ("confirm", "pick", "submit", "refund", "collect", "hold")
"""Steps whose people may put an order on hold."""


def missing_role(rules: Rules, actor: str, roles: frozenset[str], to: str) -> Refusal | None:
    """None if an actor has one of the roles; else a refusal."""
    has = roles_held(rules.roles_of, actor)
    if any(role in has for role in roles):
        return None
    needs = " or ".join(sorted(roles))
    return Refusal("actor.role_missing", f"{actor} needs the role {needs} {to}")


def missing_role_for(rules: Rules, order: Order | None, body: object, actor: str) -> Refusal | None:
    """None if an actor may give a command, or *body* is no command; else a refusal."""
    if rules.roles_of is every_role or not isinstance(body, cmd.CommandBody):
        return None
    if isinstance(body, cmd.Override):
        to = f"to override {body.command.kind}"
        refused = missing_role(rules, actor, frozenset({"override"}), to)
        return refused or missing_role_for(rules, order, body.command, actor)
    if actor == SYSTEM_ACTOR:
        return None
    what = f"fire {body.trigger}" if isinstance(body, cmd.Fire) else _kind(type(body))
    return missing_role(rules, actor, roles_needed(rules, order, body), f"to {what}")


def roles_needed(rules: Rules, order: Order | None, body: cmd.CommandBody) -> frozenset[str]:
    """The roles of which an actor must have one to give a command."""
    match body:
        case cmd.PlaceHold():
            return frozenset(map(rules.role, _STOPPING))
        case cmd.CloseTask(task=key) if order is not None and key in order.state.tasks:
            return frozenset({order.state.escalated.get(key, order.state.tasks[key].role)})
        case cmd.Fire() if order is not None:
            return _to_fire(rules, order, body)
        case cmd.Confirm() | cmd.Cancel() | cmd.Reopen() if order is not None:
            return _to_fire(rules, order, cmd.Fire(trigger=_kind(type(body))))
        case cmd.Collect(fo=fo) if order is not None and fo in order.fulfillment_orders:
            flow = rules.machine(order.fulfillment_orders[fo].workflow).workflow
            if steps := [step for step in _HANDS_OVER if step in flow.steps]:
                return frozenset(map(rules.role, steps))
    return _to_give(rules, type(body))


def _to_give(rules: Rules, kind: type[cmd.CommandBody]) -> frozenset[str]:
    """The roles in the table for a kind of command."""
    step = _STEPS.get(kind) or _kind(kind)
    return frozenset({rules.role(step)}) | _ALSO.get(kind, frozenset())


def _kind(kind: type[cmd.CommandBody]) -> str:
    return str(kind.model_fields["kind"].default)


def _to_fire(rules: Rules, order: Order, body: cmd.Fire) -> frozenset[str]:
    """The roles that transitions name; else those of the command, or of the pending work."""
    state, role = order.state, rules.role
    found = state.fulfillment_orders.get(body.on or "") or state.returns.get(body.on or "")
    stamp, name = (found.workflow, found.state) if found else (state.workflow, state.lifecycle)
    flow = rules.machine(stamp).workflow
    moves = [move for move in flow.leaving[name] if move.trigger == body.trigger]
    named = frozenset(role for move in moves for role in move.roles)
    if moves and all(move.roles for move in moves):
        return named
    if body.trigger in _COMMANDS:
        return named | _to_give(rules, _COMMANDS[body.trigger])
    match flow.by_name[name].waits_for:
        case TaskFor(role=whose) | PartnerAnswer(role=whose):
            return named | {whose}
        case StepWork(step=step) | EffectOf(name=step):
            return named | {role(step)}
    return named | {role(body.trigger)}
