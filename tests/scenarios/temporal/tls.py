"""A gate before a Temporal server that lets in who shows a certificate (mTLS)."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import threading
from pathlib import Path


def certificates(folder: Path) -> tuple[Path, Path, Path]:
    """An authority's certificate; one for ``localhost`` that it signed; the key of that."""
    authority, cert, key = folder / "ca.pem", folder / "cert.pem", folder / "key.pem"
    _openssl(
        *("-subj", "/CN=authority", "-addext", "keyUsage=critical,keyCertSign"),
        *("-keyout", folder / "ca.key", "-out", authority),
    )
    _openssl(
        *("-CA", authority, "-CAkey", folder / "ca.key", "-subj", "/CN=localhost"),
        *("-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=CA:FALSE"),
        *("-keyout", key, "-out", cert),
    )
    return authority, cert, key


def _openssl(*words: str | Path) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    subprocess.run([*command, *map(str, words)], check=True, capture_output=True)


class Gate:
    """Runs in a thread of its own until the ``with`` is left; *port* is where."""

    def __init__(self, address: str, authority: Path, cert: Path, key: Path) -> None:
        self._host, _, self._behind = address.partition(":")
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(authority))
        self._context.load_cert_chain(cert, key)
        self._context.verify_mode = ssl.CERT_REQUIRED
        self._context.set_alpn_protocols(["h2"])
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self.port = 0

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._pass, "127.0.0.1", ssl=self._context)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind, to = await asyncio.open_connection(self._host, int(self._behind))
        await asyncio.wait(
            [asyncio.create_task(_copy(reader, to)), asyncio.create_task(_copy(behind, writer))]
        )

    def __enter__(self) -> Gate:
        self._thread.start()
        assert self._ready.wait(30), "the gate does not open"
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)
        assert not self._thread.is_alive(), "the gate does not close"


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
