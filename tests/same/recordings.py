"""The recorded lives and the digests of what is seen of them, as files."""

from __future__ import annotations

import hashlib
import json
import lzma
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.same.changes import CHANGES, INPUTS, Change, changed
from tests.same.replay import ASPECTS, Told
from tests.same.wire import Json, compact

FOLDER = Path(__file__).parent
RECORDINGS = FOLDER / "recordings.jsonl.xz"
DIGESTS = FOLDER / "digests.json"

Digests = dict[str, str]
"""The digest of each aspect of a life."""


def write(lives: Iterable[Json], file: Path = RECORDINGS) -> None:
    """Keep lives: one a line."""
    lines = "".join(f"{compact(life)}\n" for life in lives)
    file.write_bytes(lzma.compress(lines.encode(), preset=9 | lzma.PRESET_EXTREME))


def read(file: Path = RECORDINGS, changes: Sequence[Change] = CHANGES) -> list[Json]:
    """All lives, in the names of today."""
    lines = lzma.decompress(file.read_bytes()).decode()
    return [json.loads(line) for line in changed(lines, INPUTS, changes).splitlines()]


def digests_of(told: Told) -> Digests:
    """What stands for each aspect of what was seen."""
    return {aspect: digest(told.text(aspect)) for aspect in ASPECTS}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def write_digests(
    found: Mapping[str, Digests], census: Sequence[str], file: Path = DIGESTS
) -> None:
    """Keep digests: a line for each life, so that a difference can be read."""
    lines = [f"{json.dumps(name)}: {json.dumps(found[name])}" for name in sorted(found)]
    body = ",\n  ".join(lines)
    what = json.dumps(census, indent=1)
    file.write_text(f'{{"lives": {{\n  {body}\n}},\n"census": {what}}}\n', encoding="utf-8")


def read_digests(file: Path = DIGESTS) -> tuple[dict[str, Digests], list[str]]:
    """The digests of each life, and the census of all of them."""
    kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return kept["lives"], kept["census"]
