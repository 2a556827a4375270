"""Recording anew: random lives from the seeds that stand here, scenes, worlds, workflows.

What a seed draws changes with the library and with Hypothesis, so the lives that it gives are kept,
not the seeds. Whoever records anew gets other lives: the base has to move to that commit.
"""

from __future__ import annotations

from collections.abc import Iterable
from multiprocessing import Pool

from tests.same import drawing, machines, scenes, worlds
from tests.same.wire import Json, compact

LIVES_OF_A_PART = 8
STEPS = 40
FLOWS = 80
PARTS = {"lives": 8, "cancelled": 6, "delivered": 6, "hooked": 9, "ways": 5}
"""How many parts of each machine."""


def _part(part: tuple[str, int]) -> list[Json]:
    name, number = part
    lives = machines.lived(name, number, LIVES_OF_A_PART, STEPS)
    for count, life in enumerate(lives):
        life["life"] = f"{name}-{number:02}-{count:02}"
    return lives


def recorded() -> Iterable[Json]:
    """All lives, each once."""
    parts = [(name, number) for name, count in PARTS.items() for number in range(1, count + 1)]
    with Pool(2) as pool:
        random = [life for lives in pool.imap(_part, parts, chunksize=1) for life in lives]
    known: set[str] = set()
    flows = drawing.drawn(1, FLOWS)
    for life in [*scenes.played(), *worlds.all_lived(), *flows, *random]:
        content = compact({**life, "life": ""})
        if content not in known:
            known.add(content)
            yield life
