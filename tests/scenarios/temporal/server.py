"""A Temporal server of the tests' own, on a free port; its data is a file, so it may be killed."""

from __future__ import annotations

import asyncio
import ctypes
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from temporalio.client import Client
from temporalio.service import RPCError
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_fixed

_BIN = Path(sys.executable).parent


class Server:
    """The development server. ``kill`` is a crash, ``stop`` its end."""

    def __init__(self, folder: Path, *settings: str) -> None:
        self._folder, self._settings = folder, settings
        self.address = f"127.0.0.1:{_free_port()}"
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        ip, port = self.address.split(":")
        command = [_BIN / "temporal", "server", "start-dev", "--headless", "--ip", ip]
        command += ["--port", port, "--http-port", str(_free_port()), "--log-level", "error"]
        command += ["--db-filename", self._folder / "temporal.db"]
        for setting in self._settings:
            command += ["--dynamic-config-value", setting]
        with (self._folder / "temporal.log").open("ab") as log:
            self._process = subprocess.Popen(
                list(map(str, command)),
                stdout=log,
                stderr=log,
                preexec_fn=end_with_parent,  # noqa: PLW1509 (it only calls prctl)
            )
        asyncio.run(self.client())

    async def client(self, **options: Any) -> Client:
        """A connection."""
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type((RuntimeError, RPCError)),
            stop=stop_after_delay(60),
            wait=wait_fixed(0.1),
            reraise=True,
        ):
            with attempt:
                client = await Client.connect(self.address, **options)
                await client.count_workflows()
        return client

    def kill(self) -> None:
        """Crash it."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(30)


def end_with_parent() -> None:
    """Have the kernel end a process should the tests be killed (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
