"""All that is stored can be moved into another database, and is the same there."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from orderflow import Engine
from orderflow.cli.app import app
from orderflow.cli.shop import standard_shop
from orderflow.engine.doctor import examine
from orderflow.model.commands import ReceiveStock
from orderflow.stores import SqlDocuments, SqlNumbers, SqlStore
from orderflow.stores.sql.copy import CopyRefused, copy_database
from tests.crash.scenario import Process, picture
from tests.crash.world import Points

HALF = 14


@pytest.fixture
def half(tmp_path: Path) -> Iterator[Process]:
    """A shop in the middle of its scenario, with documents and numbers."""
    process = Process(f"sqlite:///{tmp_path}/source.db", tmp_path, Points())
    for number, step in enumerate(process.steps()[:HALF]):
        process.clock.set(process.clock.day(number / 24))
        step()
        process.engine.worker.run_until_idle()
    url = f"sqlite:///{tmp_path}/source.db"
    with closing(SqlDocuments(url)) as documents, closing(SqlNumbers(url)) as numbers:
        documents.file("H-1", "label.pdf", b"a label")
        assert numbers.number("invoices", "H-1") == 0
    yield process
    process.store.close()


def test_a_moved_shop_goes_on_as_if_nothing_was(
    half: Process, postgres: str, tmp_path: Path
) -> None:
    """Its second half is played in the other database, and both halves' rows are compared."""
    target = SqlStore(postgres)
    moved = copy_database(half.store, target)
    target.close()
    assert moved["orderflow_order_states"] == 10
    assert moved["orderflow_documents"] == 1
    there = Process(postgres, tmp_path / "there", Points())
    (tmp_path / "there").mkdir()
    (tmp_path / "there/world").write_bytes((tmp_path / "world").read_bytes())
    assert list(examine(there.engine)) == []
    for process in (half, there):
        for number, step in enumerate(process.steps()):
            if number >= HALF:
                process.clock.set(process.clock.day(number / 24))
                step()
                process.engine.worker.run_until_idle()
        process.check()
    assert picture(there) == picture(half)
    with closing(SqlDocuments(postgres)) as documents, closing(SqlNumbers(postgres)) as numbers:
        assert documents.read("H-1", "label.pdf") == b"a label"
        assert [numbers.number("invoices", name) for name in ("H-1", "H-2")] == [0, 1]


def test_from_schema_to_schema(half: Process, postgres: str) -> None:
    """Documents and numbers come along, and what is counted up goes on."""
    with psycopg.connect(postgres.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute("create schema first")
        admin.execute('create schema "Second one"')
    with (
        closing(SqlStore(postgres, schema="first")) as first,
        closing(SqlStore(postgres, schema="Second one")) as second,
    ):
        moved = copy_database(half.store, first)
        assert copy_database(first, second) == moved
        assert moved["orderflow_documents"] == moved["orderflow_numbers"] == 1
        assert list(examine(standard_shop(second))) == []
        Engine(second, []).change_stock(ReceiveStock(sku="NEW", quantity=1).to())
    with (
        closing(SqlDocuments(postgres, schema="Second one")) as documents,
        closing(SqlNumbers(postgres, schema="Second one")) as numbers,
    ):
        assert documents.read("H-1", "label.pdf") == b"a label"
        assert numbers.number("invoices", "H-2") == 1


def test_a_target_with_rows_is_refused_and_stays_as_it_is(half: Process, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/target.db"
    target = SqlStore(url)
    copy_database(half.store, target)
    before = rows(url)
    with pytest.raises(CopyRefused, match="has rows in the target; give an empty database"):
        copy_database(half.store, target)
    target.close()
    assert rows(url) == before


def rows(url: str) -> int:
    db = sa.create_engine(url)
    with db.connect() as connection:
        found = connection.scalar(sa.text("select count(*) from orderflow_journals"))
    db.dispose()
    return int(found or 0)


def test_a_copy_that_differs_is_not_stored(half: Process, tmp_path: Path) -> None:
    """A database that gives back something else than was written."""
    target = SqlStore(f"sqlite:///{tmp_path}/target.db")
    trigger = (
        "create trigger spoil after insert on orderflow_journals begin "
        "update orderflow_journals set actor = 'nobody' where rowid = new.rowid; end"
    )
    with target._own.write() as connection:
        connection.exec_driver_sql(trigger)
    with pytest.raises(CopyRefused, match="orderflow_journals is not the same"):
        copy_database(half.store, target)
    assert list(Engine(target, []).orders()) == []
    target.close()


@pytest.mark.usefixtures("half")
def test_the_command_moves_and_examines(postgres: str, tmp_path: Path) -> None:
    source = f"sqlite:///{tmp_path}/source.db"
    done = CliRunner().invoke(app, ["migrate-store", source, postgres])
    assert "rows of" in done.output
    again = CliRunner().invoke(app, ["migrate-store", source, postgres])
    assert (again.exit_code, "give an empty database" in again.output) == (2, True)
