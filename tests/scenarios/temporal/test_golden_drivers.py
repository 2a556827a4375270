"""Drivers that began under an earlier release go on under this one: their histories replay.

Each file holds histories of one order and its parcel, as the driver of that release made them: with
errands, timers, signals, and a run that was continued as new.
"""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner
from temporalio.workflow import NondeterminismError

from orderflow.runtimes.temporal.driver import ADVANCE, Driver
from tests.scenarios.temporal.test_drivers import replayed

RELEASES = sorted((Path(__file__).parent / "golden").glob("*.json"))


def golden(file: Path) -> list[WorkflowHistory]:
    return [
        WorkflowHistory.from_json(found["id"], found["history"])
        for found in json.loads(file.read_text())
    ]


@pytest.mark.parametrize("file", RELEASES, ids=lambda file: str(file.stem))
def test_drivers_of_each_release_go_on(file: Path) -> None:
    histories = golden(file)
    assert len(histories) == 5
    asyncio.run(replayed(histories))


@workflow.defn(name="orderflow")
class Hasty(Driver):
    """A driver as somebody might change it: it rests before it looks."""

    @workflow.run
    async def run(self, owner: str) -> None:
        await workflow.sleep(timedelta(seconds=1))
        await workflow.execute_local_activity(
            ADVANCE, owner, start_to_close_timeout=timedelta(seconds=1)
        )


def test_a_driver_that_does_otherwise_is_found() -> None:
    replayer = Replayer(workflows=[Hasty], workflow_runner=UnsandboxedWorkflowRunner())
    with pytest.raises(NondeterminismError):
        asyncio.run(replayer.replay_workflow(golden(RELEASES[0])[0]))
