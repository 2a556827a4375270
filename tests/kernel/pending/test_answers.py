"""Every kind of command and fact, as the answer to every effect: only what is declared fits."""

from __future__ import annotations

from types import NoneType
from typing import Any, get_args

import pytest

from orderflow.kernel.pending.answers import ANSWERS, why_unfit
from orderflow.kernel.pending.steps import STEP_COMMANDS
from orderflow.model import commands as cmd
from orderflow.model import observations as obs
from orderflow.model.observations import AnyObservation
from orderflow.model.state import PaymentOutcome
from tests.shop import Shop

SHOP = Shop().place()
RULES, ORDER = SHOP.engine._handler.rules, SHOP.order
BODIES: list[type[Any]] = [
    *get_args(cmd.OrderCommandBody),
    cmd.PlaceOrder,
    cmd.SaveDraft,
    cmd.Override,
]
FACTS: list[type[Any]] = list(get_args(get_args(AnyObservation)[0]))
KINDS = [*dict.fromkeys([*BODIES, *FACTS]), NoneType, bool, str]
NEVER = {cmd.PlaceOrder, cmd.SaveDraft, cmd.Override, cmd.Cancel, cmd.Edit}


def said(kind: type[Any], about: str) -> object:
    """An answer of this kind, about *about* wherever it names something."""
    if kind is NoneType:
        return None
    if kind in (bool, str):
        return kind()
    named = dict.fromkeys(("fo", "parcel", "rma", "put_away", "reference"), about)
    there = {name: to for name, to in named.items() if name in kind.model_fields}
    if "trigger" in kind.model_fields:
        there["trigger"] = "printed"
    if kind is obs.PaymentReported:
        there["fact"] = PaymentOutcome.REFUNDED
    return kind.model_construct(**there)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("effect", sorted(ANSWERS))
def test_only_what_is_declared_fits(effect: str, kind: type[Any]) -> None:
    fits = not why_unfit(effect, "A-1-F1", ORDER, None, said(kind, "A-1-F1"), RULES)
    assert fits == (kind in ANSWERS[effect].kinds)
    if kind is not NoneType and ANSWERS[effect].about and fits:
        assert why_unfit(effect, "A-1-F1", ORDER, None, said(kind, "B-2-F1"), RULES)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_own_effect_places_and_cancels_nothing_and_is_about_its_order(kind: type[Any]) -> None:
    own = why_unfit("crm", "A-1", ORDER, None, said(kind, "A-1-F1"), RULES)
    if kind in NEVER or kind in (bool, str):
        assert own
    other = why_unfit("crm", "A-1", ORDER, None, said(kind, "B-2-F1"), RULES)
    if hasattr(kind, "model_fields") and {"fo", "parcel", "rma"} & set(kind.model_fields):
        assert other
    assert why_unfit("crm", "A-1", ORDER, None, cmd.Fire(trigger="cancel"), RULES)


def test_every_working_step_that_software_does_has_its_answers() -> None:
    assert set(STEP_COMMANDS) - {"route", "hold"} <= set(ANSWERS)
    assert not any(NEVER & set(answers.kinds) for answers in ANSWERS.values())
    assert obs.FeedbackGiven not in {kind for found in ANSWERS.values() for kind in found.kinds}
