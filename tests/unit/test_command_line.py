"""The command line, run as a user would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from orderflow.cli.app import app
from tests.conftest import ROOT

ORDERS = ROOT / "docs" / "examples" / "orders.jsonl"
ONE = '{"number":"A-1","currency":"GBP","lines":[{"sku":"MUG","quantity":2,"unit_price":"2.50"}]}'


def orderflow(*words: str | Path) -> Result:
    """Run a command."""
    return CliRunner().invoke(app, [str(word) for word in words])


def run_one(folder: Path, name: str = "shop") -> str:
    """A database with one worked order."""
    orders, db = folder / "orders.jsonl", f"sqlite:///{folder}/{name}.db"
    orders.write_text(ONE + "\n")
    assert orderflow("run", orders, "--db", db, "--seed", "3").exit_code == 0
    return db


def test_the_example_orders_end_well(tmp_path: Path) -> None:
    """All are worked to the end, backorders included, but the one that waits for a person."""
    found = orderflow("run", ORDERS, "--db", f"sqlite:///{tmp_path}/d.db", "--seed", "1", "--json")
    report = json.loads(found.stdout)
    assert (found.exit_code, report["placed"]) == (0, 40)
    assert report["by_status"] == {"completed": 39, "confirmed": 1}
    assert [task["name"] for task in report["tasks"]] == ["pick"]
    methods = {"in_house", "dropship", "third_party", "pickup", "handover", "digital"}
    assert set(report["units_by_method"]) == methods


def test_the_same_seed_gives_the_same_journal(tmp_path: Path) -> None:
    """Ids, times and events are a function of file and seed."""
    told = [
        orderflow("timeline", "A-1", "--db", run_one(tmp_path, name), "--json").stdout
        for name in ("one", "two")
    ]
    assert told[0] == told[1]
    assert json.loads(told[0])[0]["events"][0]["event"] == "OrderCreated"


def test_the_same_file_again_places_nothing_twice(tmp_path: Path) -> None:
    """A run that is repeated finds its orders placed."""
    db = run_one(tmp_path)
    again = orderflow("run", tmp_path / "orders.jsonl", "--db", db, "--seed", "3", "--json")
    assert again.exit_code == 0, again.output
    shown = json.loads(orderflow("show", "A-1", "--db", db, "--json").stdout)
    assert sum(row["units"] for row in shown["state"]["ledger"]) == 2


@pytest.mark.parametrize("words", [["show"], ["explain"], ["timeline"]])
def test_an_order_can_be_looked_at(tmp_path: Path, words: list[str]) -> None:
    """As text and as JSON; an unknown order is bad usage."""
    db = run_one(tmp_path)
    assert "A-1" in orderflow(*words, "A-1", "--db", db).stdout
    assert json.loads(orderflow(*words, "A-1", "--db", db, "--json").stdout)
    assert orderflow(*words, "A-2", "--db", db).exit_code == 2


def test_bad_lines_are_named_and_nothing_is_placed(tmp_path: Path) -> None:
    """File, line, field, value and what is right; exit code 2."""
    orders, db = tmp_path / "orders.jsonl", tmp_path / "shop.db"
    bad = ONE.replace('"quantity":2', '"quantity":0').replace("A-1", "A-2")
    orders.write_text(f"{ONE}\n{bad}\n")
    found = orderflow("run", orders, "--db", f"sqlite:///{db}")
    assert found.exit_code == 2
    assert f"{orders.name}:2: lines.0.quantity: got 0" in found.stderr.replace("\n", "")
    assert not db.exists()


def test_refused_orders_give_exit_code_1(tmp_path: Path) -> None:
    """The same number twice is refused and reported."""
    orders = tmp_path / "orders.jsonl"
    orders.write_text(f"{ONE}\n{ONE}\n")
    found = orderflow("run", orders, "--db", f"sqlite:///{tmp_path}/d.db", "--seed", "1", "--json")
    assert found.exit_code == 1
    assert json.loads(found.stdout)["refused"][0]["refusals"][0]["code"] == "order.number_taken"


@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all.db", "no url", "sqlite://"])
def test_a_database_that_cannot_be_opened_is_bad_usage(url: str) -> None:
    """One sentence and exit code 2, no traceback."""
    found = orderflow("show", "A-1", "--db", url)
    assert found.exit_code == 2
    assert found.stderr.startswith("cannot open")


def test_diagrams_and_schemas() -> None:
    """The standard workflows and the JSON Schemas of what others send."""
    assert orderflow("diagram", "in_house").stdout.startswith("stateDiagram-v2")
    assert json.loads(orderflow("diagram", "return", "--json").stdout)["transitions"]
    assert orderflow("diagram", "nothing").exit_code == 2
    for name in ("order", "command", "observation"):
        assert json.loads(orderflow("schema", name).stdout)["type"] == "object"


def test_each_orders_documents_are_written_and_can_be_printed_again(tmp_path: Path) -> None:
    """PDFs in a folder per order; label files say so; again the same bytes."""
    orders, db, folder = tmp_path / "o.jsonl", f"sqlite:///{tmp_path}/s.db", tmp_path / "papers"
    orders.write_text(ONE + "\n")
    run = orderflow("run", orders, "--db", db, "--seed", "3", "--documents", folder)
    assert run.exit_code == 0, run.output
    names = ["A-1-F1-pick-list.pdf", "A-1-P1-label.pdf", "A-1-P1-packing-slip.pdf"]
    assert sorted(path.name for path in (folder / "A-1").iterdir()) == names
    for command, name in zip(("picklist", "label", "slip"), names, strict=True):
        first = (folder / "A-1" / name).read_bytes()
        assert first.startswith(b"%PDF")
        again = orderflow(command, "A-1", "--db", db, "--documents", folder, "--json")
        (path,) = json.loads(again.stdout)
        assert Path(path).read_bytes() == first
    elsewhere = orderflow("label", "A-1", "--db", db, "--documents", tmp_path / "new")
    assert (tmp_path / "new" / "A-1" / "A-1-P1-label.pdf").exists(), elsewhere.output


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["label", "A-2"], 2, "there is no order A-2"),
        (["label", "A-1", "--parcel", "P9"], 2, "A-1 has no P9 for a label; it has: A-1-P1"),
        (["picklist"], 2, "name an order, or a person with --by"),
        (["picklist", "A-1"], 1, "A-1 is completed: it has no pick-list"),
        (["picklist", "--by", "ana"], 1, "there is nothing to pick for ana"),
    ],
)
def test_what_cannot_be_printed_is_said(
    tmp_path: Path, words: list[str], code: int, told: str
) -> None:
    """An exit code and one sentence."""
    found = orderflow(*words, "--db", run_one(tmp_path), "--documents", tmp_path)
    assert (found.exit_code, " ".join(found.output.split())) == (code, told)


def test_one_list_is_printed_for_a_persons_walk(tmp_path: Path) -> None:
    """Through several orders; their tasks are claimed."""
    db = f"sqlite:///{tmp_path}/s.db"
    orders = tmp_path / "o.jsonl"
    orders.write_text(ONE.replace("}]", '}],"attributes":{"worked_by":"people"}') + "\n")
    assert orderflow("run", orders, "--db", db, "--seed", "3").exit_code == 0
    found = orderflow("picklist", "--by", "ana", "--db", db, "--documents", tmp_path, "--json")
    (path,) = json.loads(found.stdout)
    assert Path(path).read_bytes().startswith(b"%PDF")
    assert "(ana)" in orderflow("tasks", "--db", db).output


def test_forgetting_a_person_erases_the_documents(tmp_path: Path) -> None:
    orders, db, folder = tmp_path / "o.jsonl", f"sqlite:///{tmp_path}/o.db", tmp_path / "documents"
    orders.write_text(ONE.replace('"currency"', '"customer":{"id":"ana"},"currency"') + "\n")
    run = ("run", orders, "--db", db, "--seed", "3", "--documents", folder)
    assert orderflow(*run).exit_code == 0
    assert [path.name for path in folder.iterdir()] == ["A-1"]
    found = orderflow("forget", "ana", "--db", db, "--documents", folder)
    assert (found.exit_code, found.output) == (0, "1 orders are erased\n")
    assert list(folder.iterdir()) == []


def test_a_hold_is_placed_and_released_by_completing_its_task(tmp_path: Path) -> None:
    orders, db = tmp_path / "o.jsonl", f"sqlite:///{tmp_path}/s.db"
    orders.write_text(ONE.replace("}]", '}],"attributes":{"worked_by":"people"}') + "\n")
    assert orderflow("run", orders, "--db", db, "--seed", "3").exit_code == 0
    held = '{"hold": "fraud", "reason": "an odd card"}'
    placed = orderflow("command", "A-1", "place_hold", held, "--by", "ana", "--db", db)
    assert placed.exit_code == 0, placed.output
    (task,) = json.loads(orderflow("tasks", "--db", db, "--json").stdout)
    assert task["key"] == "A-1:hold:fraud"
    twice = orderflow("command", "A-1", "place_hold", held, "--db", db)
    assert (twice.exit_code, "[hold.exists]" in twice.stderr) == (1, True)
    done = orderflow("complete", "A-1:hold:fraud", "--by", "ana", "--db", db)
    assert done.exit_code == 0, done.output
    again = orderflow("complete", "A-1:hold:fraud", "--by", "bo", "--db", db)
    assert (again.exit_code, "there is no open task" in again.stderr) == (1, True)


def test_an_order_is_given_a_command_or_told_what_it_would_do(tmp_path: Path) -> None:
    """A preview changes nothing; a refusal names its code; fields that are wrong are bad usage."""
    db = run_one(tmp_path)
    words = "command", "A-1", "request_return", '{"lines": {"1": 1}}', "--by", "ana", "--db", db
    would = orderflow(*words, "--preview")
    assert would.stdout.startswith("A-1 would be completed (was completed)"), would.output
    assert "return A-1-R1 opened" in would.stdout
    assert "return" not in orderflow("timeline", "A-1", "--db", db).stdout
    done = json.loads(orderflow(*words, "--json").stdout)
    assert [event["event"] for event in done["events"]] == ["ReturnOpened"]
    refused = orderflow("command", "A-1", "cancel", "--db", db)
    assert (refused.exit_code, "[cancel.nothing_left]" in refused.stderr) == (1, True)
    refused = orderflow("command", "A-1", "cancel", "--json", "--db", db)
    assert json.loads(refused.stdout)["refusals"][0]["code"] == "cancel.nothing_left"
    for body in ('{"lines": 3}', "[]", "{"):
        wrong = orderflow("command", "A-1", "cancel", body, "--db", db)
        assert wrong.exit_code == 2, wrong.output
