"""What the laws of a store commit: small, and about few things."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from orderflow.model.events import Entry, NoteAdded
from orderflow.model.stock import (
    Cause,
    Move,
    Policy,
    Release,
    Reserve,
    StockKey,
    StockOp,
    Unwait,
    Wait,
)
from orderflow.model.work import Effect
from orderflow.ports import Commit
from orderflow.testing.drafts import drafted

__all__ = [
    "CUP",
    "MINUTE",
    "MUG",
    "NOW",
    "moving",
    "saving",
    "stock_commits",
    "stocking",
    "wanting",
]

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MUG, CUP = StockKey("MUG", "main"), StockKey("CUP", "main")


def saving(order: str, before: int, text: str = "") -> Commit:
    """The commit after version *before* of an order."""
    subject = f"order:{order}"
    entry = Entry(subject, before + 1, NOW, "ana", f"m{before}", (NoteAdded(text),))
    return Commit(subject, NOW, before, order=drafted(order, before + 1, text), entry=entry)


def stocking(*ops: StockOp) -> Commit:
    """A commit of operations on stock."""
    return Commit("stock", NOW, stock=ops)


def wanting(*keys: str) -> Commit:
    """The commit that adds an effect for each key."""
    return Commit("order:A-1", NOW, wanted=tuple(Effect("pick", "A-1", key) for key in keys))


def moving(units: int) -> Move:
    """Mugs that arrive."""
    return Move(MUG, units, Cause.RECEIPT, "delivery")


def stock_commits() -> SearchStrategy[list[Commit]]:
    """Commits of stock, of few keys and orders, so that they meet."""
    key, order = st.sampled_from([MUG, CUP]), st.sampled_from("AB")
    line, units = st.sampled_from("12"), st.integers(1, 4)
    by_line = [st.builds(op, key, order, line, units) for op in (Reserve, Release, Wait, Unwait)]
    leaving = st.builds(Release, key, order, line, units, st.just(Cause.SHIPMENT))
    moves = st.builds(Move, key, st.integers(-2, 6), st.just(Cause.COUNT), st.just("count"))
    policies = st.builds(Policy, key, st.integers(0, 2), st.none() | st.integers(0, 4))
    ops = st.one_of(moves, *by_line, leaving, policies)
    return st.lists(st.lists(ops, min_size=1, max_size=3).map(lambda found: stocking(*found)))
