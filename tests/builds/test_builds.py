"""Orders that an earlier build began end under this one, and the doctor finds nothing.

The earlier build is the wheel of the commit in ``base.txt``, in processes of its own: it begins
orders of every kind and leaves them in every stage. ``make builds`` does it with all of them and
with many random lives, on PostgreSQL and Temporal too; BUILDS_SEED chooses other lives.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest

from orderflow import FULFILLMENT_ORDER, ORDER, RETURN, State, TaskFor, Transition
from orderflow.engine.doctor import examine
from orderflow.kernel.pending import deadlines, order
from orderflow.model.events import KINDS, UnitsMoved
from orderflow.model.ledger import Bucket
from orderflow.model.messages import STORED
from orderflow.model.parcel import ParcelStatus
from orderflow.model.phases import Phase
from orderflow.stores import codec
from tests.builds import wheel
from tests.builds.ending import LEASED, Successor
from tests.builds.shop import ENGRAVED, FOLDER, Engraver
from tests.builds.wheel import NotInHistory, environment, unpacked

WHOLE = os.environ.get("BUILDS") == "whole"
LIVES = os.environ.get("BUILDS_LIVES", "2")
SEED = os.environ.get("BUILDS_SEED") or str(random.SystemRandom().randrange(10**6))


@attrs.frozen
class Begun:
    """A database in which the earlier build began orders, and the files of their world."""

    url: str
    folder: Path

    def copy(self, folder: Path) -> Begun:
        """Another one like it; of SQLite, which is a file."""
        shutil.copytree(self.folder, folder)
        return Begun(self.url.replace(str(self.folder), str(folder)), folder)


def begin(url: str, folder: Path, *words: str) -> int:
    """Have a process of the earlier build begin orders; how it ended."""
    command = [sys.executable, "-m", "tests.builds.begin", url, *words]
    build = environment(earlier := unpacked(), **{FOLDER: str(folder)})
    return subprocess.run(command, cwd=earlier, env=build, check=False).returncode


def begun_on(url: str, folder: Path) -> Begun:
    print(f"BUILDS_SEED={SEED}")
    stages = "all" if WHOLE else "few"
    assert begin(url, folder, stages, LIVES, SEED) == -signal.SIGKILL, "it was to be killed"
    assert begin(url, folder, "last") == 0
    return Begun(url, folder)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Begun:
    folder = tmp_path_factory.mktemp("begun")
    return begun_on(f"sqlite:///{folder}/orders.db", folder)


@pytest.fixture
def successor(begun: Begun, tmp_path: Path) -> Iterator[Successor]:
    mine = begun.copy(tmp_path / "mine")
    successor = Successor(mine.url, mine.folder)
    yield successor
    successor.store.close()


def test_the_earlier_build_is_another_than_this_one(begun: Begun) -> None:
    """Its processes run the wheel, though this build is installed beside it."""
    ran = Path((begun.folder / "build").read_text())
    assert ran.is_relative_to(wheel.UNPACKED / wheel.BASE)


def test_orders_begun_under_an_earlier_build_end(successor: Successor) -> None:
    successor.looked_at()
    successor.hears_again()
    successor.ended()
    successor.world._note("pick", "PACK-F1:pick:0")  # the law has teeth
    with pytest.raises(AssertionError, match="asked for again"):
        successor.did_everything_once()


def test_they_were_left_in_every_stage(successor: Successor) -> None:
    """So that there is something to break."""
    store, orders = successor.store, list(successor.engine.orders())
    owners = [f"order:{order.id}" for order in orders]
    owners += [f"parcel:{view}" for order in orders for view in order.state.parcels]
    rows = [row for owner in owners for row in store.open_rows(owner)]
    fos = [fo for order in orders for fo in order.fulfillment_orders.values()]
    assert {row.kind for row in rows} == {"message", "timer", "effect", "watch"}
    assert {row.key for row in rows if row.attempts} >= {LEASED, "NO-LABEL-P1:label:0"}
    assert {fo.strategy for fo in fos} == METHODS
    assert len(store.unmatched()) >= 4
    stages: dict[str, set[str]] = {
        "order": {order.state.lifecycle for order in orders},
        "fulfillment order": {fo.state for fo in fos},
        "parcel": {view.status for o in orders for view in o.state.parcels.values()},
        "return": {rma.state for order in orders for rma in order.state.returns.values()},
        "refund": {refund.status for o in orders for refund in o.state.refunds.values()},
        "unit": {bucket for order in orders for bucket in order.ledger.totals()},
    }
    missing = {kind: EVERY[kind] - {str(one) for one in found} for kind, found in stages.items()}
    assert not WHOLE or not any(missing.values()), missing


METHODS = {
    *("in_house", "engraver", "dropship", "third_party"),
    *("pickup", "handover", "digital"),
}
EVERY: dict[str, set[str]] = {
    "order": {state.name for state in ORDER.states},
    "fulfillment order": {
        *(state.name for state in FULFILLMENT_ORDER.states if state.name != "incomplete"),
        *("engraving", "ready", "expired"),
    },
    "parcel": {str(status) for status in ParcelStatus},
    "return": {state.name for state in RETURN.states},
    "refund": {"pending", "failed"},
    "unit": {str(bucket) for bucket in Bucket},
}
"""Where what the earlier build leaves may stand; a party alone can end one as incomplete."""


# --- builds that are not fit to follow ---------------------------------------------------------


def an_event_has_another_number(patch: pytest.MonkeyPatch) -> None:
    others = {number: kind for number, kind in KINDS.items() if kind is not UnitsMoved}
    patch.setattr(codec, "KINDS", others | {max(others) + 1: UnitsMoved})


def an_event_lost_its_upcaster(patch: pytest.MonkeyPatch) -> None:
    """A later version of a kind, whose earlier form nobody reads any more."""
    patch.setattr(UnitsMoved, "version", UnitsMoved.version + 1)


def a_message_has_another_name(patch: pytest.MonkeyPatch) -> None:
    names = {f"{name}Now": body for name, body in STORED.items()}
    patch.setattr(codec, "STORED", names)


def a_bucket_has_another_name(patch: pytest.MonkeyPatch) -> None:
    names = {bucket.value: bucket for bucket in Bucket if bucket is not Bucket.ALLOCATED}
    patch.setattr(codec, "_BUCKETS", names | {"assigned": Bucket.ALLOCATED})


def a_timer_has_another_key(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(deadlines, "stamp", lambda moment: f"{moment:%s}")


def an_effect_has_another_key(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(order, "effect_key", lambda subject, name, round_: f"{name}/{subject}/{round_}")


def a_workflow_changed_and_kept_its_version(patch: pytest.MonkeyPatch) -> None:
    changed = ENGRAVED.extend(
        name=ENGRAVED.name,
        version=ENGRAVED.version,
        states=[State("polishing", Phase.WORKING, TaskFor("engraver", trigger="polished"))],
        transitions=[
            Transition("engraved", "engraving", "polishing"),
            Transition("polished", "polishing", "packing"),
        ],
        without=[("engraved", "engraving")],
    )
    patch.setattr(Engraver, "workflow", changed)


UNFIT: dict[Callable[[pytest.MonkeyPatch], None], str] = {
    an_event_has_another_number: "cannot be read",
    an_event_lost_its_upcaster: "cannot be read",
    a_message_has_another_name: "cannot be read",
    a_bucket_has_another_name: "cannot be read",
    a_timer_has_another_key: "but no such row exists",
    an_effect_has_another_key: "but no such row exists",
    a_workflow_changed_and_kept_its_version: "'engraved' version 1",
}
"""What a build may do that must not, and the doctor's words for it."""


@pytest.mark.parametrize("unfit", UNFIT, ids=lambda unfit: unfit.__name__)
def test_a_build_that_does_not_fit_is_found(
    begun: Begun,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    unfit: Callable[[pytest.MonkeyPatch], None],
) -> None:
    unfit(monkeypatch)
    mine = begun.copy(tmp_path / "mine")
    successor = Successor(mine.url, mine.folder)
    found = [finding.what for finding in examine(successor.engine)]  # to its end: it reads a store
    assert any(UNFIT[unfit] in what for what in found)
    successor.store.close()


def test_a_base_that_is_not_in_the_history_is_named() -> None:
    missing = "0" * 40
    with pytest.raises(NotInHistory, match=f"{missing}.*base.txt.*cannot be had.*--unshallow"):
        unpacked(missing)
