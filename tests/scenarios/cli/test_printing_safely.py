"""What others wrote reaches people without harm: on the terminal, in tasks, in the log."""

from __future__ import annotations

import json
import logging
import sys
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text

from orderflow import Engine, InHouse, InvalidInput
from orderflow.cli.console import SafeConsole
from orderflow.cli.run import read_orders
from orderflow.cli.session import print_json, said, without_secrets
from orderflow.errors import Problem, StoreUnavailable
from orderflow.model.reading import storable
from orderflow.model.work import Task
from orderflow.stores import MemoryStore, SqlStore
from orderflow.text import UNSAFE, legible, legible_log, without_passwords

HARM = st.sampled_from(
    ["\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\x00", "\x7f", "\r", "\u202e", "\u2066", "\u2028"]
)
TEXTS = st.lists(st.text(max_size=5) | HARM, min_size=1, max_size=6).map("".join)


def harm(text: str) -> list[str]:
    return UNSAFE.findall(text)


@given(TEXTS)
def test_nothing_that_is_legible_does_harm_and_plain_text_stays_as_it_is(text: str) -> None:
    assert harm(legible(text)) == []
    assert harm(storable(text)) == []
    assert legible(legible(text)) == legible(text)
    if not harm(text):
        assert legible(text) == text


@given(TEXTS)
def test_every_printer_of_the_command_line_is_legible(text: str) -> None:
    printed = StringIO()
    console = SafeConsole(file=printed)
    table = Table("head", title=Text(text))
    table.add_row(Text(text))
    for shown in (Text(text), table):
        console.print(shown, highlight=False)
    assert harm(printed.getvalue()) == []


MARKUP = st.sampled_from(
    ["[red]", "[/]", "[/x]", "[link=https://evil.example]", "[", "]", ":smile:", "7", "\\[", "x"]
)


@given(st.lists(MARKUP, min_size=1, max_size=5).map("".join))
def test_markup_of_others_is_a_text_like_any_other(text: str) -> None:
    markup_of_others_is_a_text_like_any_other(text)


def markup_of_others_is_a_text_like_any_other(text: str) -> None:
    printed = StringIO()
    console = SafeConsole(file=printed, force_terminal=True, color_system="truecolor")
    table = Table(text, title=text, box=None, header_style="", title_style="", show_header=True)
    table.add_row(text)
    for shown in (text, table):
        console.print(shown)
    told = printed.getvalue()
    assert told.count(text) == 4 * f"{text} {text} {text} {text}".count(text) // 4
    assert "\x1b" not in told, "it steers the terminal"


@given(TEXTS)
def test_json_is_legible_and_tells_the_same(text: str) -> None:
    with pytest.MonkeyPatch.context() as patched:
        printed = StringIO()
        patched.setattr(sys, "stdout", printed)
        print_json({text: [text]})
    assert harm(printed.getvalue()) == []
    assert json.loads(printed.getvalue()) == {text: [text]}


@given(TEXTS, TEXTS)
def test_an_error_names_its_field_legibly(field: str, value: str) -> None:
    error = InvalidInput("order", [Problem(field, value, "another is right")])
    assert harm(str(error)) == []


@given(TEXTS)
def test_what_cannot_be_read_is_kept_legibly(text: str) -> None:
    engine = Engine(MemoryStore(), [InHouse()])
    with pytest.raises(InvalidInput):
        engine.intake(json.dumps({"occurred_at": "2026-01-01T00:00:00Z", "body": {"kind": text}}))
    (task,), (item,) = list(engine.tasks()), engine.unmatched()
    assert [harm(task.instructions), harm(item.error), harm(item.payload)] == [[], [], []]


@given(TEXTS)
def test_every_task_is_legible(text: str) -> None:
    assert harm(Task("key", "name", "A-1", "support", text).instructions) == []


def test_what_is_logged_is_legible(caplog: pytest.LogCaptureFixture) -> None:
    log = legible_log("orderflow.try")
    try:
        raise ValueError("\x1b[2J at postgresql://ana:sesame@db/shop")
    except ValueError:
        with caplog.at_level(logging.ERROR, "orderflow.try"):
            log.exception("it says %s", "\x1b[31m")
    assert harm(caplog.text) == []
    assert ("sesame" in caplog.text, "\\x1b[2J at postgresql" in caplog.text) == (False, True)


SECRET = st.text("abcXYZ019!#$%^*()_+-~.,:@/", min_size=6, max_size=20).map("s3kr1t{}".format)


@given(SECRET, st.sampled_from(["{}://ana:{}@db:5432/shop", "{}://:{}@db/shop?x=1"]))
def test_no_error_shows_the_password_of_an_address(secret: str, address: str) -> None:
    url = address.format("postgresql+psycopg", secret)
    for text in (url, f"cannot open {url}: no", f"got {url!r}, another is right"):
        assert "s3kr1t" not in without_passwords(text)
    assert "s3kr1t" not in str(StoreUnavailable(f"{url} is away"))
    assert "s3kr1t" not in said(StoreUnavailable(f"{url} is away"))


@given(st.text("abc '\";&@/:%+", min_size=6, max_size=20))
def test_no_password_of_an_address_that_was_given_is_shown(secret: str) -> None:
    secret = f"s3{secret}kr1t"
    for url in (f"postgresql://u:{secret}@127.0.0.1/x", f"sqlite://u:{secret}@/x?a=1"):
        assert "kr1t" not in without_secrets(url)
        assert "kr1t" not in without_passwords(f"cannot open {url}: no")
    assert "kr1t" not in without_secrets(f"postgresql://db/x?password={secret.replace('&', '')}")


@given(
    st.text("abc'\";& @/:%+#?", min_size=1, max_size=12),
    st.sampled_from(["postgresql+psycopg", "postgresql"]),
)
def test_no_store_tells_the_end_of_a_password(secret: str, driver: str) -> None:
    url = f"{driver}://u:s3{secret}kr1t@127.0.0.1:1/x"
    with pytest.raises(StoreUnavailable) as error:
        SqlStore(url, lock_timeout=0.1)
    assert "kr1t" not in str(error.value)


@pytest.mark.parametrize(
    "url",
    [
        *("sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"),
        *("sqlite:///file::memory:?cache=shared&uri=true", "sqlite:///file:/x?vfs=memdb&uri=true"),
    ],
)
def test_sqlite_in_memory_is_refused_however_it_is_written(url: str) -> None:
    with pytest.raises(ValueError, match="use MemoryStore"):
        SqlStore(url)


def test_a_url_of_a_file_opens_it(tmp_path: Path) -> None:
    """As SQLite writes it; a setting that the driver does not take is refused."""
    file = tmp_path / "shop.db"
    SqlStore(f"sqlite:///file:{file}?uri=true").close()
    SqlStore(f"sqlite:///file:{file}?uri=true", create=False).close()
    assert file.exists()
    with pytest.raises(StoreUnavailable, match="float"):
        SqlStore(f"sqlite:///{file}?timeout=soon")


@pytest.mark.parametrize("text", ["//a:" * 50_000, "sqlite" * 50_000, "postgres+a" * 50_000])
def test_a_long_text_is_read_once(text: str) -> None:
    assert without_passwords(text) == text


@pytest.mark.parametrize("text", ["mail ana@example.org: soon", "http://db:5432/shop", "a: b@c"])
def test_what_is_no_password_stays(text: str) -> None:
    assert without_passwords(text) == text


@given(st.integers(1, 4), st.lists(st.sampled_from("\u2028\u2029\x85 x"), max_size=5).map("".join))
def test_a_file_is_cut_at_line_feeds_alone(orders: int, note: str) -> None:
    line = {"currency": "EUR", "lines": [{"sku": "M", "quantity": 1}], "notes": f"one{note}two"}
    text = "\r\n".join(json.dumps(line, ensure_ascii=False) for _ in range(orders)) + "\n"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Path, "read_text", lambda *_args, **_more: text)
        assert [order.notes for order in read_orders(Path("any"))] == [f"one{note}two"] * orders


def test_what_is_no_terminal_gets_whole_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    printed = StringIO()
    console = SafeConsole(file=printed)
    console.print(Text("word " * 50))
    table = Table("head")
    table.add_row("word " * 50)
    console.print(table)
    assert [line.count("word") for line in printed.getvalue().splitlines() if "word" in line] == [
        50,
        50,
    ]


@pytest.mark.parametrize("error", [RecursionError(), OSError(5, "no disk"), KeyError("x")])
def test_whatever_is_raised_is_told(error: Exception) -> None:
    assert "Traceback" not in said(error)
