"""The rules of an order written by hand for six methods: plain dicts, and one table of moves.

What a small shop would write without a library: legal moves only, quantities conserved, stock
reserved and consumed, a journal. It has no hooks, no tasks, no timers, no refusals with reasons.
"""

from __future__ import annotations

from typing import Any

__all__ = ["ON_HAND", "new_stock", "work"]

ON_HAND = 1_000
UNITS = 2

MOVES = {
    "route": ("open", "allocated"),
    "pick": ("allocated", "picked"),
    "pack": ("picked", "packed"),
    "ship": ("packed", "shipped"),
    "despatch": ("allocated", "shipped"),
    "collect": ("picked", "delivered"),
    "hand over": ("allocated", "delivered"),
    "deliver": ("shipped", "delivered"),
}
"""What each message does to the units of a line."""
STATES = {
    ("draft", "route"): "placed",
    ("placed", "confirm"): "confirmed",
    ("confirmed", "pick"): "picking",
    ("picking", "pack"): "packed",
    ("packed", "label"): "labelled",
    ("labelled", "ship"): "shipped",
    ("shipped", "deliver"): "delivered",
    ("confirmed", "submit"): "submitted",
    ("submitted", "receive"): "received",
    ("received", "accept"): "accepted",
    ("accepted", "despatch"): "shipped",
    ("picking", "collect"): "delivered",
    ("confirmed", "hand over"): "delivered",
}
LEAVES = {"ship", "despatch", "collect", "hand over"}
"""The messages with which units leave the stock."""
_BY_PARTY = ("route", "confirm", "submit", "receive", "accept", "despatch", "deliver")
MESSAGES = {
    "in-house": ("route", "confirm", "pick", "pack", "label", "ship", "deliver"),
    "dropship": _BY_PARTY,
    "third party": _BY_PARTY,
    "pickup": ("route", "confirm", "pick", "collect"),
    "handover": ("route", "confirm", "hand over"),
    "digital": ("route", "confirm", "hand over"),
}
KEEPS_STOCK = {"in-house", "third party", "pickup", "handover"}


def new_stock() -> dict[str, int]:
    return {"on_hand": ON_HAND, "reserved": 0}


def work(method: str, stock: dict[str, int]) -> dict[str, Any]:
    """Take an order of two units from placement to delivery."""
    order: dict[str, Any] = {"state": "draft", "lines": {"1": {"open": UNITS}}, "journal": []}
    for message in MESSAGES[method]:
        apply(order, message, stock if method in KEEPS_STOCK else None)
    return order


def apply(order: dict[str, Any], message: str, stock: dict[str, int] | None) -> None:
    dest = STATES.get((order["state"], message))
    if dest is None:
        raise ValueError(f"{message} does not lead on from {order['state']}")
    if message in MOVES:
        source, bucket = MOVES[message]
        for line in order["lines"].values():
            units = line.pop(source, 0)
            if not units:
                raise ValueError(f"nothing is {source}")
            line[bucket] = line.get(bucket, 0) + units
            if stock is not None:
                take(stock, message, units)
    order["state"] = dest
    order["journal"].append((message, dest))


def take(stock: dict[str, int], message: str, units: int) -> None:
    if message == "route":
        if stock["on_hand"] - stock["reserved"] < units:
            raise ValueError("out of stock")
        stock["reserved"] += units
    elif message in LEAVES:
        stock["reserved"] -= units
        stock["on_hand"] -= units
