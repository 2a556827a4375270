"""Forgetting on the command line: what it says is kept, and to whom it is shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from orderflow import Customer, Engine, InHouse, Line, NewOrder
from orderflow.cli.app import app
from orderflow.model.commands import Cancel
from orderflow.stores import FileDocuments, SqlStore

APP = """
from pathlib import Path
from orderflow import Engine, InHouse
from orderflow.policies import Keep, Retention
from orderflow.stores import FileDocuments

KEEP = Keep(because="a law", years=8)
RETENTION = Retention(rows={"order": KEEP}, documents={"*invoice*": KEEP})
ROLES = {"audrey": frozenset({"auditor"})}

def make(store):
    documents = FileDocuments(Path("documents"))
    given = {"retention": RETENTION, "documents": documents, "roles_of": ROLES.get}
    return Engine(store, [InHouse()], **given)
"""


@pytest.fixture
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with an order that is over, of a shop whose application keeps something."""
    monkeypatch.chdir(tmp_path)
    Path("shop_that_keeps.py").write_text(APP)
    store = SqlStore("sqlite:///shop.db")
    engine = Engine(store, [InHouse()])
    mug, who = Line(sku="MUG", quantity=1, amount=5), Customer(id="ana-17", name="Ana Ng")
    engine.place(NewOrder(number="A-1", currency="EUR", customer=who, lines=(mug,)))
    engine.submit(Cancel().to("A-1"))
    engine.worker.run_until_idle()
    store.close()
    FileDocuments(Path("documents")).file("A-1", "A-1-invoice", b"Ana Ng owes")
    return "sqlite:///shop.db"


def orderflow(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_it_says_what_is_kept_and_shows_it_to_an_auditor(db: str) -> None:
    ours = ("--db", db, "--app", "shop_that_keeps:make")
    for words in (["forget", "ana-17"], ["forget", "ana-17"], ["forget", "--order", "A-1"]):
        told = orderflow(*words, *ours).stdout
        assert "0 orders are erased" in told
        assert "A-1: order is kept until" in told
        assert "A-1: documents *invoice* is kept until" in told
        assert "(a law)" in told
    explained = " ".join(orderflow("explain", "A-1", *ours).stdout.split())
    assert "order is kept for auditors until" in explained
    shown = orderflow("restricted", "A-1", "--by", "audrey", *ours, "--json").stdout
    kept = {each["kind"]: each for each in json.loads(shown)}
    assert kept["order"]["document"]["customer"]["name"] == "Ana Ng"
    assert kept["documents *invoice*"]["documents"] == {"A-1-invoice": "QW5hIE5nIG93ZXM="}
    assert "Ana Ng" in orderflow("restricted", "A-1", "--by", "audrey", *ours).stdout
    refused = orderflow("restricted", "A-1", "--by", "bo", *ours)
    assert refused.exit_code == 1 or "auditor" in refused.output
    assert "Ana Ng" not in refused.output


def test_the_standard_shop_keeps_nothing(db: str) -> None:
    assert orderflow("forget", "ana-17", "--db", db).stdout == "1 orders are erased\n"
    told = orderflow("restricted", "A-1", "--by", "ana", "--db", db).stdout
    assert told == "nothing is kept of A-1\n"
    assert orderflow("forget", "--order", "A-1", "--db", db).stdout == "1 orders are erased\n"


@pytest.mark.parametrize("words", [[], ["ana-17", "--order", "A-1"]])
def test_one_person_or_one_order_is_named(db: str, words: list[str]) -> None:
    found = orderflow("forget", *words, "--db", db)
    assert found.exit_code == 2
    assert "give a customer's id, or the order of one" in found.stderr


def test_without_the_application_the_card_says_what_is_kept(db: str) -> None:
    orderflow("explain", "A-1", "--db", db, "--app", "shop_that_keeps:make")  # it leaves its card
    told = orderflow("forget", "ana-17", "--db", db).stdout
    assert "0 orders are erased" in told
    assert "A-1: order is kept until" in told


def test_without_a_card_nobody_is_forgotten(db: str) -> None:
    store = SqlStore(db)
    store.keep_card("damaged")
    refused = orderflow("forget", "ana-17", "--db", db)
    assert refused.exit_code == 2
    assert "what laws keep is not known here" in refused.output
    order = store.order("A-1")
    assert order is not None
    assert order.document.customer == Customer(id="ana-17", name="Ana Ng")
