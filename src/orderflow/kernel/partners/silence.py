"""Silence: a partner that does not answer is chased, then asked to cancel the units."""

from __future__ import annotations

from orderflow.kernel.decision.checks import uncancelled_units
from orderflow.kernel.decision.draft import Draft
from orderflow.kernel.partners.cancellation_request import request_cancellation
from orderflow.model.state import FulfillmentOrder
from orderflow.model.work import Effect

__all__ = ["escalate_silence"]

_REMIND, _ASK_BACK = 1, 2
"""The number of missed deadlines at which each step of the escalation is taken."""


def escalate_silence(draft: Draft, fo: FulfillmentOrder, times: int) -> bool:
    """Chase a silent partner, then request cancellation; False if a person must act."""
    if times == _REMIND:
        draft.add([Effect("remind", fo.id)], fo.id)
    elif times == _ASK_BACK and (lines := uncancelled_units(draft, fo)):
        request_cancellation(draft, fo, lines, "silence", reroute=True)
    else:
        return False
    return True
