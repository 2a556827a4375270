"""The worker of the how-to guide, as a process: it works orders, and ends when it is told to."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from orderflow import Engine, InHouse
from orderflow.cli.app import app
from orderflow.stores import SqlStore
from tests.conftest import ROOT
from tests.temporal.server import Server, end_with_parent
from tests.temporal.shops import close
from tests.temporal.test_drivers import place
from tests.temporal.working import wait_for


def test_the_worker_of_the_guide_works_and_ends(
    postgres: str, tmp_path: Path, server: Server
) -> None:
    engine = Engine(SqlStore(postgres), [InHouse()])
    name = tmp_path.name
    said = {"TEMPORAL_ADDRESS": server.address, "ORDERFLOW_DB": postgres}
    worker = subprocess.Popen(
        [sys.executable, ROOT / "docs/examples/temporal_worker.py"],
        env={**os.environ, **said},
        preexec_fn=end_with_parent,  # noqa: PLW1509 (it only calls prctl)
    )
    try:
        place(engine, name)
        wait_for(lambda: engine.order(name).status == "shipped")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(40) == 0
    finally:
        worker.kill()
        worker.wait()
    close(engine)


def test_explain_links_to_the_drivers(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/orders.db"
    engine = Engine(SqlStore(url), [InHouse()])
    place(engine, "A-1")
    engine.worker.run_until_idle()
    close(engine)
    pages = "http://localhost:8233/namespaces/default/workflows/orderflow"
    said = CliRunner().invoke(app, ["explain", "A-1", "--db", url, "--temporal", pages]).output
    assert f"driver: {pages}%2Forder%3AA-1\n" in said
    assert f"driver: {pages}%2Fparcel%3AA-1-P1\n" in said
    assert "driver:" not in CliRunner().invoke(app, ["explain", "A-1", "--db", url]).output
