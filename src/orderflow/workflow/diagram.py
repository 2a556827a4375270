"""A workflow as a diagram and as a table."""

from __future__ import annotations

from typing import Any

from orderflow.workflow.arguments import name_of
from orderflow.workflow.graph import Graph, Transition

__all__ = ["mermaid", "table"]


def mermaid(workflow: Graph[Any]) -> str:
    """A Mermaid state diagram: states in order, then transitions in order."""
    lines = ["stateDiagram-v2", f"    [*] --> {workflow.initial}"]
    lines += [f"    {t.source} --> {t.dest}: {t.trigger}" for t in workflow.transitions]
    lines += [f"    {state.name} --> [*]" for state in workflow.states if state.phase.final]
    return "\n".join(lines)


def table(workflow: Graph[Any]) -> tuple[tuple[str, str, str, str], ...]:
    """One row per transition: source, trigger, dest, and what it requires."""
    return tuple((t.source, t.trigger, t.dest, _asks(t)) for t in workflow.transitions)


def _asks(t: Transition[Any]) -> str:
    parts = []
    if t.moves:
        parts.append(f"units {t.moves[0]} → {t.moves[1]}")
    if t.guards:
        parts.append(
            "guards " + ", ".join(name_of(guard).rpartition("<locals>.")[2] for guard in t.guards)
        )
    if t.roles:
        parts.append("roles " + ", ".join(sorted(t.roles)))
    return "; ".join(parts)
