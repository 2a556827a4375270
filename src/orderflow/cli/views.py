"""Orders, explanations and timelines as text."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from orderflow.engine import Explanation
from orderflow.model.events import Entry
from orderflow.model.order import Order
from orderflow.wording import Wording

__all__ = ["explanation_text", "order_text", "timeline_lines"]


def order_text(order: Order) -> RenderableType:
    """The order's head, and a table of its units by bucket."""
    marks = "".join(f" [{mark}]" for mark in sorted(order.overlays))
    head = Text(
        f"{order.id}: {order.status}{marks}, stage {order.stage}\n"
        f"channel {order.document.channel}, total {order.document.total}, "
        f"payment {order.payment_status}, returns {order.return_status}"
    )
    table = Table("line", "sku", "ordered", "stands")
    for line_id, line in order.state.lines.items():
        stands = ", ".join(
            f"{n} {bucket}" for bucket, n in sorted(order.ledger.of(line_id).items())
        )
        table.add_row(line_id, line.sku, str(line.ordered), stands)
    parcels = [
        Text(f"parcel {view.id}: {view.status} {view.carrier} {view.tracking_number}".rstrip())
        for view in order.state.parcels.values()
    ]
    return Group(head, table, *parcels)


def explanation_text(found: Explanation) -> RenderableType:
    """The pending work, the allowed commands, and the blocked ones with their refusals."""
    lines = [f"{found.order.id} is {found.order.status}"]
    lines += [f"  waits: {wait.sentence}" for wait in found.pending] or ["  waits for nothing"]
    lines += [f"  SILENT: {what}" for what in found.idle_parts]
    lines += [f"  cannot be told: {what}" for what in found.faults]
    lines += [f"  may:   {_name(offer.command.body)}" for offer in found.allowed]
    for offer in found.blocked:
        lines.append(f"  not:   {_name(offer.command.body)}")
        lines += [f"           {refusal.sentence} [{refusal.code}]" for refusal in offer.refusals]
    return Text("\n".join(lines))


def _name(body: object) -> str:
    fields = body.model_dump(exclude={"kind"}, exclude_defaults=True)  # type: ignore[attr-defined]  # a command body
    what = " ".join(f"{name}={value}" for name, value in fields.items())
    return f"{type(body).__name__} {what}".strip()


def timeline_lines(entry: Entry, wording: Wording) -> Iterator[Text]:
    """One line per event; the first one has the time and the actor."""
    stamp = f"{entry.at:%Y-%m-%d %H:%M}  {entry.actor:<8}"
    for event in entry.events:
        told = " ".join(wording.of(event).split("\n"))
        yield Text(f"{stamp}  {told}")
        stamp = " " * len(stamp)
