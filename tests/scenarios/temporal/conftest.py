from collections.abc import Iterator

import pytest

from tests.scenarios.temporal.server import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A development server, one for each process that runs tests."""
    server = Server(tmp_path_factory.mktemp("temporal"))
    yield server
    server.stop()
