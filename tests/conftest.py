"""What all tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from tests.postgres import (  # noqa: F401 (hooks and fixtures of the run's PostgreSQL server)
    postgres,
    postgres_database,
    pytest_configure_node,
    pytest_unconfigure,
)

ROOT = Path(__file__).parent.parent

settings.register_profile(
    "ci",
    derandomize=True,
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    print_blob=True,
)
settings.register_profile(
    "hunt",  # finds faults fast: random, and without the time that shrinking takes
    max_examples=300,
    stateful_step_count=40,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
)
settings.register_profile("deep", max_examples=2_000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real inputs that lies beside the repository, not in it."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real inputs are not here: no folder ../shared/data")
    return folder
