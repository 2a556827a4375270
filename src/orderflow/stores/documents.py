"""Documents and numbers in memory, and documents in files."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

__all__ = ["FileDocuments", "MemoryDocuments", "MemoryNumbers", "digest"]

_UNSAFE = r"""^\.|[. ]$|[%/\\:*?"<>|\x00-\x1f\x7f]"""


def digest(content: bytes) -> str:
    """The SHA-256 of a content."""
    return hashlib.sha256(content).hexdigest()


class MemoryNumbers:
    """The numbers port in memory, for tests: a new process starts at 0 again."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._given: dict[str, dict[str, int]] = {}

    def number(self, series: str, key: str) -> int:
        """See :class:`orderflow.ports.Numbers`."""
        with self._turn:
            given = self._given.setdefault(series, {})
            return given.setdefault(key, len(given))


class MemoryDocuments:
    """Documents in memory."""

    def __init__(self) -> None:
        self._filed: dict[str, dict[str, str]] = {}
        self._contents: dict[str, bytes] = {}

    def file(self, order: str, name: str, content: bytes) -> str:
        """See :class:`orderflow.ports.DocumentStore`."""
        found = digest(content)
        self._contents[found] = content
        self._filed.setdefault(order, {})[name] = found
        return found

    def filed(self, order: str) -> Mapping[str, str]:
        """See :class:`orderflow.ports.DocumentStore`."""
        return dict(self._filed.get(order, {}))

    def read(self, order: str, name: str) -> bytes | None:
        """See :class:`orderflow.ports.DocumentStore`."""
        found = self._filed.get(order, {}).get(name)
        return self._contents[found] if found else None

    def erase(self, order: str) -> None:
        """See :class:`orderflow.ports.DocumentStore`."""
        self._filed.pop(order, None)
        used = {found for names in self._filed.values() for found in names.values()}
        self._contents = {found: c for found, c in self._contents.items() if found in used}


class FileDocuments:
    """Documents as files: a folder for each order, a file for each document.

    A reader never sees a partial file. Characters that no file name may have become ``%XX``.

    Args:
        folder: The folder; created if missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def file(self, order: str, name: str, content: bytes) -> str:
        """See :class:`orderflow.ports.DocumentStore`."""
        path = self.path(order, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        written = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
        written.write_bytes(content)
        written.replace(path)
        return digest(content)

    def filed(self, order: str) -> Mapping[str, str]:
        """See :class:`orderflow.ports.DocumentStore`."""
        found = sorted((self._folder / _safe(order)).glob("[!.]*.pdf"))
        return {unquote(path.name[:-4]): digest(path.read_bytes()) for path in found}

    def read(self, order: str, name: str) -> bytes | None:
        """See :class:`orderflow.ports.DocumentStore`."""
        try:
            return self.path(order, name).read_bytes()
        except FileNotFoundError:
            return None

    def erase(self, order: str) -> None:
        """See :class:`orderflow.ports.DocumentStore`."""
        shutil.rmtree(self._folder / _safe(order), ignore_errors=True)

    def path(self, order: str, name: str) -> Path:
        """The path of a document, whether it exists or not."""
        return self._folder / _safe(order) / f"{_safe(name)}.pdf"


def _safe(name: str) -> str:
    """A name as one part of a path: no separators, not hidden, no parent folder."""
    return re.sub(_UNSAFE, lambda found: f"%{ord(found[0]):02X}", name)
