"""Workflows: graphs as data, checked when built, run on the ``transitions`` package."""

from orderflow.workflow.definition import Workflow
from orderflow.workflow.given import named
from orderflow.workflow.graph import (
    EffectOf,
    Guard,
    OfUnits,
    PartyAnswer,
    Release,
    State,
    StepWork,
    TaskFor,
    TimerFor,
    Transition,
)
from orderflow.workflow.machine import (
    CompiledWorkflow,
    Cursor,
    Inside,
    NoHooks,
    PointHooks,
    as_machine,
)

__all__ = [
    "CompiledWorkflow",
    "Cursor",
    "EffectOf",
    "Guard",
    "Inside",
    "NoHooks",
    "OfUnits",
    "PartyAnswer",
    "PointHooks",
    "Release",
    "State",
    "StepWork",
    "TaskFor",
    "TimerFor",
    "Transition",
    "Workflow",
    "as_machine",
    "named",
]
