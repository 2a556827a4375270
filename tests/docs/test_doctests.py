"""Every docstring's example is true."""

import doctest
import importlib
from importlib.util import find_spec
from pathlib import Path

import pytest


def module_names() -> list[str]:
    """Every module of the installed package, without importing one."""
    spec = find_spec("orderflow")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    paths = [path.relative_to(package.parent) for path in package.rglob("*.py")]
    parts = [path.with_suffix("").parts for path in paths if path.name != "__main__.py"]
    return sorted(".".join(part for part in each if part != "__init__") for each in parts)


@pytest.mark.parametrize("name", module_names())
def test_module(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module(name)
    monkeypatch.chdir(tmp_path)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert doctest.testmod(module, optionflags=flags).failed == 0
