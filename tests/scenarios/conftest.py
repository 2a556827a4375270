"""Which scenarios take too long for ``make quick``."""

import pytest

SLOW = {"cli", "package", "simulation", "stores", "temporal"}
"""Rooms whose tests start processes or servers, or draw many examples."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name in SLOW:
            item.add_marker("slow")
