"""Phases: what a state means to the engine, whatever its name."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["OrderPhase", "Phase", "ReturnPhase"]


class OrderPhase(StrEnum):
    """The phases of an order's lifecycle."""

    DRAFT = "draft"
    PLACED = "placed"
    CONFIRMED = "confirmed"
    COMPLETED = "completed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Whether nothing is pending in this phase."""
        return self in (OrderPhase.COMPLETED, OrderPhase.CANCELLED)


class Phase(StrEnum):
    """The phases of a fulfillment order."""

    WAITING = "waiting"
    READY = "ready"
    REQUESTED = "requested"
    WORKING = "working"
    READY_TO_LEAVE = "ready_to_leave"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Whether the fulfillment order needs nothing more."""
        return self in (Phase.DONE, Phase.FAILED, Phase.CANCELLED)


class ReturnPhase(StrEnum):
    """The phases of a return."""

    REQUESTED = "requested"
    APPROVED = "approved"
    RECEIVED = "received"
    CLOSED = "closed"
    DECLINED = "declined"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Whether the return is over."""
        return self in (ReturnPhase.CLOSED, ReturnPhase.DECLINED, ReturnPhase.CANCELLED)
