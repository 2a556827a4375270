"""What readers are shown, and what a public room gives, stands in the reference."""

from __future__ import annotations

import ast
import importlib
import re
from pkgutil import resolve_name

import pytest

from tests.docs.test_examples import PAGES, blocks

DOORS = (
    "orderflow",
    "orderflow.calendars",
    "orderflow.carriers",
    "orderflow.documents",
    "orderflow.errors",
    "orderflow.fulfillment",
    "orderflow.identifiers",
    "orderflow.ports",
    "orderflow.runtimes.temporal",
    "orderflow.simulation",
    "orderflow.stores",
    "orderflow.testing",
)
"""Rooms all of whose names are for applications."""

REFERENCE = "\n".join(text for page, text in PAGES.items() if page.startswith("docs/reference/"))
DIRECTIVES = re.findall(r"^\.\. auto(?:class|function|data):: (\S+)$", REFERENCE, re.MULTILINE)


def spoken_of() -> set[str]:
    """The names that have a directive, a heading, a place among a module's members, or marks."""
    members = re.findall(r"automodule::.*\n   :members: (.*)", REFERENCE)
    return {
        *(name.rpartition(".")[2] for name in DIRECTIVES),
        *(name for line in members for name in line.split(", ")),
        *re.findall(r"^### (\w+)$", REFERENCE, re.MULTILINE),
        *re.findall(r"`(\w+)`", REFERENCE),
    }


def imported(code: str) -> set[str]:
    """The names that code takes from orderflow."""
    return {
        name.name
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "orderflow"
        for name in node.names
    }


@pytest.mark.parametrize("page", [page for page, text in PAGES.items() if blocks(text)])
def test_what_a_page_imports_is_in_the_reference(page: str) -> None:
    used = {name for block in blocks(PAGES[page]) for name in imported(block)}
    assert sorted(used - spoken_of()) == []


@pytest.mark.parametrize("door", DOORS)
def test_what_a_public_room_gives_is_in_the_reference(door: str) -> None:
    assert sorted(set(importlib.import_module(door).__all__) - spoken_of()) == []


@pytest.mark.parametrize("name", DIRECTIVES)
def test_what_is_in_the_reference_is_there(name: str) -> None:
    resolve_name(name)


def test_a_name_that_is_imported_in_a_block_is_found() -> None:
    code = (
        "from orderflow import (\n    A,\n    B as C,\n)\ndef f():\n    from orderflow.x import D\n"
    )
    assert imported(code + "from other import E\nimport orderflow\n") == {"A", "B", "D"}
