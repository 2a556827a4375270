"""Where to look at an order in Temporal's own pages; needs nothing of Temporal."""

from __future__ import annotations

from urllib.parse import quote

__all__ = ["link", "workflow_id"]


def workflow_id(owner: str, queue: str = "orderflow") -> str:
    """The id of the workflow that drives an owner: ``order:A-1`` is ``orderflow/order:A-1``."""
    return f"{queue}/{owner}"


def link(ui: str, owner: str, *, namespace: str = "default", queue: str = "orderflow") -> str:
    """The page of an owner's workflow, on a user interface such as ``http://localhost:8233``.

    >>> link("http://localhost:8233", "order:A-1")
    'http://localhost:8233/namespaces/default/workflows/orderflow%2Forder%3AA-1'
    """
    page = quote(workflow_id(owner, queue), safe="")
    return f"{ui.rstrip('/')}/namespaces/{quote(namespace, safe='')}/workflows/{page}"
