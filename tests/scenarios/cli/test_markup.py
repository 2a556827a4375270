"""Whatever others call things, every command shows it as they wrote it."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orderflow import Engine, InHouse, Line, NewOrder
from orderflow.cli.app import app
from orderflow.cli.session import out
from orderflow.errors import InvalidInput
from orderflow.fulfillment import MANUAL
from orderflow.model.commands import PlaceHold, ReceiveStock
from orderflow.model.document import Charge, Customer
from orderflow.model.observations import LabelBought, TrackingReported
from orderflow.model.parcel import ParcelStatus
from orderflow.stores import SqlStore
from tests.mutants import Mutant, Mutants, Mutate, Patch, law

NUMBER, SKU, WHO = "[/y]A-1", "[red]MUG[/x]", "[bold]ana"
REASON, TRACKING, PLACE = "[link=https://evil.example]odd", "[/z]1Z", "[blink]York[/]"
OTHER = "[/other]A-2"
SHOWN: dict[str, tuple[list[str], set[str]]] = {
    "show": ([NUMBER], {NUMBER, SKU, TRACKING}),
    "explain": ([NUMBER], {NUMBER, REASON}),
    "timeline": ([NUMBER], {REASON, WHO, TRACKING}),
    "tasks": ([], {OTHER}),
    "claim": ([f"{OTHER}-F1:pick:0:task", "--by", WHO], {OTHER, WHO}),
    "pick_tour": (["--by", WHO], {SKU, OTHER}),
    "reassign": ([f"{OTHER}-F1:pick:0:task", "--to", "[/]bo", "--by", WHO], {OTHER, "[/]bo"}),
    "unmatched": ([], {"[/unknown]9"}),
    "command": ([OTHER, "place_hold", json.dumps({"hold": "h", "reason": REASON})], {OTHER}),
    "doctor": ([], set()),
    "erase": (["--order", OTHER], {OTHER}),
    "restricted": ([OTHER, "--by", WHO], set()),
    "label": ([OTHER], {OTHER}),
    "slip": ([OTHER], {OTHER}),
    "picklist": ([OTHER], set()),
    "complete": ([f"{OTHER}-F1:[/]", "--by", WHO], {f"{OTHER}-F1:[/]"}),
}
"""Each command that shows what others named, what it is given, and what it then shows."""
OURS = {"run", "diagram", "schema", "migrate_store"}
"""Commands that show nothing of others, or are tried below."""


@pytest.fixture
def db(tmp_path: Path) -> str:
    """An order that has left, another that waits, and a fact of a third."""
    url = f"sqlite:///{tmp_path}/shop.db"
    store = SqlStore(url)
    engine = Engine(store, [InHouse()], steps=MANUAL)
    engine.change_stock(ReceiveStock(sku=SKU, quantity=9).to())
    for number in (NUMBER, OTHER):
        order = NewOrder(
            number=number,
            currency="EUR",
            customer=Customer(id=WHO, name=WHO),
            lines=(Line(sku=SKU, quantity=1),),
            charges=(Charge(code="[/c]", amount=1),),
        )
        engine.place(order, by=WHO)
    engine.worker.run_until_idle()
    for _ in range(4):
        for task in [
            task for task in engine.tasks() if NUMBER in task.key or task.name == "confirm"
        ]:
            with suppress(InvalidInput):
                engine.complete(task, by=WHO)
            engine.worker.run_until_idle()
    parcel = f"{NUMBER}-P1"
    bought = LabelBought(parcel=parcel, carrier="[/dhl]", tracking_number=TRACKING)
    engine.observe(bought.at(engine.clock.now()))
    scan = TrackingReported(tracking_number=TRACKING, status=ParcelStatus.IN_TRANSIT, place=PLACE)
    engine.observe(scan.at(engine.clock.now()))
    lost = TrackingReported(tracking_number="[/unknown]9", status=ParcelStatus.LOST)
    engine.observe(lost.at(engine.clock.now()))
    engine.submit(PlaceHold(hold="[/h]", reason=REASON).to(NUMBER, by=WHO))
    engine.worker.run_until_idle()
    store.close()
    return url


@pytest.mark.parametrize("command", SHOWN)
def test_a_command_shows_what_others_wrote(command: str, db: str, tmp_path: Path) -> None:
    a_command_shows_what_others_wrote(command, db, tmp_path)


def a_command_shows_what_others_wrote(command: str, db: str, folder: Path) -> None:
    given, shown = SHOWN[command]
    documents = ["--documents", str(folder)] if command in ("label", "slip", "picklist") else []
    words = [command.replace("_", "-"), *given]
    found = CliRunner().invoke(app, [*words, "--db", db, *documents])
    assert "MarkupError" not in found.output, found.output
    assert found.exception is None or isinstance(found.exception, SystemExit), found.output
    assert {each for each in shown if each not in found.output} == set(), found.output


def test_every_command_is_tried() -> None:
    shown = (each for each in app.registered_commands if not each.hidden)
    commands = {each.name or each.callback.__name__ for each in shown}  # type: ignore[union-attr]
    assert {name.replace("-", "_") for name in commands} == {*SHOWN, *OURS}


@pytest.mark.parametrize("how", ["--manual", f"--follow={NUMBER}"])
def test_a_run_shows_what_others_wrote(how: str, tmp_path: Path) -> None:
    orders, line = tmp_path / "orders.jsonl", {"sku": SKU, "quantity": 1}
    lines = [
        {"number": NUMBER, "currency": "EUR", "lines": [line]},
        {"number": NUMBER, "currency": "EUR", "lines": [line, line]},
    ]
    orders.write_text("\n".join(map(json.dumps, lines)))
    found = CliRunner().invoke(app, ["run", str(orders), "--db", f"sqlite:///{tmp_path}/r.db", how])
    assert "MarkupError" not in found.output, found.output
    assert NUMBER in found.output, found.output


# --- mutants -------------------------------------------------------------------------------------


def reads_markup(patch: Patch) -> None:
    """A text is taken for markup, as rich does."""
    patch.setattr(out, "_markup", True)


MUTANTS = Mutants("markup", [reads_markup])


@MUTANTS.each
def test_mutant_is_caught(
    mutant: Mutant[Mutate], db: str, monkeypatch: Patch, tmp_path: Path
) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(law(a_command_shows_what_others_wrote, "show", db, tmp_path))
