"""What the runner says of plays, and that nothing is left of them."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys

from tests.cases.__main__ import load, printed
from tests.conftest import ROOT

PLAYS = """
import json, os, pathlib, signal, subprocess, sys
from tests.cases.__main__ import outcome
from tests.cases.shop import Case, expect

left = int(sys.argv[1])

def right():
    print("not for the reader")

def litters():
    expect([], os.listdir())
    pathlib.Path("litter").touch()

def wrong():
    expect({"owed": 1}, {"owed": 2})

def breaks():
    raise KeyError("crm_id")

def dies():
    os._exit(3)

def hangs():
    subprocess.Popen(["sleep", "1000"], pass_fds=[left])
    signal.pause()

plays = [right, litters, litters, wrong, breaks, dies]
told = [outcome(Case("own-1", play, "own", "low")) for play in plays]
told.append(outcome(Case("own-1", hangs, "own", "low", limit=2)))
told.append(outcome(Case("own-1", hangs, "own", "low", open=True)))
print(json.dumps(told))
"""


def test_what_is_said_of_plays_and_what_is_left() -> None:
    """Each has a process and an empty folder; who hangs is ended with all that it started."""
    ended, left = os.pipe()
    command = [sys.executable, "-c", PLAYS, str(left)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, pass_fds=[left], check=False
    )
    os.close(left)
    assert done.returncode == 0, done.stderr
    right = {"verdict": "as expected"}
    assert json.loads(done.stdout) == [
        right,
        right,
        right,
        {"verdict": "different", "expected": "{'owed': 1}", "got": "{'owed': 2}"},
        {"verdict": "broke", "got": "KeyError: 'crm_id'"},
        {"verdict": "broke", "got": "the process ended with 3"},
        {"verdict": "different", "expected": "an end", "got": "none in 2 s"},
        {"verdict": "not expressible yet"},
    ]
    assert select.select([ended], [], [], 30)[0], "a process of the case that hung still lives"
    os.close(ended)


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.cases", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_list_has_a_line_a_case_and_some_can_be_chosen() -> None:
    chosen = run("--list", "money-10", "roles")
    (money,) = load(["money-10"])
    lines = chosen.stdout.splitlines()
    assert chosen.returncode == 0
    assert lines[0] == printed(money, {"verdict": "open"})
    assert lines[0].startswith("money-10                 ask the bank to capture what was auth")
    assert [line.split()[0] for line in lines] == ["money-10", *(c.id for c in load(["roles"]))]


def test_an_unknown_name_is_told() -> None:
    done = run("monye")
    assert (done.returncode, done.stderr) == (1, "no theme or case is called monye\n")
