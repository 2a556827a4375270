"""Rings are engraved before they are packed."""

from __future__ import annotations

from orderflow import (
    IN_HOUSE,
    Committed,
    Effect,
    Engine,
    Hooks,
    InHouse,
    Line,
    Phase,
    Refusal,
    State,
    Step,
    TaskFor,
    Transition,
    Workflow,
    notify,
)
from orderflow.ports import Carrier, Store

__all__ = ["ENGRAVED", "Engraver", "engraved", "hooks", "make_engine"]

LONGEST = 40


def short_text(step: Step) -> Refusal | None:
    """A guard: an engraving has room for forty letters."""
    if len(str(step.order.attributes.get("engraving", ""))) > LONGEST:
        return Refusal("engraving.too_long", f"an engraving has at most {LONGEST} letters")
    return None


def engraved() -> Workflow[Step]:
    """In-house work, with a state between picking and packing."""
    return IN_HOUSE.extend(
        name="engraved",
        states=[State("engraving", Phase.WORKING, TaskFor("engraver", trigger="engraved"))],
        transitions=[
            Transition("picked", "picking", "engraving"),
            Transition("engraved", "engraving", "packing", guards=[short_text]),
            Transition("pick", "engraving", "picking"),
            Transition("cancel", "engraving", "cancelled"),
        ],
        without=[("picked", "picking")],
    )


ENGRAVED = engraved()


class Engraver(InHouse):
    """Stock, picking, packing and shipping come from InHouse."""

    code = "engraver"
    workflow = ENGRAVED

    def accepts(self, line: Line) -> Refusal | None:
        """Rings."""
        if line.sku.startswith("RING-"):
            return super().accepts(line)
        return Refusal("engraver.no_ring", f"{line.sku} is not a ring")


def hooks() -> Hooks:
    """Tell the customer; count what was engraved."""
    found = Hooks()

    @found.on_enter("engraving", workflow=ENGRAVED)
    def tell_customer(step: Step) -> list[Effect]:
        return [notify("being-engraved", to=step.order.id)]

    @found.committed("engraved", workflow=ENGRAVED, name="statistics")
    def count(done: Committed) -> None:
        COUNTED.add(done.key)

    return found


COUNTED: set[str] = set()


def make_engine(store: Store, carrier: Carrier | None = None) -> Engine:
    """The shop."""
    return Engine(store, [Engraver(carrier=carrier), InHouse(carrier=carrier)], hooks=hooks())
