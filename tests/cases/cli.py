"""The command line."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from orderflow import FULFILLMENT_ORDER, InHouse
from orderflow.stores import SqlStore
from tests.cases.shop import POSTER, Shop, answer, case, expect, line, orderflow, require

URL = "sqlite:///cli.db"


def run(*options: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run a file with one order."""
    given = {"number": "A-1", "currency": "EUR", "lines": [{"sku": "M", "quantity": 1}], **more}
    text = json.dumps(given, ensure_ascii=False) + "\n"
    Path("orders.jsonl").write_text(text, encoding="utf-8")
    return orderflow("run", "orders.jsonl", "--db", URL, *options)


@case("an unknown field cannot write to the terminal", "medium")
def escapes_of_a_file() -> None:
    """A field of an order is named by an escape sequence that sets the window's title.

    Right: it is printed escaped. Kind: each text from outside that is printed: names of fields,
    tags, numbers, reasons (also U+009B).
    """
    done = run(**{"\x1b]0;PWNED\x07\x1b[31mx": 1})
    expect(0, (done.stdout + done.stderr).count("\x1b"))


@case("nor can a payload from the web", "medium", slow=True)
def escapes_of_a_payload() -> None:
    """A payload whose kind is an escape sequence is kept, and listed by ``inbox`` and ``tasks``.

    Right: escaped there. Kind: the same.
    """
    body = {"kind": "\x1b[2J\x1b]0;PWNED\x07"}
    payload = json.dumps({"occurred_at": "2026-01-01T00:00:00Z", "body": body})
    engine = Shop(store=SqlStore(URL)).engine
    answer(lambda: engine.intake(payload))
    told = [orderflow(word, "--db", URL).stdout for word in ("inbox", "tasks")]
    expect([0, 0], [text.count("\x1b") for text in told])


@case("a line separator inside a text does not cut an order in two", "medium")
def line_separator() -> None:
    """A note contains U+2028 as it is, as copied texts and ``model_dump_json`` give it.

    Right: one order a line feed. Kind: also U+2029 and U+0085.
    """
    done = run(notes="one\u2028two")
    require("taken", done.returncode == 0, done.stderr[-200:])


@case("what cannot be is told in a sentence", "low", slow=True)
def no_traceback() -> None:
    """``run --stock 99999999999``, and ``command A-1 fire`` with data that is nested 5000 deep.

    Right: an error that says what is right. Kind: options and data that become fields of commands.
    """
    data = '{"data":{"a":' + "[" * 5000 + "]" * 5000 + "}}"
    done = {"--stock": run("--stock", "99999999999")}
    run()
    done["fire"] = orderflow("command", "A-1", "fire", data, "--db", URL)
    found = [f"a traceback for {what}" for what in done if "Traceback" in done[what].stderr]
    expect([], found)


@case("a password is not printed", "medium")
def password() -> None:
    """A database cannot be reached.

    Right: the message has no password. Kind: addresses of databases in errors and logs.
    """
    done = orderflow("tasks", "--db", "postgresql://u:sesame@127.0.0.1:1/x")
    require("not printed", "sesame" not in done.stdout + done.stderr, "printed")


@case("a piped timeline has one line an event", "low", slow=True)
def piped() -> None:
    """An order with a long number.

    Right: its timeline has as many lines through a pipe at 80 columns as at 500, as people grep.
    Kind: all output that is not to a terminal, also errors.
    """
    number = "A-" + "1" * 50
    run(number=number)
    narrow, wide = (
        len(orderflow("timeline", number, "--db", URL, COLUMNS=columns).stdout.splitlines())
        for columns in ("80", "500")
    )
    require(f"{wide} lines", narrow == wide, f"{narrow}")


@case("a timeline tells money as money", "low")
def money_in_a_timeline() -> None:
    """A payment of 29.88 EUR.

    Right: the timeline says 29.88. Kind: raw values in sentences (``{'1': Decimal('7.50')}``, empty
    names of places).
    """
    shop = Shop(store=SqlStore(URL))
    shop.place(line("P", price="29.88", stocked=False))
    shop.pay(2988)
    timeline = orderflow("timeline", "A-1", "--db", URL).stdout
    told = [" ".join(entry.split()) for entry in timeline.splitlines() if "captured" in entry]
    require("29.88", any("29.88" in entry for entry in told), "; ".join(told))


@case("an order of an own workflow: the error names --app", "low")
def own_workflow() -> None:
    """``orderflow explain`` of an order whose workflow the command line does not have.

    Right: "give --app", as the doctor says. Kind: advice in an error that fits where it is read.
    """

    class Own(InHouse):
        code = "own"
        workflow = FULFILLMENT_ORDER.extend(name="own")

    Shop(Own(), store=SqlStore(URL)).place(POSTER)
    done = orderflow("explain", "A-1", "--db", URL)
    said = " ".join((done.stdout + done.stderr).split())
    require("--app is named", "--app" in said, said[-200:])


@case("list the orders, enter one, receive goods", "medium", open=True)
def by_hand() -> None:
    """A database that one did not fill oneself, an order by phone, goods that came in.

    To become possible: the command line lists orders (by status, newest first), places one and
    changes stock, on a live database.
    """
