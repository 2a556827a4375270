"""The same orders on Temporal, over the PostgreSQL store (extra ``temporal``).

Rows of the outbox stay the truth. A hand-over finds those that are due and wakes a workflow, whose
id is a function of the order or parcel; the workflow has the engine's own worker do them, in
activities, and waits for the next one by Temporal's timers.
"""

from orderflow.runtimes.links import link, workflow_id
from orderflow.runtimes.temporal.activities import Lane
from orderflow.runtimes.temporal.worker import TemporalWorker, prepare

__all__ = ["Lane", "TemporalWorker", "link", "prepare", "workflow_id"]
