"""The page about speed shows what the last run of the benchmarks found, and nothing else."""

from benchmarks.report import PAGE, PLOTS, load, page_with
from tests.conftest import ROOT


def test_tables_are_those_of_the_last_run() -> None:
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    assert page_with(page, load()) == page


def test_every_result_is_on_the_page() -> None:
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    missing = [row["name"] for row in load() if f"| {row['name']} |" not in page]
    assert not missing, "give their tables a place: <!-- table: … -->"


def test_every_plot_is_on_the_page() -> None:
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    drawn = {f"{PLOTS.name}/{plot.name}" for plot in (ROOT / PLOTS).glob("*.svg")}
    assert drawn == {found for found in drawn if f"]({found})" in page}
    assert drawn
