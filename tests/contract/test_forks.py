"""A store that was opened before a fork works in parent and children; no end harms another."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.forking import STORES
from tests.mutants import Law, Mutant, Mutants

ROOT = Path(__file__).parents[2]


def forks(url: str, how: str, life: str, mutant: str = "") -> dict[str, Any]:
    """What was printed by a process that forks."""
    command = [sys.executable, "-m", "tests.forking", url, how, life, mutant]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=50, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def go_on(url: str, how: str, mutant: str = "") -> None:
    """Parent and children place orders, while the others live and after they have ended."""
    found = forks(url, how, "lives", mutant)
    assert [child["held"] for child in found["children"]] == [0, 0], "a child has the file open"
    parent = ["P-1", "P-2", "after-2", "after-3"]
    assert found["parent"] == [f"placed {number}" for number in parent]
    assert [child["did"] for child in found["children"]] == ["placed C-1", "placed C-2"]
    assert found["orders"] == sorted(["C-1", "C-2", *parent])
    assert found["reserved"] == 12


@pytest.mark.parametrize("how", STORES)
def test_parent_and_children_go_on(database: str, how: str) -> None:
    go_on(database, how)


def test_a_child_that_was_forked_in_mid_work_goes_on_or_is_told(database: str) -> None:
    found = forks(database, "ours", "in_mid_work")
    assert found["parent"] == ["placed P-1"]
    did = found["children"][0]["did"]
    if database.startswith("sqlite"):
        assert did.startswith("this process was forked while its parent worked with the SQLite")
        assert found["orders"] == ["P-1"]
    else:
        assert did == "placed C-1"
        assert found["orders"] == ["C-1", "P-1"]


# --- mutants -------------------------------------------------------------------------------------


def after_fork() -> str:
    """A child goes on with the connections of its parent, and ends them when it ends."""
    return "postgresql"


def before_fork() -> str:
    """A child has the SQLite file open that its parent has locked."""
    return "sqlite"


MUTANTS = Mutants("forks", (after_fork, before_fork))


@MUTANTS.each
def test_mutant_is_caught(
    mutant: Mutant[Any], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    name = mutant.how.__name__
    lite = mutant.how() == "sqlite"
    url = f"sqlite:///{tmp_path}/orders.db" if lite else request.getfixturevalue("postgres")
    mutant.breaks(Law("go_on", lambda: go_on(url, "ours", name)))
