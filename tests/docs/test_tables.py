"""The tables of the reference say what the code says. A failure shows the table to paste."""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, get_args

import attrs
import pytest
from pydantic import BaseModel

from orderflow import FULFILLMENT_ORDER, IN_HOUSE, ORDER, REMOTE, RETURN, Step, Workflow
from orderflow.kernel.decision.workflows import DIGITAL, HANDOVER, PICKUP
from orderflow.model.commands import AnyCommand, Command, StockCommand
from orderflow.model.events import KINDS
from orderflow.model.ledger import LEGAL_MOVES, SETTLED
from orderflow.model.observations import AnyObservation, Observation
from orderflow.renamed import ARGUMENTS, MEMBERS, NAMES
from tests.docs.test_examples import PAGES

BODIES = sorted(get_args(get_args(AnyCommand)[0]), key=lambda body: issubclass(body, StockCommand))
FACTS = get_args(get_args(AnyObservation)[0])
FLOWS = (ORDER, FULFILLMENT_ORDER, IN_HOUSE, REMOTE, PICKUP, HANDOVER, DIGITAL, RETURN)


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def moves() -> str:
    rows = [
        (
            f"`{source}`" + (" (settled)" if source in SETTLED else ""),
            ", ".join(f"`{dest}`" for dest in dests) or "–",
        )
        for source, dests in LEGAL_MOVES.items()
    ]
    return table(("from", "to"), rows)


def names(kind: Any) -> list[str]:
    """The fields of an attrs class."""
    return [field.name for field in attrs.fields(kind)]


def kinds() -> str:
    rows = [
        (
            str(number),
            f"`{kind.__name__}`",
            str(kind.version),
            " ".join(f"`{name}`" for name in names(kind)),
        )
        for number, kind in sorted(KINDS.items())
    ]
    return table(("number", "kind", "version", "fields"), rows)


def states(flow: Workflow[Step]) -> str:
    rows = [
        (f"`{state.name}`", f"`{state.phase}`", awaited(state.waits_for)) for state in flow.states
    ]
    return table(("state", "phase", "waits for"), rows)


def awaited(wait: Any) -> str:
    if wait is None:
        return "–"
    given = [
        str(getattr(wait, field.name))
        for field in attrs.fields(type(wait))
        if getattr(wait, field.name) is not None
    ]
    return f"`{type(wait).__name__}` {', '.join(given)}".strip()


def transitions(flow: Workflow[Step]) -> str:
    rows = [
        (f"`{source}`", f"`{trigger}`", f"`{dest}`", asks or "–")
        for source, trigger, dest, asks in flow.table()
    ]
    return table(("from", "trigger", "to", "asks for"), rows)


def fields(model: type[BaseModel]) -> str:
    """The fields of what others send, as a table; those with a default may be left out."""
    rows = []
    for name, field in model.model_fields.items():
        given = "needed" if field.is_required() else f"`{written(field.get_default())}`"
        if field.default_factory is not None:
            given = "`{}`"
        if name != "kind":
            rows.append((f"`{name}`", given))
    return table(("field", "default"), rows) if rows else "No fields."


def written(value: object) -> str:
    return str(value.value) if isinstance(value, Enum) else repr(value)


def section(model: type[BaseModel]) -> str:
    """A command's or fact's part of its page, from its heading on; text may stand between."""
    kind = model.model_fields["kind"].default if "kind" in model.model_fields else ""
    return f"### {model.__name__}" + (f"\n\n`{kind}`" if kind else "")


def parts(page: str) -> dict[str, str]:
    """A page's parts, by their headings of the third level."""
    found = PAGES[page].split("\n### ")[1:]
    return {part.partition("\n")[0]: "### " + part for part in found}


def test_ledger() -> None:
    assert moves() in PAGES["docs/reference/ledger.md"], "\n" + moves()


def test_events() -> None:
    assert kinds() in PAGES["docs/reference/events.md"], "\n" + kinds()


@pytest.mark.parametrize("flow", FLOWS, ids=lambda f: f.name)
def test_workflows(flow: Workflow[Step]) -> None:
    page = PAGES["docs/reference/workflows.md"]
    assert states(flow) in page, "\n" + states(flow)
    assert transitions(flow) in page, "\n" + transitions(flow)


@pytest.mark.parametrize(
    ("page", "models"),
    [
        ("docs/reference/commands.md", (Command, *BODIES)),
        ("docs/reference/observations.md", (Observation, *FACTS)),
    ],
)
def test_what_others_send(page: str, models: tuple[type[BaseModel], ...]) -> None:
    found = parts(page)
    assert list(found) == [model.__name__ for model in models]
    for model in models:
        part = found[model.__name__]
        assert part.startswith(section(model)), section(model)
        assert fields(model) in part, f"\n{model.__name__}\n\n{fields(model)}"


@pytest.mark.parametrize("of", [NAMES, MEMBERS, ARGUMENTS], ids=["names", "members", "arguments"])
def test_the_upgrade_page_has_every_old_name(of: Mapping[str, Mapping[str, str]]) -> None:
    rows = [
        (f"`{where}`", f"`{old}`", f"`{new}`") for where in of for old, new in of[where].items()
    ]
    page = PAGES["docs/how-to/upgrade.md"]
    for row in rows:
        assert table(row, ()).splitlines()[0] in page, row
