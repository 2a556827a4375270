"""Proves that a change of the code changes nothing that anybody can see: what ``make same`` runs.

python -m tests.same            lives all recorded lives again, and compares
python -m tests.same digest     keeps what is seen now as what has to be seen
python -m tests.same record     records other lives
python -m tests.same text FOLDER NAME...    writes what is seen of lives as text
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from multiprocessing import Pool
from pathlib import Path
from time import monotonic

from tests.same import base, real, recordings
from tests.same.census import census_of
from tests.same.changes import CHANGES
from tests.same.comparing import CORES, difference, differing, lived, look_at, name_of
from tests.same.replay import ASPECTS
from tests.same.wire import Json

SHOWN = 3
"""Lives of which the difference is printed."""


def all_lives() -> list[Json | str]:
    """Those that are recorded, and those of the real data that is there."""
    return [*recordings.read(), *real.present()]


def say_what_is_passed_over() -> None:
    for name in sorted(real.LIVES.keys() - set(real.present())):
        print(f"{name} is passed over: there is no {real.data() / real.FILES[name]}")


def texts_of(names: Sequence[str]) -> base.Texts:
    """What is seen of lives now."""
    asked = [life for life in all_lives() if name_of(life) in names]
    with Pool(CORES) as pool:
        return dict(pool.map(_texts, asked, chunksize=1))


def _texts(life: Json | str) -> tuple[str, dict[str, str]]:
    told = lived(life)
    return name_of(life), {aspect: told.text(aspect) for aspect in ASPECTS}


def record() -> int:
    """Record, keep, and look at what was recorded."""
    recordings.write(recordings_made())
    return digest()


def recordings_made() -> list[Json]:
    from tests.same.recording import recorded  # noqa: PLC0415 (needs Hypothesis, and the tests)

    return list(recorded())


def digest() -> int:
    """Keep what is seen now. What is not there now is kept as it was."""
    say_what_is_passed_over()
    seen = look_at(all_lives())
    before = recordings.read_digests()[0] if recordings.DIGESTS.exists() else {}
    kept = {name: before[name] for name in real.LIVES if name in before}
    recordings.write_digests({**kept, **seen.digests}, sorted(seen.census))
    print(seen)
    for line in census_of(seen.census):
        print(line)
    print("commit the digests, and name that commit in tests/same/base.txt, so that it is the base")
    return 0


def compare() -> int:
    """Compare with what is kept; where it differs, show how."""
    say_what_is_passed_over()
    begun = monotonic()
    lives = all_lives()
    kept, _ = recordings.read_digests()
    seen = look_at(lives)
    found = differing(kept, seen.digests)
    took = f"{monotonic() - begun:.0f} s"
    if not found:
        print(f"same: {seen} ({took})")
        return 0
    print(f"{len(found)} lives differ: {seen} ({took})")
    return explain(found)


def explain(found: dict[str, list[str]]) -> int:
    """Say what differs; 0 where all of it was changed on purpose."""
    for name, aspects in found.items():
        print(f"  {name}: {', '.join(aspects)}")
    asked = list(found) if CHANGES else list(found)[:SHOWN]
    try:
        before = base.texts(asked)
    except (base.NoBase, base.BaseFails) as why:
        print(f"no more can be said: {why}")
        return 1
    now = texts_of(asked)
    shown = {name: list(difference(before.get(name, {}), now[name], ASPECTS)) for name in asked}
    told = {name: lines for name, lines in shown.items() if lines}
    for name, lines in list(told.items())[:SHOWN]:
        print(f"--- {name}", *lines, sep="\n")
    if told:
        return 1
    if len(asked) < len(found):
        print("these look as in the base: were the digests kept with other recordings?")
        return 1
    print(f"{len(asked)} lives differ from the base as tests/same/changes.py says, and no more")
    return 0


def text(folder: str, *names: str) -> int:
    """Write what is seen of lives."""
    base.write(texts_of(names), Path(folder))
    return 0


def main(command: str = "", *given: str) -> int:
    if whole := {"": compare, "digest": digest, "record": record}.get(command):
        return whole()
    return text(*given)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
