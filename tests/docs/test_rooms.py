"""The page of the shape names the kernel's rooms; each has its page and its tests by its name."""

import re

from tests.conftest import ROOT

ROWS = re.findall(
    r"^\| (`[^|]*`) \| [^|]+ \| (?:\[[^]]+\]\((?:\.\./trouble/)?([^)]*)\.md\))? ?\|$",
    (ROOT / "docs" / "explanation" / "shape.md").read_text(),
    re.MULTILINE,
)
KERNEL = ROOT / "src" / "orderflow" / "kernel"


def test_the_page_names_the_rooms_that_there_are() -> None:
    named = [name for names, _ in ROWS for name in re.findall(r"`(\w+)`", names)]
    rooms = {path.stem for path in KERNEL.iterdir() if not path.name.startswith("__")}
    assert set(named) == rooms - {"policies"}  # the old name of a front door


def test_a_rooms_page_and_tests_have_its_name() -> None:
    pages = {names.strip("`"): page for names, page in ROWS if page}
    assert pages == {room: room for room in pages}
    tests = {path.name for path in (ROOT / "tests").glob("*/*") if path.is_dir()}
    assert set(pages) <= tests
    written = {path.stem for path in (ROOT / "docs" / "trouble").glob("*.md")} - {"index"}
    assert written == set(pages)
