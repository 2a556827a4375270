"""Put-aways: cancelled units go back on the shelf."""

from __future__ import annotations

from orderflow.kernel.decision.checks import known
from orderflow.kernel.decision.draft import Deciding
from orderflow.model import commands as cmd
from orderflow.model import events as ev

__all__ = ["finish_put_away"]


def finish_put_away(deciding: Deciding, body: cmd.FinishPutAway) -> None:
    """Cancelled units are back on the shelf: their stock is free."""
    there = deciding.order.state.put_aways
    put_away = known(deciding, "put_away.unknown", body.put_away, there)
    if put_away is None:
        return
    deciding.emit(ev.PutAwayDone(put_away.id))
    deciding.unreserve(put_away.line, put_away.fo, put_away.quantity)
