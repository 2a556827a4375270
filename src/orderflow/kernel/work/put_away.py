"""Put-aways: cancelled units go back on the shelf."""

from __future__ import annotations

from orderflow.kernel.decision.checks import known
from orderflow.kernel.decision.draft import Draft
from orderflow.model import commands as cmd
from orderflow.model import events as ev

__all__ = ["finish_put_away"]


def finish_put_away(draft: Draft, body: cmd.FinishPutAway) -> None:
    """Record that cancelled units are back on the shelf: release their stock."""
    there = draft.order.state.put_aways
    put_away = known(draft, "put_away.unknown", body.put_away, there)
    if put_away is None:
        return
    draft.emit(ev.PutAwayFinished(put_away.id))
    draft.release_reservation(put_away.line, put_away.fo, put_away.quantity)
