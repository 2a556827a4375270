"""Where to look at an order in Temporal's own pages; needs nothing of Temporal."""

from __future__ import annotations

from urllib.parse import quote

__all__ = ["link", "workflow_id"]


def workflow_id(owner: str, queue: str = "orderflow") -> str:
    """The id of the workflow that drives an owner: ``order:A-1`` is ``orderflow/order:A-1``."""
    return f"{queue}/{owner}"


def link(pages: str, owner: str) -> str:
    """The page of an owner's driver; *pages* is what all of them begin with, up to the queue.

    >>> link("http://localhost:8233/namespaces/default/workflows/orderflow", "order:A-1")
    'http://localhost:8233/namespaces/default/workflows/orderflow%2Forder%3AA-1'
    """
    return f"{pages.rstrip('/')}{quote(f'/{owner}', safe='')}"
