"""The short form of ``make same``: a few lives are lived again, and what breaks is found."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest

from orderflow import Dropship, Engine, Refusal, Steps, ThirdParty
from orderflow.kernel.decision.hooks import WorkflowHooks
from orderflow.stores import SqlStore
from tests.same import base, recordings, replay
from tests.same.census import missing
from tests.same.changes import EVERYWHERE, INPUTS, Change, changed
from tests.same.comparing import difference, differing, look_at
from tests.same.real import ROOT
from tests.same.wire import Json

FEW = (
    "scene_edits",
    "scene_holds",
    "scene_money_back",
    "scene_many_at_once",
    "lives-01-03",
    "hooked-01-03",
    "ways-01-03",
)


@pytest.fixture(scope="module")
def lives() -> Mapping[str, Json]:
    return {life["life"]: life for life in recordings.read()}


@pytest.fixture(scope="module")
def kept() -> Mapping[str, recordings.Digests]:
    return recordings.read_digests()[0]


def test_a_few_lives_show_what_is_kept(
    lives: Mapping[str, Json], kept: Mapping[str, recordings.Digests]
) -> None:
    seen = look_at([lives[name] for name in FEW], cores=1)
    assert seen.counts["lives"] == len(FEW)
    assert differing(kept, seen.digests) == {}


def test_every_recorded_life_has_its_digests_and_every_digest_its_life(
    lives: Mapping[str, Json], kept: Mapping[str, recordings.Digests]
) -> None:
    assert set(kept) - {"real-retail", "real-orders"} == set(lives)


def test_the_recordings_say_and_do_nearly_everything() -> None:
    _, census = recordings.read_digests()
    lacking = missing(set(census))
    assert lacking["command"] == set()
    assert lacking["observation"] == {"event_unread"}  # it is no order's: the inbox keeps it
    assert len(lacking["event"]) <= 2, lacking["event"]
    assert len(lacking["refusal"]) <= 25, lacking["refusal"]


# --- it has teeth --------------------------------------------------------------------------------


Patch = pytest.MonkeyPatch


def _another_sentence(patch: Patch) -> None:
    patch.setattr(Refusal, "__str__", lambda told: f"{told.code}: no, {told.sentence}")


def _hooks_come_later(patch: Patch) -> None:
    before, after = WorkflowHooks.before, WorkflowHooks.after
    patch.setattr(WorkflowHooks, "before", lambda _hooks, _name: ())
    later = lambda hooks, name: [*before(hooks, name), *after(hooks, name)]  # noqa: E731
    patch.setattr(WorkflowHooks, "after", later)


def _another_number(patch: Patch) -> None:
    for strategy in (ThirdParty, Dropship):
        patch.setattr(strategy, "request", _with_another_number(strategy.request))


def _with_another_number(request: Any) -> Any:
    def changed(self: object, effect: object) -> object:
        found = request(self, effect)
        return attrs.evolve(found, number=f"{found.number}:again")

    return changed


def _asked_twice(patch: Patch) -> None:
    receipt = SqlStore.processed

    def twice(store: SqlStore, scope: str, message: str) -> object:
        receipt(store, scope, message)
        return receipt(store, scope, message)

    patch.setattr(SqlStore, "processed", twice)


def _another_role(patch: Patch) -> None:
    patch.setattr(Steps, "role", lambda _steps, step: f"who does {step}")


def _less_is_explained(patch: Patch) -> None:
    explain = Engine.explain

    def less(engine: Engine, order: str, *, by: str = "system") -> object:
        return attrs.evolve(explain(engine, order, by=by), blocked=())

    patch.setattr(Engine, "explain", less)


@pytest.mark.parametrize(
    ("breaks", "name", "aspect", "untouched"),
    [
        (_another_sentence, "hooked-01-03", "refusals", "hooks"),
        (_hooks_come_later, "hooked-01-03", "hooks", "refusals"),
        (_another_number, "scene_a_party_that_does_not_want_to", "calls", "tables"),
        (_asked_twice, "scene_holds", "statements", "tables"),
        (_another_role, "scene_holds", "tasks", "calls"),
        (_another_role, "scene_holds", "tables", "calls"),
        (_less_is_explained, "scene_holds", "explanations", "tables"),
    ],
)
def test_what_is_broken_is_found_by_the_aspect_that_it_breaks(
    breaks: Callable[[Patch], None],
    name: str,
    aspect: str,
    untouched: str,
    *,
    lives: Mapping[str, Json],
    kept: Mapping[str, recordings.Digests],
    monkeypatch: Patch,
) -> None:
    breaks(monkeypatch)
    found = differing(kept, look_at([lives[name]], cores=1).digests)
    assert aspect in found[name]
    assert untouched not in found[name]


def test_a_call_that_the_recording_does_not_know_is_told(lives: Mapping[str, Json]) -> None:
    life = lives["scene_holds"]
    silent = {**life, "answers": life["answers"][1:]}
    assert "NOT IN THE RECORDING" in replay.replay(silent).text("calls")
    more = {**life["answers"][0], "key": "never"}
    told = replay.replay({**life, "answers": [*life["answers"], more]}).text("calls")
    assert f"never called: {more['port']}.{more['call']} never" in told


# --- any process ---------------------------------------------------------------------------------


def _texts(names: tuple[str, ...], seed: str, folder: Path) -> base.Texts:
    """What another process, in which sets have another order, sees of lives."""
    given = os.environ | {"PYTHONHASHSEED": seed}
    asked = (sys.executable, "-m", "tests.same", "text", str(folder), *names)
    subprocess.run(asked, cwd=ROOT, env=given, check=True, capture_output=True)
    return base.read(folder)


def test_every_process_sees_the_same(
    tmp_path: Path, kept: Mapping[str, recordings.Digests]
) -> None:
    names = ("hooked-01-03", "scene_people_with_forms")
    for seed in ("1", "2"):
        found = _texts(names, seed, tmp_path / seed)
        assert {name: _digests(found[name]) for name in names} == {n: kept[n] for n in names}


def _digests(texts: Mapping[str, str]) -> recordings.Digests:
    return {aspect: recordings.digest(text) for aspect, text in texts.items()}


# --- what is changed on purpose ------------------------------------------------------------------

RENAMED = (
    Change(INPUTS, '"do":"work"', '"do":"run"'),
    Change(EVERYWHERE, r"^([0-9.]+) work:", r"\1 run:"),
    Change("refusals", r"order\.on_hold", "order.held"),
    Change("explanations", r"order\.on_hold", "order.held"),
)


def test_a_change_on_purpose_is_no_difference(monkeypatch: Patch) -> None:
    """A step and a refusal get other names, and the table says so."""
    (life,) = (each for each in recordings.read(changes=()) if each["life"] == "scene_holds")
    before = _as_texts(life)
    (renamed,) = (each for each in recordings.read(changes=RENAMED) if each["life"] == life["life"])
    assert "run" in {step["do"] for step in renamed["steps"]}

    monkeypatch.setitem(replay.VERBS, "run", replay.VERBS["work"])
    said = Refusal.__str__
    monkeypatch.setattr(
        Refusal, "__str__", lambda r: said(r).replace("order.on_hold", "order.held")
    )
    now = _as_texts(renamed)

    assert list(difference(before, now, replay.ASPECTS, changes=()))
    assert not list(difference(before, now, replay.ASPECTS, changes=RENAMED))
    assert "order.held" in changed(before["refusals"], "refusals", RENAMED)
    assert "order.held" not in changed(before["answers"], "answers", RENAMED)


def _as_texts(life: Json) -> dict[str, str]:
    told = replay.replay(life)
    return {aspect: told.text(aspect) for aspect in replay.ASPECTS}


# --- the base ------------------------------------------------------------------------------------


def test_a_base_that_is_not_there_is_said() -> None:
    with pytest.raises(base.NoBase, match="is not in this repository"):
        base.texts(["scene_holds"], commit="f" * 40)


def test_the_base_shows_the_same(lives: Mapping[str, Json]) -> None:
    """Its own code, laid beside ours, tells the same of a life."""
    try:
        before = base.texts(["scene_holds"])["scene_holds"]
    except base.NoBase as why:
        pytest.skip(str(why))
    assert not list(difference(before, _as_texts(lives["scene_holds"]), replay.ASPECTS))
