"""What the tests of pages share."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import Engine


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Where a page's blocks run: in a folder of their own, with the names of one module."""
    module = ModuleType("example")  # a real module: classes look their annotations up in it
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.chdir(tmp_path)
    yield module.__dict__
    for value in vars(module).values():
        if isinstance(value, Engine):  # a page's own; an application keeps it open
            value.dispose()
