"""The steps that units wait for, and the paths to the states that allow them."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from functools import cache

from orderflow.kernel.decision.step import Step
from orderflow.model.ledger import Bucket
from orderflow.workflow import Transition, Workflow

__all__ = [
    "PICKED_AT_HANDOVER",
    "TO_PACKED",
    "TO_PICKED",
    "TO_SHIPPED",
    "UNIT_STEPS",
    "path_to_step",
]

TO_PICKED = Bucket.ALLOCATED, Bucket.PICKED
TO_PACKED = Bucket.PICKED, Bucket.PACKED
TO_SHIPPED = Bucket.PACKED, Bucket.SHIPPED
PICKED_AT_HANDOVER = Bucket.PICKED, Bucket.SHIPPED
_TAKEN_AT_ONCE = Bucket.ALLOCATED, Bucket.SHIPPED

UNIT_STEPS: Mapping[str, tuple[Bucket, Bucket]] = {
    "pick": TO_PICKED,
    "pack": TO_PACKED,
    "collect": PICKED_AT_HANDOVER,
    "hand_over": _TAKEN_AT_ONCE,
    "provide": _TAKEN_AT_ONCE,
}
"""The steps of units, and the move that each makes."""


@cache
def path_to_step(
    flow: Workflow[Step], state: str, verb: str, moves: tuple[Bucket, Bucket]
) -> tuple[Transition[Step], ...] | None:
    """The transitions to a state in which units make *moves*; None if there is no path.

    A unit command may fire its own verb and completions, even early: units left behind are
    handled by going back. It may not fire other triggers.
    """
    queue: deque[tuple[str, tuple[Transition[Step], ...]]] = deque([(state, ())])
    seen = {state}
    while queue:
        here, taken = queue.popleft()
        if any(t.moves == moves for t in flow.leaving[here]):
            return taken
        for t in flow.leaving[here]:
            if (t.completes or t.trigger == verb) and t.dest not in seen:
                seen.add(t.dest)
                queue.append((t.dest, (*taken, t)))
    return None
