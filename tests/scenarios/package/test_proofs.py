"""All proofs together are green where each is, and each did something."""

from pathlib import Path

import pytest

from tests.proofs import SEEDS, main

TARGETS = {
    "good": "echo '===== 12 passed, 3 skipped in 4.20s (0:00:04) ====='",
    "quiet": "echo '7 passed in 0.10s'",
    "bad": "echo '1 failed, 11 passed in 4.20s'; exit 1",
    "silent": "true",
    "skipping": "echo '3 skipped in 0.01s'",
    "empty": "echo 'no tests ran in 0.01s'",
    "half": "echo '12 passed in 4.20s'; echo '3 skipped in 0.01s'",
    "torture": 'echo "$$TORTURE_SEED" >> seeds; echo "12 orders, 34 steps, 56 commits: good"',
    "idle": 'echo "0 orders, 0 steps, 0 commits: good"',
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project whose targets only say that they did something."""
    rules = [f"{name}:\n\t@{does}\n" for name, does in TARGETS.items()]
    (tmp_path / "Makefile").write_text(f".PHONY: {' '.join(TARGETS)}\n" + "\n".join(rules))
    return tmp_path


def test_all_are_green_where_each_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["good", "quiet"], folder)
    good, quiet, _, *table = capsys.readouterr().out.splitlines()
    assert table == [good, quiet]
    assert good.split()[:3] == ["make", "good", "green"]
    assert "12 passed, 3 skipped in 4.20s (0:00:04)  [.proofs/good.log]" in good
    assert "7 passed" in (folder / ".proofs" / "quiet.log").read_text()


@pytest.mark.parametrize(
    "name", ["bad", "silent", "skipping", "empty", "half", "idle", "not_there"]
)
def test_one_that_failed_or_did_nothing_is_red_and_the_others_are_run(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not main([name, "good"], folder)
    red, green, *_ = capsys.readouterr().out.splitlines()
    assert red.split()[:3] == ["make", name, "red"]
    assert green.split()[:3] == ["make", "good", "green"]


def test_none_is_no_proof(folder: Path) -> None:
    assert not main([], folder)


def test_random_lives_are_lived_with_other_seeds_which_are_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["torture"], folder)
    seeds = (folder / "seeds").read_text().split()
    assert len(set(seeds)) == len(seeds) == SEEDS
    told = capsys.readouterr().out.splitlines()
    assert [line.split()[2] for line in told[:SEEDS]] == [f"TORTURE_SEED={s}" for s in seeds]
    assert all((folder / ".proofs" / f"torture-{seed}.log").exists() for seed in seeds)
