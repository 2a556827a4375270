"""The wheel and the tests of an earlier commit, unpacked: where a process of that build runs.

It is built once for each commit, from the history of git, and runs on the packages that are
installed here.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tests.conftest import ROOT

BASE = (Path(__file__).parent / "base.txt").read_text().strip()
"""The commit of the earlier build. It stands in that file alone."""
UNPACKED = ROOT / ".builds"


class NotInHistory(Exception):
    """The earlier commit cannot be had from here."""


def unpacked(commit: str = BASE) -> Path:
    """A folder with a commit's wheel and tests, made where it is missing. Raises NotInHistory."""
    folder = UNPACKED / commit
    if not folder.is_dir():
        UNPACKED.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=UNPACKED) as building:
            source, built = Path(building, "source"), Path(building, "built")
            with tarfile.open(fileobj=io.BytesIO(archive(commit))) as files:
                files.extractall(source, filter="data")
            with zipfile.ZipFile(_wheel(source)) as wheel:
                wheel.extractall(built)
            (source / "tests").rename(built / "tests")
            with suppress(OSError):  # another process was faster: its folder is as good
                built.rename(folder)
    return folder


def archive(commit: str) -> bytes:
    """The files of a commit, as a tar. Raises NotInHistory."""
    command = ["git", "archive", commit, "src", "tests", "pyproject.toml", "README.md", "LICENSE"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    except FileNotFoundError:
        raise NotInHistory(_told(commit, "git is not installed")) from None
    if done.returncode:
        raise NotInHistory(_told(commit, done.stderr.decode().strip()))
    return done.stdout


def _told(commit: str, why: str) -> str:
    return (
        f"the commit {commit}, on whose wheel orders are begun (tests/builds/base.txt), cannot be "
        f"had here ({why}): use a clone with its history; `git fetch --unshallow` completes one"
    )


def _wheel(source: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (wheel,) = (source / "dist").glob("*.whl")
    return wheel


def environment(build: Path, **more: str) -> Mapping[str, str]:
    """The environment of a process that runs on a build; its lines count in no coverage."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    return kept | {"PYTHONPATH": str(build)} | more
