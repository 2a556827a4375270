"""An application installs the wheel, imports the kit, and its own tests pass."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.conftest import ROOT

EXAMPLE = ROOT / "docs/examples/downstream"


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The example and orderflow's wheel in a venv of their own; nothing is downloaded.

    What they depend on comes from the environment that runs the tests.
    """
    folder = tmp_path_factory.mktemp("downstream")
    shutil.copytree(EXAMPLE, folder / "engravings")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=ROOT)
    run(sys.executable, "-m", "venv", "--without-pip", "venv", cwd=folder)
    python = str(folder / "venv/bin/python")
    show = "import sysconfig; print(sysconfig.get_path('purelib'))"
    installed = Path(run(python, "-c", show, cwd=folder).strip())
    (installed / "others.pth").write_text(sysconfig.get_path("purelib"))
    (wheel,) = folder.glob("*.whl")
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--no-index", "--no-deps")
    run(*pip, "--no-build-isolation", "--ignore-installed", str(wheel), "./engravings", cwd=folder)
    return folder / "engravings", python


def test_it_runs_on_the_wheel(application: tuple[Path, str]) -> None:
    folder, python = application
    show = "import orderflow, engravings; print(orderflow.__file__, engravings.__file__, sep='\\n')"
    for path in run(python, "-c", show, cwd=folder).split():
        assert "downstream" in path
        assert "site-packages" in path


def test_its_tests_pass(application: tuple[Path, str]) -> None:
    folder, python = application
    told = run(python, "-m", "pytest", "-v", "-p", "no:cacheprovider", cwd=folder)
    assert "TestEngraver::test_nothing_leaves_unengraved PASSED" in told
    assert "TestEngraver::test_it_ships_exactly_what_was_ordered PASSED" in told
    assert "TestEngraved::test_work_on_it_comes_to_an_end SKIPPED" in told
    assert "test_shop.py::TestShop::runTest PASSED" in told


def test_its_tests_tell_what_is_wrong_with_a_change(application: tuple[Path, str]) -> None:
    """A strategy answers in words that nobody knows: a law says so, and tells the life."""
    folder, python = application
    wrong = """
import engravings
from engravings import Engraver
from orderflow.testing import FulfillmentStrategyContract, lines

class Hasty(Engraver):
    def perform(self, deed):
        return "picked" if deed.name == "pick" else super().perform(deed)

class TestHasty(FulfillmentStrategyContract):
    def make_strategy(self): return Hasty()
    def line(self): return lines(["RING-1"])
"""
    (folder / "test_wrong.py").write_text(wrong)
    command = (python, "-m", "pytest", "-p", "no:cacheprovider", "--hypothesis-seed=1")
    law = "it_answers_with_commands_and_observations"
    done = subprocess.run(
        [*command, "test_wrong.py", "-k", law],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert (
        "pick was answered with 'picked'; answer with a command, an observation, or None"
        in done.stdout
    )
    assert f"law {law}: An effect is answered with a command" in done.stdout
    assert "What happened:" in done.stdout
