"""The same orders on Temporal, over the PostgreSQL store (extra ``temporal``).

The rows of the outbox stay the only state. The dispatcher finds due rows and wakes a workflow,
whose id is a function of the order or parcel; the workflow runs activities in which the engine's
own worker does the rows, and waits for the next one by Temporal's timers.
"""

from orderflow.runtimes.links import link, workflow_id
from orderflow.runtimes.temporal.activities import Lane
from orderflow.runtimes.temporal.worker import TemporalWorker, prepare

__all__ = ["Lane", "TemporalWorker", "link", "prepare", "workflow_id"]
