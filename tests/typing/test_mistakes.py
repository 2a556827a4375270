"""A user's mistake gets the type error that helps.

Each file in `mistakes/` is checked as a user's own code would be: strictly, against the installed
package. A line that is wrong ends with `# E: PATTERN`, once for each error; the pattern is searched
in the message and its `[code]`.
"""

import json
import re
from pathlib import Path

from mypy import api

from tests.conftest import ROOT

MISTAKES = Path(__file__).parent / "mistakes"

Line = tuple[str, int]  # file, line number


def expected(folder: Path) -> dict[Line, list[str]]:
    """The patterns that each line of the files announces."""
    found: dict[Line, list[str]] = {}
    for path in folder.glob("*.py"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if patterns := re.split(r"\s*# E: ", line)[1:]:
                found[path.name, number] = patterns
    return found


def reported(folder: Path) -> dict[Line, list[str]]:
    """The errors that mypy gives for each line of the files."""
    options = ["--strict", "--config-file=", f"--cache-dir={ROOT}/.mypy_cache/mistakes"]
    output, problem, _ = api.run([*options, "--output=json", *map(str, folder.glob("*.py"))])
    assert not problem, problem
    found: dict[Line, list[str]] = {}
    for error in map(json.loads, output.splitlines()):
        if error["severity"] == "error":
            line = Path(error["file"]).name, error["line"]
            found.setdefault(line, []).append(f"{error['message']}  [{error['code']}]")
    return found


def differences(folder: Path) -> list[str]:
    """What was announced and did not come, and what came unannounced."""
    announced, given = expected(folder), reported(folder)
    problems = []
    for file, number in sorted(announced.keys() | given.keys()):
        patterns, errors = announced.get((file, number), []), given.get((file, number), [])
        missing = [each for each in patterns if not any(re.search(each, error) for error in errors)]
        surplus = [each for each in errors if not any(re.search(p, each) for p in patterns)]
        problems += [f"{file}:{number}: no error matches {each!r}" for each in missing]
        problems += [f"{file}:{number}: not announced: {each}" for each in surplus]
    return problems


def test_exactly_the_announced_errors_are_reported() -> None:
    assert differences(MISTAKES) == []


def test_a_missing_and_a_surplus_error_are_noticed(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(
        "a: int = 'a'  # E: Incompatible types.*assignment\n"
        "b: int = 'b'  # E: something else\n"
        "c: int = 3  # E: Incompatible types\n"
        "d: int = 'd'\n"
    )
    assert [problem.split(": ")[:2] for problem in differences(tmp_path)] == [
        ["one.py:2", "no error matches 'something else'"],
        ["one.py:2", "not announced"],
        ["one.py:3", "no error matches 'Incompatible types'"],
        ["one.py:4", "not announced"],
    ]
