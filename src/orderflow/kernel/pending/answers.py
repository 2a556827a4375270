"""Valid answers to each effect. Any other is the performer's fault, and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import TypeVar

import attrs

from orderflow.kernel.decision.rules import Rules
from orderflow.kernel.money.refund import refund_key
from orderflow.kernel.pending.state_work import own_wait
from orderflow.model import commands as cmd
from orderflow.model import observations as obs
from orderflow.model.order import Order
from orderflow.model.parcel import Parcel
from orderflow.model.state import PaymentOutcome
from orderflow.model.work import Effect
from orderflow.workflow import EffectOf

__all__ = ["ANSWERS", "AnswerSpec", "as_rejection", "may_say_nothing", "why_unfit"]

_Reply = TypeVar("_Reply")


@attrs.frozen
class AnswerSpec:
    """The valid answers to an effect.

    Attributes:
        kinds: Commands and observations; NoneType if it may be answered later, or not at all.
        about: The answer's field that names the effect's subject; empty if it has none.
        outcomes: The payment outcomes that may answer it; empty for other effects.
    """

    kinds: tuple[type, ...]
    about: str = ""
    outcomes: tuple[PaymentOutcome, ...] = ()


_PARTY = (
    obs.RequestReceived,
    obs.RequestAnswered,
    obs.GoodsShipped,
    obs.CancellationAnswered,
    obs.InvoiceReceived,
    NoneType,
)

ANSWERS: Mapping[str, AnswerSpec] = {
    "confirm": AnswerSpec((cmd.Confirm, cmd.PlaceHold)),
    "pick": AnswerSpec((cmd.Pick,), "fo"),
    "pack": AnswerSpec((cmd.Pack,), "fo"),
    "ship": AnswerSpec((cmd.Ship,), "parcel"),
    "collect": AnswerSpec((cmd.Collect,), "fo"),
    "hand_over": AnswerSpec((cmd.Collect,), "fo"),
    "provide": AnswerSpec((cmd.Collect,), "fo"),
    "submit": AnswerSpec((cmd.Submit, cmd.Reroute, *_PARTY), "fo"),
    "remind": AnswerSpec((cmd.Reroute, *_PARTY), "fo"),
    "ask_back": AnswerSpec(_PARTY, "fo"),
    "put_away": AnswerSpec((cmd.FinishPutAway,), "put_away"),
    "approve_return": AnswerSpec(
        (cmd.ApproveReturn, cmd.DeclineReturn, obs.ReturnAnswered, NoneType), "rma"
    ),
    "close_return": AnswerSpec((cmd.CloseReturn, obs.ReturnInspected), "rma"),
    "refund": AnswerSpec(
        (obs.PaymentReported, NoneType),
        "reference",
        (PaymentOutcome.REFUNDED, PaymentOutcome.FAILED),
    ),
    "intercept": AnswerSpec((NoneType,)),
    "label": AnswerSpec((obs.LabelBought,), "parcel"),
    "void_label": AnswerSpec((obs.LabelVoided,), "parcel"),
    "notify": AnswerSpec((NoneType,)),
}
"""The library's own effects, by name, and their valid answers."""

_NEVER = (cmd.PlaceOrder, cmd.SaveDraft, cmd.Override, cmd.Cancel, cmd.Edit, cmd.StockCommand)
"""What no performer may answer: only a person or an application may give these commands."""
_NOT_OF_AN_ORDER = (obs.TrackingReported, obs.TrackingRetracted, obs.StockReported)


def why_unfit(
    effect: str, subject: str, order: Order, parcel: Parcel | None, reply: object, rules: Rules
) -> str:
    """Why *reply* is no valid answer to an effect, and which are; empty if it is valid."""
    got = type(reply).__name__ if reply is not None else "nothing"
    own = _is_own(effect, subject, order, rules)
    if effect in ANSWERS and not own:
        declared = ANSWERS[effect]
        if not isinstance(reply, declared.kinds):
            return f"{effect} of {subject} was answered with {got}; right is {_names(declared)}"
        named, right = getattr(reply, declared.about or "_", None), _right(subject, order)
        if reply is not None and declared.about and named not in right:
            return f"{effect} of {subject} was answered with {got} of {named}; right is {right[0]}"
        if isinstance(reply, obs.PaymentReported) and reply.fact not in declared.outcomes:
            right = declared.outcomes
            return (
                f"{effect} of {subject} is reported as {reply.fact}; right is {' or '.join(right)}"
            )
        return ""
    what = f"{effect} of {subject} was answered with {got}"
    if not isinstance(reply, cmd.CommandBody | obs.ObservationBody | None) or isinstance(
        reply, _NOT_OF_AN_ORDER
    ):
        return f"{what}; right is a command or an observation about order {order.id}, or None"
    if isinstance(reply, _NEVER) or (isinstance(reply, cmd.Fire) and reply.trigger == "cancel"):
        return f"{what}; nothing that is performed may place, change, override or cancel an order"
    if own and isinstance(reply, obs.LabelBought | obs.LabelVoided):
        return f"{what}; right is the trigger that leads on"
    return _of_others(reply, order, parcel, what)


def _is_own(effect: str, subject: str, order: Order, rules: Rules) -> bool:
    """Whether a state of an application's workflow waits for the effect."""
    waits_for = own_wait(order, subject, rules)
    return isinstance(waits_for, EffectOf) and waits_for.name == effect and effect != "submit"


def may_say_nothing(effect: Effect, order: Order, rules: Rules) -> bool:
    """Whether a performer may accept an effect and answer later."""
    if effect.name not in ANSWERS or _is_own(effect.name, effect.subject, order, rules):
        return True
    return NoneType in ANSWERS[effect.name].kinds


def as_rejection(effect: str, reply: _Reply) -> _Reply | obs.RequestAnswered:
    """Turn a performer's Reroute command into the rejection that it means.

    As a command it would request cancellation from the very partner that rejects the units.
    """
    if not isinstance(reply, cmd.Reroute) or effect not in ("submit", "remind"):
        return reply
    if reply.lines is None:
        return obs.RequestAnswered(fo=reply.fo, rejected=reply.reason)
    no, why = obs.Verdict.REJECTED, reply.reason
    lines = (
        obs.LineAnswer(line=line, verdict=no, quantity=units, reason=why)
        for line, units in reply.lines.items()
    )
    return obs.RequestAnswered(fo=reply.fo, lines=tuple(lines))


def _right(subject: str, order: Order) -> tuple[str, ...]:
    """The names that an answer may give as the effect's subject."""
    if asked := order.state.cancellations.get(subject):
        return (asked.fo,)
    if refund := order.state.refunds.get(subject):
        return refund_key(refund), refund.id
    return (subject,)


def _of_others(reply: object, order: Order, parcel: Parcel | None, what: str) -> str:
    """Why a reply is about another order; empty if it is not."""
    state = order.state
    there: Mapping[str, tuple[str, ...]] = {
        "fo": tuple(state.fulfillment_orders),
        "rma": tuple(state.returns),
        "parcel": (*state.parcels, *((parcel.id,) if parcel else ())),
    }
    for field, known in there.items():
        named = getattr(reply, field, None)
        if named is not None and named not in known:
            return f"{what}, whose {field} is {named}; of order {order.id} there are {known}"
    return ""


def _names(declared: AnswerSpec) -> str:
    """The valid kinds, in words."""
    return " or ".join("None" if kind is NoneType else kind.__name__ for kind in declared.kinds)
