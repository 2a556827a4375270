"""Begins a few orders through Temporal, and dies with a call begun; the earlier build runs it.

python -m tests.builds.begin_on_temporal URL ADDRESS QUEUE
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from datetime import timedelta
from typing import Any

from sqlalchemy import create_engine, text
from temporalio.client import Client

from orderflow.model.commands import Cancel, PlaceHold, RequestReturn
from orderflow.model.document import Terms
from orderflow.model.parcel import ParcelStatus
from orderflow.runtimes.temporal import TemporalWorker, prepare
from tests.builds.begin import Beginner

DUE = text("select count(*) from orderflow_outbox where status = 'pending' and due <= :now")
PATIENCE = 60
"""Seconds until what is due must be done."""


class OnTemporal(Beginner):
    """A beginner whose orders a worker on Temporal works."""

    def __init__(self, url: str, address: str, queue: str) -> None:
        super().__init__(url)
        self.database = create_engine(url)
        self.address, self.queue = address, queue

    async def serve(self) -> None:
        """Work until the process dies."""
        client = await Client.connect(self.address)
        await prepare(client)
        worker = TemporalWorker(self.engine, client, queue=self.queue)
        worker.poll, worker.silence = 0.1, timedelta(seconds=2)
        await worker.run(asyncio.Event())

    def work(self) -> None:
        """Wait until nothing is due."""
        until = time.monotonic() + PATIENCE
        while self.due():
            if time.monotonic() > until:
                raise TimeoutError(f"{self.due()} rows are still due")
            time.sleep(0.02)

    def due(self) -> int:
        asked = text(
            "select count(*) from orderflow_outbox where status = 'pending' and due <= :now"
        )
        now = int(self.clock.now().timestamp() * 1_000_000)
        with self.database.connect() as connection:
            found: int = connection.execute(asked, {"now": now}).scalar_one()
        return found

    def begin(self) -> None:
        terms: dict[str, Any] = {"terms": Terms.PREPAID, "unit_price": 5, "hand": "pick"}
        self.goods()
        self.begins("PICK", hand="pick")
        self.begins("BACKORDER", "POT")
        self.asks(self.begins("HELD", hand="confirm"), PlaceHold(hold="look", reason="odd"))
        self.begins("ENGRAVING", "RING", wrap="paper")
        self.travels(self.begins("TRAVELS"), ParcelStatus.IN_TRANSIT)
        self.delivered("DELIVERED")
        self.asks(self.delivered("RETURN", hand="approve_return"), RequestReturn(lines={"1": 1}))
        self.begins("SENT", "VASE")
        self.asks(self.begins("CANCEL", "VASE"), Cancel(lines={"1": 1}))
        self.hears(self.begins("REFUND", **terms), self.pays(1000, "paid"))
        self.asks("REFUND", Cancel(lines={"1": 1}))
        self.world.out_of_order = {"NO-LABEL": lambda: None}
        self.begins("NO-LABEL")
        self.tells()
        self.world.deadly = "LEASED"
        self.begins("LEASED")


def main(url: str, address: str, queue: str) -> None:
    beginner = OnTemporal(url, address, queue)
    threading.Thread(target=lambda: asyncio.run(beginner.serve()), daemon=True).start()
    beginner.begin()


if __name__ == "__main__":
    main(*sys.argv[1:])
