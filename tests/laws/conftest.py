"""What the laws share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.laws.places import Place, in_database, in_memory


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty place to keep orders in."""
    if request.param == "memory":
        return in_memory()
    if request.param == "sqlite":
        return in_database(f"sqlite:///{tmp_path}/shop.db")
    return in_database(request.getfixturevalue("postgres"))
