"""Where documents are filed and numbers counted: every implementation keeps the same laws."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderflow.ports import DocumentStore, Numbers
from orderflow.stores import (
    FileDocuments,
    MemoryDocuments,
    MemoryNumbers,
    SqlDocuments,
    SqlNumbers,
)
from orderflow.stores.documents import digest

NAMES = st.text(min_size=1, max_size=40) | st.sampled_from(
    ["..", ".", "../x", "a/b", "/etc/x", "%2E", ".x"]
)
STEPS = st.lists(
    st.tuples(st.sampled_from(["A-1", "../A", "."]), NAMES, st.binary(max_size=20) | st.none()),
    max_size=12,
)


KINDS: dict[str, Callable[[Path], DocumentStore]] = {
    "memory": lambda _folder: MemoryDocuments(),
    "files": lambda folder: FileDocuments(folder / "documents"),
    "database": lambda folder: SqlDocuments(f"sqlite:///{folder}/shop.db"),
}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25)
@given(steps=STEPS)
def test_what_is_filed_last_is_read_until_the_order_is_erased(
    kind: str,
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[str, str, bytes | None]],
) -> None:
    documents = KINDS[kind](tmp_path_factory.mktemp("d"))
    there: dict[str, dict[str, bytes]] = {}
    for order, name, content in steps:
        if content is None:
            documents.erase(order)
            there.pop(order, None)
        else:
            assert documents.file(order, name, content) == digest(content)
            there.setdefault(order, {})[name] = content
        for each in ("A-1", "../A", "."):
            filed = there.get(each, {})
            assert documents.filed(each) == {n: digest(c) for n, c in filed.items()}
            assert documents.read(each, name) == filed.get(name)


@given(order=NAMES, name=NAMES)
def test_a_file_is_always_two_steps_below_its_folder(order: str, name: str) -> None:
    folder = Path("/shop/documents")
    path = FileDocuments(folder).path(order, name)
    assert path.resolve().parent.parent == folder
    assert not path.name.startswith(".")


def test_what_nobody_refers_to_any_more_is_gone_from_the_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/shop.db"
    documents = SqlDocuments(url)
    documents.file("A-1", "label", b"one")
    documents.file("A-2", "label", b"one")
    documents.file("A-1", "label", b"two")
    documents.erase("A-2")
    documents.close()
    assert b"one" not in (tmp_path / "shop.db").read_bytes().replace(b"CREATE", b"")
    assert SqlDocuments(url).read("A-1", "label") == b"two"


@pytest.fixture(params=["memory", "database"])
def numbers(request: pytest.FixtureRequest, tmp_path: Path) -> Numbers:
    return MemoryNumbers() if request.param == "memory" else SqlNumbers(f"sqlite:///{tmp_path}/n")


def test_no_number_is_given_twice_whoever_asks_at_the_same_time(numbers: Numbers) -> None:
    keys = [f"P-{n % 40}" for n in range(160)]
    with ThreadPoolExecutor(8) as pool:
        given_to = list(pool.map(lambda key: (key, numbers.number("sscc", key)), keys))
    by_key = dict(given_to)
    assert len(set(by_key.values())) == 40
    assert all(by_key[key] == number for key, number in given_to)
    assert min(by_key.values()) >= 0
    assert numbers.number("order", "P-0") == 0


def test_other_processes_are_given_other_numbers(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/n.db"
    program = (
        "import sys; from orderflow.stores import SqlNumbers; numbers = SqlNumbers(sys.argv[1])\n"
        "print(*(numbers.number('sscc', f'{sys.argv[2]}-{n}') for n in range(50)))"
    )
    command = [sys.executable, "-c", program, url]
    running = [
        subprocess.Popen([*command, who], stdout=subprocess.PIPE, text=True) for who in "abc"
    ]
    given_to = [list(map(int, process.communicate()[0].split())) for process in running]
    assert sorted(number for mine in given_to for number in mine) == list(range(150))
    assert all(one < other for mine in given_to for one, other in pairwise(mine))
    again = SqlNumbers(url)
    assert again.number("sscc", "a-0") == given_to[0][0]
    assert again.number("sscc", "new") == 150
    again.close()
