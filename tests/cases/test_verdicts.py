"""What comes of each case today stands in ``verdicts.txt``: a change says which verdicts it turns.

The slow cases are played with SLOW_CASES=1.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.cases.__main__ import HERE, load
from tests.conftest import ROOT

VERDICTS = HERE / "verdicts.txt"
PARTS = 4
SLOW = bool(os.environ.get("SLOW_CASES"))


def written() -> dict[str, str]:
    """The verdict of each case, by its id."""
    lines = VERDICTS.read_text().splitlines()
    return dict(line.split(maxsplit=1) for line in lines)


def test_each_case_has_a_verdict() -> None:
    """In the order in which they are played."""
    assert list(written()) == [case.id for case in load()]


def test_only_an_open_case_is_not_expressible() -> None:
    unplayed = [name for name, verdict in written().items() if verdict == "not expressible yet"]
    assert unplayed == [case.id for case in load() if case.open]


@pytest.mark.parametrize("part", range(PARTS))
def test_verdicts(part: int) -> None:
    """One process plays many: what they import takes longer than most of them."""
    chosen = [case for case in load() if SLOW or not case.slow][part::PARTS]
    command = [sys.executable, "-m", "tests.cases", "--json", *(case.id for case in chosen)]
    time = 60 + sum(case.limit for case in chosen)
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=time, check=False
    )
    rows = {row["id"]: row for row in json.loads(done.stdout)["cases"]}
    assert list(rows) == [case.id for case in chosen]
    turned = [
        f"{name} was {written()[name]!r} and is now {row['verdict']!r}, "
        f"write it down in {VERDICTS.relative_to(ROOT)}: {row}"
        for name, row in rows.items()
        if row["verdict"] != written()[name]
    ]
    assert not turned, "\n".join(turned)
