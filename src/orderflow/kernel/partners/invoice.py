"""A partner's invoices, compared with the costs that were agreed."""

from __future__ import annotations

from collections import Counter

from orderflow.kernel.decision.draft import Draft
from orderflow.kernel.orders.lines import document_line
from orderflow.kernel.partners.request import comes_again, note_contact, partner_fo, says
from orderflow.kernel.partners.shipment_notice import SHIPPED
from orderflow.model import events as ev
from orderflow.model import observations as obs
from orderflow.model.order import Order
from orderflow.model.state import FulfillmentOrder

__all__ = ["invoice_received", "uncovered_charges"]


def invoice_received(draft: Draft, body: obs.InvoiceReceived) -> None:
    """Record an invoice; a cost that was not agreed opens a task."""
    fo = partner_fo(draft, body)
    if fo is None:
        return
    if body.number in fo.invoices:
        told = ", ".join(f"{ln.quantity} of line {ln.line} at {ln.unit_cost}" for ln in body.lines)
        comes_again(draft, fo, f"invoice {body.number}", body, told)
        return
    note_contact(draft, fo)
    lines = tuple(ev.InvoicedLine(ln.line, ln.quantity, ln.unit_cost) for ln in body.lines)
    draft.emit(ev.InvoiceRecorded(fo.id, body.number, lines, says(body)))
    if over := uncovered_charges(draft.order, draft.fos[fo.id]):
        what = (
            f"invoice {body.number} of {fo.strategy} charges for {over} that no shipment "
            "notice covers"
        )
        draft.open_task("exception.invoice", "purchasing", what, fo.id)
    wrong = [
        f"line {ln.line} costs {ln.unit_cost}, agreed are {fo.costs[ln.line]}"
        for ln in body.lines
        if ln.line in fo.costs and ln.unit_cost != fo.costs[ln.line]
    ]
    if wrong:
        what = f"invoice {body.number} of {fo.strategy}: {'; '.join(wrong)}"
        draft.open_task("exception.invoice_cost", "purchasing", what, fo.id)


def uncovered_charges(order: Order, fo: FulfillmentOrder) -> str:
    """The units that a partner invoiced and did not ship, by its shipment notices, in words."""
    over: Counter[str] = Counter()
    for line, units in fo.invoiced.items():
        over[document_line(order.state.lines, line)] += units
    for line, units in order.units(*SHIPPED, fo=fo.id).items():
        over[document_line(order.state.lines, line)] -= units
    return ", ".join(f"{units} of line {line}" for line, units in over.items() if units > 0)
