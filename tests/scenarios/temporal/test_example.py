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
from tests.scenarios.temporal.server import Server, end_with_parent
from tests.scenarios.temporal.shops import close
from tests.scenarios.temporal.test_drivers import place
from tests.scenarios.temporal.tls import Gate, certificates
from tests.scenarios.temporal.working import wait_for


def started(database: str, **said: str) -> subprocess.Popen[bytes]:
    """The guide's worker, told where to connect by the environment."""
    return subprocess.Popen(
        [sys.executable, ROOT / "docs/examples/temporal_worker.py"],
        env={**os.environ, "ORDERFLOW_DB": database, **said},
        stderr=subprocess.PIPE,
        preexec_fn=end_with_parent,  # noqa: PLW1509 (it only calls prctl)
    )


def works_and_ends(database: str, name: str, **said: str) -> None:
    engine = Engine(SqlStore(database), [InHouse()])
    place(engine, name)
    with started(database, **said) as worker:
        try:
            wait_for(lambda: engine.order(name).status == "shipped")
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(40) == 0
        finally:
            worker.kill()
    close(engine)


def test_the_worker_of_the_guide_works_and_ends(
    postgres: str, tmp_path: Path, server: Server
) -> None:
    works_and_ends(postgres, tmp_path.name, TEMPORAL_ADDRESS=server.address)


def test_it_shows_a_certificate_and_a_key(postgres: str, tmp_path: Path, server: Server) -> None:
    """By the variables of Temporal's own tools; without a certificate it is not let in."""
    authority, cert, key = certificates(tmp_path)
    with Gate(server.address, authority, cert, key) as gate:
        there = {
            "TEMPORAL_ADDRESS": f"localhost:{gate.port}",
            "TEMPORAL_TLS_SERVER_CA_CERT_PATH": str(authority),
            "TEMPORAL_API_KEY": "a-key",
        }
        with started(postgres, **there) as refused:
            _, said = refused.communicate(timeout=40)
        assert refused.returncode == 1
        assert b"RuntimeError" in said
        shown = {
            "TEMPORAL_TLS_CLIENT_CERT_PATH": str(cert),
            "TEMPORAL_TLS_CLIENT_KEY_PATH": str(key),
        }
        works_and_ends(postgres, tmp_path.name, **there, **shown)


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
