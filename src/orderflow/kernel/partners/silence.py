"""Silence: a partner that does not answer is reminded, then asked to give the units up."""

from __future__ import annotations

from orderflow.kernel.decision.checks import unasked
from orderflow.kernel.decision.draft import Deciding
from orderflow.kernel.partners.cancellation_request import ask_back
from orderflow.model.state import FulfillmentOrder
from orderflow.model.work import Effect

__all__ = ["press"]

_REMIND, _ASK_BACK = 1, 2
"""What is done when a party was silent for so many times its time."""


def press(deciding: Deciding, fo: FulfillmentOrder, times: int) -> bool:
    """A party is silent: remind it, then ask for the units back; False where a person must act."""
    if times == _REMIND:
        deciding.add([Effect("remind", fo.id)], fo.id)
    elif times == _ASK_BACK and (lines := unasked(deciding, fo)):
        ask_back(deciding, fo, lines, "silence", reroute=True)
    else:
        return False
    return True
