"""What the base shows of a life: made again with the code of the commit from which we set out."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.same.real import DATA, ROOT, data
from tests.same.recordings import RECORDINGS

BASE = (Path(__file__).parent / "base.txt").read_text().strip()
"""The commit before the first change that must not be seen: ``base.txt`` names it."""

Texts = dict[str, dict[str, str]]
"""What is seen of lives: for each by name, a text for each aspect."""


class NoBase(Exception):
    """The base is not in this repository, and why."""


class BaseFails(Exception):
    """The base is here and cannot live what is recorded, and why."""


def texts(names: Sequence[str], commit: str = BASE) -> Texts:
    """What the base shows of these lives. Raises NoBase and BaseFails."""
    with TemporaryDirectory(prefix="same-base-") as folder:
        code, shown = Path(folder, "code"), Path(folder, "texts")
        _check_out(commit, code)
        given = os.environ | {"PYTHONPATH": f"{code / 'src'}{os.pathsep}{code}", DATA: str(data())}
        asked = (sys.executable, "-m", "tests.same", "text", str(shown), *names)
        done = subprocess.run(
            asked, cwd=code, env=given, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise BaseFails(f"{done.stdout}{done.stderr}")
        return read(shown)


def _check_out(commit: str, code: Path) -> None:
    """Lay the files of a commit into a folder, to live what is recorded today."""
    asked = ("git", "archive", "--format=tar", commit, "src", "tests", "docs/examples")
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        why = done.stderr.decode().strip()
        raise NoBase(f"the base {commit[:12]} is not in this repository ({why})")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as files:
        files.extractall(code, filter="data")
    shutil.copy(RECORDINGS, code / RECORDINGS.relative_to(ROOT))


def write(shown: Texts, folder: Path) -> None:
    """Lay texts into a folder: a folder for each life, a file for each aspect."""
    for name, aspects in shown.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for aspect, text in aspects.items():
            (folder / name / aspect).write_text(text, encoding="utf-8")


def read(folder: Path) -> Texts:
    """The texts in a folder."""
    return {
        life.name: {file.name: file.read_text(encoding="utf-8") for file in sorted(life.iterdir())}
        for life in sorted(folder.iterdir())
    }
