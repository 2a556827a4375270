"""Workflows: graphs as data, checked when built, run on the ``transitions`` package."""

from typing import TYPE_CHECKING

from orderflow.renamed import old_names
from orderflow.workflow.arguments import named
from orderflow.workflow.definition import Workflow
from orderflow.workflow.graph import (
    EffectOf,
    Guard,
    PartnerAnswer,
    State,
    StepWork,
    TaskFor,
    TimerFor,
    Transition,
    UnitsPending,
    WorkRelease,
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
    "PartnerAnswer",
    "PointHooks",
    "State",
    "StepWork",
    "TaskFor",
    "TimerFor",
    "Transition",
    "UnitsPending",
    "WorkRelease",
    "Workflow",
    "as_machine",
    "named",
]

if not TYPE_CHECKING:  # type checkers know only the new names
    __getattr__ = old_names(__name__)
