"""What the laws share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.laws.places import Place, in_database, in_memory


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """An empty place to keep orders in."""
    if request.param == "memory":
        found = in_memory()
    elif request.param == "sqlite":
        found = in_database(f"sqlite:///{tmp_path}/shop.db")
    else:
        found = in_database(request.getfixturevalue("postgres"))
    yield found
    found.close()
