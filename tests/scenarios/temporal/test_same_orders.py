"""Orders that are worked through Temporal end as those of the local worker, row for row."""

from pathlib import Path

from tests.crash.scenario import Picture, Process, picture
from tests.crash.world import Points
from tests.scenarios.temporal.server import Server
from tests.scenarios.temporal.shops import played, scenario
from tests.scenarios.temporal.working import Working


def by_the_local_worker(folder: Path) -> Picture:
    folder.mkdir()
    process = Process(f"sqlite:///{folder}/orders.db", folder, Points())
    process.play()
    return picture(process)


def through_temporal(url: str, folder: Path, server: Server) -> Picture:
    process = scenario(url, folder)
    with Working(process.engine, server, queue=folder.name) as working:
        played(process, working.settle)
    process.check()
    return picture(process)


def test_every_method_on_postgresql(postgres: str, tmp_path: Path, server: Server) -> None:
    local = by_the_local_worker(tmp_path / "local")
    found = through_temporal(postgres, tmp_path, server)
    assert found.things == local.things
    assert found.tables == local.tables
