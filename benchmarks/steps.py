"""What the state machines do: an order of eight steps, with one guard and one callback each."""

from __future__ import annotations

__all__ = ["STATES", "STEPS", "TRIGGERS", "Order", "count", "may"]

STATES = ("new", "placed", "picking", "picked", "packed", "labelled", "shipped", "arrived", "done")
TRIGGERS = ("place", "start", "pick", "pack", "label", "ship", "arrive", "finish")
STEPS = tuple(zip(TRIGGERS, STATES, STATES[1:], strict=False))


class Order:
    """What a trigger moves. *moves* proves that every callback ran."""

    __slots__ = ("moves", "open", "state")

    def __init__(self) -> None:
        self.state, self.moves, self.open = STATES[0], 0, True


def may(order: Order) -> bool:
    """The guard."""
    return order.open


def count(order: Order) -> None:
    """The callback."""
    order.moves += 1
