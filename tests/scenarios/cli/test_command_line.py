"""The command line, run as a user would."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from orderflow import Engine, InHouse, Line, NewOrder
from orderflow.cli.app import app
from orderflow.fulfillment import MANUAL
from orderflow.stores import SqlStore
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


@pytest.mark.parametrize(
    "url",
    [
        *("postgresql//u:sesame@db/x", "u:sesame@db", "postgresql:/u:sesame@db/x"),
        *("postgresql://u:sesame@127.0.0.1:1/x", "postgresql://u@127.0.0.1:x/x?password=sesame"),
        *("nosuch://u:p@sesame@db/x", "postgresql://u:sesame@db:port/x"),
    ],
)
def test_no_password_is_shown(url: str) -> None:
    found = orderflow("tasks", "--db", url)
    assert (found.exit_code, type(found.exception)) == (2, SystemExit)
    assert found.stderr.startswith("cannot open")
    assert "sesame" not in found.output


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


# --- bad usage: a sentence, an exit code, and nothing else --------------------------------------

APP = """
from orderflow import FULFILLMENT_ORDER, Engine, InHouse, Phase, State, TaskFor, Transition

FLOW = FULFILLMENT_ORDER.extend(
    name="engraved",
    states=[State("engraving", Phase.WORKING, TaskFor("engraver"))],
    transitions=[
        Transition("picked", "picking", "engraving"),
        Transition("engraved", "engraving", "packing"),
    ],
    without=[("picked", "picking")],
)

class Engraver(InHouse):
    workflow = FLOW

def make(store):
    return Engine(store, [Engraver()])

def broken(store):
    raise RuntimeError("no settings")

def takes_nothing():
    pass

def ends(store):
    raise SystemExit(7)
"""


def said(found: Result, code: int = 2) -> str:
    """What a command that was used wrongly says, in one line."""
    assert (found.exit_code, type(found.exception)) == (code, SystemExit), found.output
    assert "Traceback" not in found.output
    return " ".join(found.stderr.split())


@pytest.mark.parametrize(
    "words",
    [
        *(["show", "A-1"], ["explain", "A-1"], ["timeline", "A-1"], ["tasks"], ["doctor"]),
        *(["forget", "ana"], ["command", "A-1", "cancel"], ["walk", "--by", "ana"], ["inbox"]),
    ],
)
def test_only_a_run_creates_a_database(tmp_path: Path, words: list[str]) -> None:
    db = tmp_path / "typo.db"
    assert said(orderflow(*words, "--db", f"sqlite:///{db}")).endswith("there is no such file")
    assert not db.exists()
    db.touch()
    assert said(orderflow(*words, "--db", f"sqlite:///{db}")).endswith("no tables of orderflow")


def test_a_database_is_copied_from_one_that_is_there_into_another(tmp_path: Path) -> None:
    db, new = run_one(tmp_path), tmp_path / "new.db"
    told = said(orderflow("migrate-store", f"sqlite:///{tmp_path}/typo.db", f"sqlite:///{new}"))
    assert (told.endswith("there is no such file"), new.exists()) == (True, False)
    again = db.replace("shop.db", "./shop.db")
    assert "are one database" in said(orderflow("migrate-store", db, again))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["place", "{}"], "place is no command about an order; did you mean"),
        (["receive", '{"sku": "MUG", "quantity": 3}'], "stock is changed by engine.change_stock"),
        (["cancle"], "cancle is no command about an order; did you mean cancel? there are:"),
        (["cancel", "[]"], "got [], a JSON object is expected"),
        (["cancel", "{lines"], "got {lines, a JSON object is expected"),
        (["cancel", "--by", ""], "actor: got ''"),
    ],
)
def test_what_is_no_command_is_said(tmp_path: Path, words: list[str], told: str) -> None:
    db = run_one(tmp_path)
    before = orderflow("timeline", "A-1", "--db", db).stdout
    assert told in said(orderflow("command", "A-1", *words, "--db", db))
    assert orderflow("timeline", "A-1", "--db", db).stdout == before


def test_a_task_is_completed_by_somebody_and_each_field_given_once(tmp_path: Path) -> None:
    orders, db = tmp_path / "orders.jsonl", f"sqlite:///{tmp_path}/shop.db"
    orders.write_text(ONE.replace("{", '{"attributes":{"worked_by":"people"},', 1) + "\n")
    assert orderflow("run", orders, "--db", db, "--seed", "3").exit_code == 0
    words = "complete", "A-1-F1:pick:0:task", "--db", db, "--by"
    assert "actor: got ''" in said(orderflow(*words, ""))
    below = said(orderflow(*words, "ana", "--set", "short.1=-4"))
    assert "short.1: got '-4', a whole number, 0 or more, 10000000 at most, is needed" in below
    twice = "ana", "--set", "short.1=1", "--set", "short.1=2"
    assert said(orderflow(*words, *twice)).endswith("got more of short.1")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("shop_of_mine:broken", "RuntimeError: no settings"),
        ("shop_of_mine:takes_nothing", "takes 0 positional arguments but 1 was given"),
        ("shop_of_mine:mkae", "has no attribute 'mkae'"),
        ("shop_of_mine", "cannot make an engine with shop_of_mine, as in"),
        ("nowhere:make", "No module named 'nowhere'"),
        ("shop_of_mine:ends", "SystemExit: 7"),
    ],
)
def test_an_application_that_makes_no_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop_of_mine.py").write_text(APP)
    assert told in said(orderflow("tasks", "--db", run_one(tmp_path), "--app", name))


def test_what_needs_the_application_is_not_called_corrupt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The working directory is searched for it; it may be a script as well as a module."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "own_shop", raising=False)
    script = """
from orderflow import Line, NewOrder
from orderflow.stores import SqlStore
if __name__ == "__main__":
    store = SqlStore("sqlite:///own.db")
    ring = Line(sku="RING", quantity=1, stocked=False)
    engine = make(store)
    engine.place(NewOrder(number="A-1", currency="EUR", lines=(ring,)))
    engine.worker.run_until_idle()
    store.close()
"""
    (tmp_path / "own_shop.py").write_text(APP + script)
    subprocess.run([sys.executable, "own_shop.py"], check=True)
    for words in (["doctor", "--db"], ["explain", "A-1", "--db"]):  # by the card that it left
        found = orderflow(*words, "sqlite:///own.db")
        assert found.exit_code == 0, found.output
    assert "engraver: A-1-F1 is in engraving" in found.stdout
    assert "Fire trigger=engraved on=A-1-F1" in found.stdout
    with closing(sqlite3.connect("own.db")) as tables, tables:
        tables.execute("delete from orderflow_rules")  # as an earlier release wrote it
    for words in (["doctor", "--db"], ["migrate-store", "sqlite:///own.db"]):
        copy = f"sqlite:///{words[0]}.db" if len(words) > 1 and words[1] != "--db" else None
        found = orderflow(*words, copy or "sqlite:///own.db")
        told = " ".join(found.stdout.split())
        assert (found.exit_code, "backup" in told) == (1, False)
        assert "it cannot be checked: workflow 'engraved' version 1 is not registered" in told
        assert "repair: look with the application that registers it: --app" in told
    assert "is not registered" in said(orderflow("explain", "A-1", "--db", "sqlite:///own.db"))
    found = orderflow("doctor", "--db", "sqlite:///own.db", "--app", "own_shop:make")
    assert (found.exit_code, found.stdout) == (0, "nothing is off\n"), found.output


@pytest.mark.parametrize(
    "words",
    [
        ("command", "A-1", "cancel"),
        ("complete", "A-1-F1:pick:0:task", "--by", "ana"),
    ],
)
def test_an_order_of_other_rules_is_not_changed_by_those_of_the_standard_shop(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    db = f"sqlite:///{tmp_path}/own.db"
    engine = Engine(SqlStore(db), [InHouse("rotterdam")], steps=MANUAL)
    engine.place(
        NewOrder(number="A-1", currency="EUR", lines=(Line(sku="X", quantity=1, stocked=False),))
    )
    engine.worker.run_until_idle()
    for task in list(engine.tasks()):
        if ":confirm:" in task.key:
            engine.complete(task, by="ana")
    before = list(engine.tasks())
    assert [task.key for task in before] == ["A-1-F1:pick:0:task"]
    told = said(orderflow(*words, "--db", db))
    assert told == (
        "A-1-F1 is worked by in_house at rotterdam: give the application, --app MODULE:FUNCTION"
    )
    assert list(engine.tasks()) == before


def test_an_order_that_is_not_there_cannot_be_followed(tmp_path: Path) -> None:
    orders, db = tmp_path / "orders.jsonl", f"sqlite:///{tmp_path}/shop.db"
    orders.write_text(ONE + "\n")
    found = orderflow("run", orders, "--db", db, "--seed", "3", "--follow", "A-2")
    assert said(found).endswith("--follow: there is no order A-2; this run placed A-1")


def test_another_file_may_have_the_same_seed(tmp_path: Path) -> None:
    """Whether its orders have numbers or not; also with another opening stock."""
    orders, db = tmp_path / "orders.jsonl", f"sqlite:///{tmp_path}/shop.db"
    for units in (1, 2):
        line = ONE.replace('"number":"A-1",', "").replace('"quantity":2', f'"quantity":{units}')
        orders.write_text(line + "\n")
        words = "run", orders, "--db", db, "--seed", "1", "--stock", f"{units}0", "--json"
        for _ in range(2):
            found = json.loads(orderflow(*words).stdout)
            assert (len(set(found["orders"])), found["refused"]) == (1, [])
    assert orderflow("doctor", "--db", db).stdout == "nothing is off\n"


def test_the_longest_numbers_work_as_the_others_do(tmp_path: Path) -> None:
    """Ids of what belongs to an order begin with its number: 64 characters, by every method."""
    lines = [json.loads(line) for line in ORDERS.read_text().splitlines()[:12]]
    orders, db = tmp_path / "orders.jsonl", f"sqlite:///{tmp_path}/shop.db"
    long = [line | {"number": line["number"].ljust(64, "x")} for line in lines]
    orders.write_text("\n".join(map(json.dumps, long)))
    found = json.loads(
        orderflow("run", orders, "--db", db, "--seed", "1", "--json", "--manual").stdout
    )
    assert (found["placed"], found["by_status"], found["tasks"]) == (12, {"completed": 12}, [])
    number = long[0]["number"]
    back = orderflow("command", number, "request_return", '{"lines": {"1": 1}}', "--db", db)
    assert (back.exit_code, f"{number}-R1" in back.stdout) == (0, True), back.output
    told = orderflow("explain", number, "--db", db, "--json")
    assert {"approve_return"} <= {
        offer["body"]["kind"] for offer in json.loads(told.stdout)["offered"]
    }


ROLES = """
from orderflow import Engine, InHouse

def make(store):
    return Engine(store, [InHouse()], roles_of={"sue": frozenset({"support"})}.get)
"""


def test_no_password_of_temporals_pages_is_shown(tmp_path: Path) -> None:
    pages = "http://ana:sesame@127.0.0.1:8233/namespaces/default/workflows/orderflow"
    told = orderflow("explain", "A-1", "--db", run_one(tmp_path), "--temporal", pages).output
    assert "http://ana:***@127.0.0.1:8233" in told
    assert "sesame" not in told


def test_explain_offers_what_somebody_may_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("shop_with_roles.py").write_text(ROLES)
    store = SqlStore("sqlite:///shop.db")
    mug = Line(sku="MUG", quantity=1)
    Engine(store, [InHouse()]).place(NewOrder(number="A-1", currency="EUR", lines=(mug,)))
    store.close()
    ours = ("--db", "sqlite:///shop.db", "--app", "shop_with_roles:make", "--json")
    for who, cancels in (("sue", True), ("nobody", False)):
        told = json.loads(orderflow("explain", "A-1", "--by", who, *ours).stdout)
        offered = {offer["body"]["kind"] for offer in told["offered"]}
        assert ("cancel" in offered) == cancels


@pytest.mark.parametrize("example", ["online_retail.py", "order_log.py"])
def test_an_example_without_its_file_says_so(example: str, tmp_path: Path) -> None:
    script = str(ROOT / "docs" / "examples" / example)
    words = [sys.executable, script, str(tmp_path / "nofile")]
    found = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (found.returncode, "Traceback" in found.stderr) == (2, False), found.stderr
    assert "nofile" in found.stderr
