from collections.abc import Iterator

import pytest

from tests.limit import limited  # noqa: F401 (every test here has a time limit)
from tests.scenarios.temporal.server import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A development server, one for each process that runs tests."""
    server = Server(tmp_path_factory.mktemp("temporal"))
    yield server
    server.stop()
