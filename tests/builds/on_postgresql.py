"""Orders that an earlier build began on PostgreSQL end under this one; ``make builds`` runs it."""

from pathlib import Path

from tests.builds.ending import Successor
from tests.builds.test_builds import begun_on


def test_orders_begun_on_postgresql_under_an_earlier_build_end(
    postgres: str, tmp_path: Path
) -> None:
    mine = begun_on(postgres, tmp_path)
    successor = Successor(mine.url, mine.folder)
    successor.looked_at()
    successor.hears_again()
    successor.ended()
    successor.store.close()
