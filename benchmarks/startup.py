"""What it costs to import orderflow, in processes of their own."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable, Iterator

from benchmarks.harness import Pair, Race, at_most

__all__ = ["races"]

DEPENDENCIES = "from pydantic import BaseModel, Field; import attrs, transitions"
EXTRAS = {"alembic", "hypothesis", "msgspec", "psycopg", "pytest", "reportlab", "rich"}
EXTRAS |= {"sqlalchemy", "temporalio", "typer"}
FRONT_DOOR = f"from orderflow import Engine; import sys; assert not {EXTRAS} & set(sys.modules)"
HELP = "import sys; sys.argv[1:] = ['--help']; from orderflow.cli import main; main()"
PEER_HELP = """
import sys, typer, rich.console, rich.table
sys.argv[1:] = ['--help']
app = typer.Typer()
for name in ('run', 'show', 'explain', 'timeline'):
    app.command(name)(lambda order: None)
app()
"""


def running(program: str) -> Callable[[], float]:
    """A contender: milliseconds of a program, the least of three, without the bare interpreter."""
    return lambda: 1_000 * (_least(program) - _least(""))


def _least(program: str) -> float:
    """The least processor time of three runs."""
    times = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times)


def races() -> Iterator[Race]:
    yield Race(
        "start-up",
        "ms beyond the interpreter's own",
        {
            "orderflow": running(FRONT_DOOR),
            "its dependencies": running(DEPENDENCIES),
            "orderflow --help": running(HELP),
            "a typer program's --help": running(PEER_HELP),
        },
        (
            Pair("from orderflow import Engine", "orderflow", "its dependencies", at_most(1.8)),
            Pair("orderflow --help", "orderflow --help", "a typer program's --help"),
        ),
    )
