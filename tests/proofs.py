"""Every proof that takes longer than the tests, one after the other: what ``make proofs`` runs.

A proof is green where its target ended well and did something: what it counted stands beside it.
PROOFS="crash soak" chooses some; what each printed is kept in the folder ``.proofs``.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

TARGETS = ("same", "builds", "temporal", "soak", "crash", "retail", "torture", "matrix")
SEEDS = 3
"""Times that random lives are lived, each time with a seed that is drawn then."""

_SUMMARY = re.compile(
    r"^[= ]*("  # of pytest, quiet or not; and of the torture
    r"(?:no tests ran|\d+ [a-z]+(?:, \d+ [a-z]+)*) in [\d.]+s(?: \([\d:]+\))?"
    r"|\d+ orders, .*|same: .*"
    r")[= ]*$",
    re.MULTILINE,
)
_DONE = re.compile(r"\b([1-9]\d*) (?:passed|orders|lives)\b")


@attrs.frozen
class Proof:
    """A target of the Makefile, and what it is told."""

    target: str
    seed: int | None = None

    @property
    def command(self) -> list[str]:
        """How to run it again."""
        told = [] if self.seed is None else [f"TORTURE_SEED={self.seed}"]
        return ["make", self.target, *told]

    @property
    def log(self) -> str:
        return self.target + (".log" if self.seed is None else f"-{self.seed}.log")


@attrs.frozen
class Outcome:
    """What came of a proof."""

    proof: Proof
    ended: bool
    seconds: float
    counted: Sequence[str]
    log: Path

    @property
    def green(self) -> bool:
        """Whether it ended well, and each of its parts did something."""
        return self.ended and bool(self.counted) and all(map(_DONE.search, self.counted))

    def __str__(self) -> str:
        name, colour = " ".join(self.proof.command), "green" if self.green else "red"
        counted = "; ".join(self.counted) or "nothing was counted"
        return f"{name:<32} {colour:<5} {self.seconds / 60:6.1f} min  {counted}  [{self.log}]"


def chosen(names: Sequence[str]) -> Iterator[Proof]:
    """The proofs of these names."""
    for name in names:
        if name == "torture":
            seeds = random.SystemRandom().sample(range(10**6), SEEDS)
            yield from (Proof(name, seed) for seed in seeds)
        else:
            yield Proof(name)


def proved(proof: Proof, folder: Path) -> Outcome:
    """Run a proof with the Makefile in a folder."""
    log = folder / ".proofs" / proof.log
    log.parent.mkdir(exist_ok=True)
    own = {name: told for name, told in os.environ.items() if "MAKE" not in name}
    since = time.monotonic()
    with log.open("w") as out:
        done = subprocess.run(
            proof.command, cwd=folder, env=own, stdout=out, stderr=subprocess.STDOUT, check=False
        )
    counted = _SUMMARY.findall(log.read_text(errors="replace"))
    took = time.monotonic() - since
    return Outcome(proof, done.returncode == 0, took, counted, log.relative_to(folder))


def main(names: Sequence[str], folder: Path) -> bool:
    """Run proofs, say of each what came of it, and of all at the end; whether all are green."""
    outcomes = []
    for proof in chosen(names):
        outcomes.append(proved(proof, folder))
        print(outcomes[-1], flush=True)
    print("", *outcomes, sep="\n")
    return bool(outcomes) and all(outcome.green for outcome in outcomes)


if __name__ == "__main__":
    names = os.environ.get("PROOFS", "").split() or TARGETS
    sys.exit(not main(names, Path(__file__).parent.parent))
