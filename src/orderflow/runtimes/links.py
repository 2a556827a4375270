"""Links to Temporal's pages; needs no Temporal client."""

from __future__ import annotations

from urllib.parse import quote

__all__ = ["link", "workflow_id"]


def workflow_id(owner: str, queue: str = "orderflow") -> str:
    """The id of an owner's workflow: ``order:A-1`` is ``orderflow/order:A-1``."""
    return f"{queue}/{owner}"


def link(pages: str, owner: str) -> str:
    """The page of an owner's driver; *pages* is their common beginning, up to the queue.

    >>> link("http://localhost:8233/namespaces/default/workflows/orderflow", "order:A-1")
    'http://localhost:8233/namespaces/default/workflows/orderflow%2Forder%3AA-1'
    """
    return f"{pages.rstrip('/')}{quote(f'/{owner}', safe='')}"
