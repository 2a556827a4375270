"""Versions of worker code side by side, and finding orders in Temporal's own lists."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from temporalio.api.workflowservice.v1 import SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError
from temporalio.worker import WorkerDeploymentConfig
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from orderflow import Engine, InHouse
from orderflow.runtimes.temporal import TemporalWorker
from orderflow.stores import MemoryStore, SqlStore
from tests.scenarios.temporal.server import Server
from tests.scenarios.temporal.shops import close
from tests.scenarios.temporal.test_drivers import checked, histories, place, shop
from tests.scenarios.temporal.working import Working, wait_for


def version(queue: str, build: str) -> WorkerDeploymentConfig:
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(queue, build),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )


@retry(
    retry=retry_if_exception_type(RPCError),
    stop=stop_after_delay(30),
    wait=wait_fixed(0.2),
    reraise=True,
)
def make_current(working: Working, queue: str, build: str) -> None:
    """What ``temporal worker deployment set-current-version`` does, once its worker is known."""
    asked = SetWorkerDeploymentCurrentVersionRequest(
        namespace="default", deployment_name=queue, build_id=build
    )
    service = working.client.workflow_service
    setting = service.set_worker_deployment_current_version(asked)
    asyncio.run_coroutine_threadsafe(setting, working.loop).result(30)


async def builds(client: Client, owner: str, queue: str) -> set[str]:
    """The builds that worked on an owner's workflows."""
    return {
        event.workflow_task_completed_event_attributes.deployment_version.build_id
        for history in await histories(client, owner, queue)
        for event in history.events
    } - {""}


def test_two_versions_of_the_worker_run_side_by_side(
    postgres: str, tmp_path: Path, server: Server
) -> None:
    """The new one alone knows the new workflow; no order meets a worker that does not know it."""
    old, new, queue = checked(1, "ok"), checked(2, "passed"), tmp_path.name
    before, after = shop(postgres, old), shop(postgres, new, old)
    with Working(before, server, queue=queue, deployment=version(queue, "1")) as working:
        make_current(working, queue, "1")
        place(before, "A-1")
        working.settle()
        with Working(after, server, queue=queue, deployment=version(queue, "2")) as later:
            make_current(later, queue, "2")
            place(after, "A-2")
            later.settle()
            for task in list(after.tasks(role="inspector")):
                after.complete(task, by="ivo")
            later.settle()
    assert {after.order(name).status for name in ("A-1", "A-2")} == {"shipped"}
    found = {name: asyncio.run(worked(server, f"order:{name}", queue)) for name in ("A-1", "A-2")}
    assert found == {"A-1": {"1", "2"}, "A-2": {"2"}}
    close(before)
    close(after)


async def worked(server: Server, owner: str, queue: str) -> set[str]:
    return await builds(await server.client(), owner, queue)


def test_temporals_lists_find_an_order_by_number_and_status(
    postgres: str, tmp_path: Path, server: Server
) -> None:
    engine = Engine(SqlStore(postgres), [InHouse()])
    name = tmp_path.name
    with Working(engine, server, queue=name) as working:
        place(engine, name)
        working.settle()
        asked = f"OrderNumber = '{name}' and OrderStatus = 'shipped'"
        wait_for(lambda: asyncio.run(listed(server, asked)) == [f"{name}/order:{name}"])
        parcels = asyncio.run(listed(server, f"OrderNumber = '{name}' and OrderStatus is null"))
        assert parcels == [f"{name}/parcel:{name}-P1"]
    close(engine)


async def listed(server: Server, asked: str) -> list[str]:
    client = await server.client()
    return sorted({found.id async for found in client.list_workflows(asked)})


def test_bad_arguments_are_named(server: Server) -> None:
    client = asyncio.run(server.client())
    with pytest.raises(TypeError, match="a SqlStore can be shared, not a MemoryStore"):
        TemporalWorker(Engine(MemoryStore(), [InHouse()]), client)


def test_an_unknown_lane_is_named(server: Server, tmp_path: Path) -> None:
    engine = Engine(SqlStore(f"sqlite:///{tmp_path}/orders.db"), [InHouse()])
    client = asyncio.run(server.client())
    with pytest.raises(ValueError, match="no lane is called dropship"):
        TemporalWorker(engine, client, serves=["dropship"])
    close(engine)
