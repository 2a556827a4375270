"""What the pages say of installing: the package alone, and each extra alone, run the tutorial."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.conftest import ROOT

EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


def tutorial() -> str:
    page = (ROOT / "docs" / "tutorial" / "first-order.md").read_text()
    return "\n".join(re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE))


@pytest.mark.parametrize("extra", ["", *EXTRAS])
def test_the_tutorial_runs_on_an_install_with(extra: str, wheel: Path, tmp_path: Path) -> None:
    """In an environment of its own, so that nothing is there but what was declared."""
    uv, python = (sys.executable, "-m", "uv"), tmp_path / "env" / "bin" / "python"
    run(*uv, "venv", "--quiet", "--python", sys.executable, tmp_path / "env", cwd=tmp_path)
    wanted = f"orderflow[{extra}] @ {wheel.as_uri()}"
    run(*uv, "pip", "install", "--quiet", "--python", python, wanted, cwd=tmp_path)
    assert run(python, "-I", "-c", tutorial(), cwd=tmp_path).splitlines()[-1] == "A-3 completed ()"
