"""Documents as effects: hooks request them, the worker creates and files them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from orderflow.documents.assembly import (
    Bins,
    label_of,
    pick_list_of,
    purchase_order_of,
    return_of,
    slip_of,
    units_of,
)
from orderflow.documents.label import shipping_label
from orderflow.documents.sheets import packing_slip, pick_list, purchase_order, return_label
from orderflow.documents.values import DocumentValues, Style, Template
from orderflow.errors import InvalidInput, NotFound, Problem
from orderflow.identifiers import sscc
from orderflow.kernel.decision.hooks import Hooks
from orderflow.kernel.decision.step import Step
from orderflow.kernel.decision.workflows import IN_HOUSE, RETURN
from orderflow.model.order import Order
from orderflow.model.parcel import ParcelStatus
from orderflow.model.work import Effect
from orderflow.ports import DocumentStore, EffectAttempt, Numbers
from orderflow.workflow import Workflow, named

__all__ = ["TEMPLATES", "Printer"]

TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        "label": shipping_label,
        "packing-slip": packing_slip,
        "pick-list": pick_list,
        "purchase-order": purchase_order,
        "return-label": return_label,
    }
)
"""The template of each kind of document; an application can replace them."""


def _no_bins(_sku: str, _location: str) -> str:
    return ""


class Printer:
    """Creates the documents of orders, files them, and returns them again.

    Its effect is ``document``: give the engine ``hooks=printer.hooks()`` and
    ``performers={"document": printer}``.

    Args:
        store: Stores the documents.
        style: Their style.
        numbers: Counts the SSCCs. Without numbers and prefix, labels have none.
        gs1_prefix: The shop's GS1 company prefix.
        templates: Templates by kind, replacing those of :data:`TEMPLATES`.
        bins: The bin of a SKU at a location.
        supplier_name: Suppliers' names on purchase orders; default: the strategy's code.

    Raises:
        InvalidInput: A template is for an unknown kind.
    """

    def __init__(
        self,
        store: DocumentStore,
        style: Style,
        *,
        numbers: Numbers | None = None,
        gs1_prefix: str = "",
        templates: Mapping[str, Template] = TEMPLATES,
        bins: Bins = _no_bins,
        supplier_name: Callable[[str], str] = str,
    ) -> None:
        if unknown := [kind for kind in templates if kind not in TEMPLATES]:
            expected = f"one of {', '.join(TEMPLATES)} is right"
            problems = [Problem("templates", kind, expected) for kind in unknown]
            raise InvalidInput("printer", problems)
        self.store, self.style, self.bins = store, style, bins
        self._numbers, self._prefix = numbers, gs1_prefix
        self._templates = {**TEMPLATES, **templates}
        self._supplier_name = supplier_name

    def hooks(
        self,
        hooks: Hooks | None = None,
        *,
        picked: Iterable[Workflow[Step]] = (IN_HOUSE,),
        submitted: Iterable[Workflow[Step]] = (),
        returns: Workflow[Step] = RETURN,
    ) -> Hooks:
        """Hooks that request each document at its time; added to *hooks*, if given.

        Args:
            hooks: The application's own.
            picked: Workflows whose fulfillment orders get a pick list in state ``open``.
            submitted: Workflows whose fulfillment orders get a purchase order when submitted.
            returns: The workflow whose returns get a label when approved.
        """
        hooks = hooks or Hooks()
        for flow in picked:
            hooks.on_enter("open", workflow=flow)(_asks("pick-list", flow))
        for flow in submitted:
            hooks.on_enter("submitted", workflow=flow)(_asks("purchase-order", flow))
        hooks.on_enter("approved", workflow=returns)(_asks("return-label", returns))
        hooks.on_parcel(ParcelStatus.LABELED)(_for_the_parcel)
        return hooks

    def perform(self, effect: EffectAttempt) -> None:
        """Create and file the document of an effect, with the units at the time of its request."""
        self._file(effect.order, str(effect.data["kind"]), effect.subject, effect.data)

    def document(self, order: Order, kind: str, subject: str) -> bytes:
        """A document as filed; created and filed now where it is missing.

        Args:
            order: Its order.
            kind: A key of :data:`TEMPLATES`.
            subject: Its parcel, fulfillment order or return.

        Raises:
            NotFound: The order has no such parcel, fulfillment order or return, or no label yet.
        """
        filed = self.store.read(order.id, f"{subject}-{kind}")
        if filed is not None:
            return filed
        self._check(order, kind, subject)
        return self._file(order, kind, subject, units_of(order, kind, subject))

    def _check(self, order: Order, kind: str, subject: str) -> None:
        state = order.state
        known: Mapping[str, object] = {
            "label": state.parcels,
            "packing-slip": state.parcels,
            "return-label": state.returns,
        }.get(kind, state.fulfillment_orders)
        if subject not in known:
            there = ", ".join(known) or "none"
            raise NotFound(f"{order.id} has no {subject} for a {kind}; it has: {there}")
        if kind == "label" and not state.parcels[subject].tracking_number:
            raise NotFound(f"{subject} is {state.parcels[subject].status}: no label was bought yet")

    def _file(self, order: Order, kind: str, subject: str, about: Mapping[str, Any]) -> bytes:
        content = self._templates[kind](self._facts(order, kind, subject, about), self.style)
        self.store.file(order.id, f"{subject}-{kind}", content)
        return content

    def _facts(
        self, order: Order, kind: str, subject: str, about: Mapping[str, Any]
    ) -> DocumentValues:
        state, language = order.state, self.style.language
        match kind:
            case "label":
                return label_of(order, subject, about["units"], self.sscc(subject))
            case "packing-slip":
                units, following = about["units"], about["following"]
                return slip_of(order, subject, units, following, self.sscc(subject))
            case "return-label":
                return return_of(order, subject)
            case "purchase-order":
                name = self._supplier_name(state.fulfillment_orders[subject].strategy)
                return purchase_order_of(order, subject, about["units"], name, language)
            case _:
                work = [(order, subject, about["units"])]
                return pick_list_of(subject, state.placed_at.date(), work, self.bins, language)

    def sscc(self, parcel: str) -> str:
        """The SSCC of a parcel, always the same; empty where the shop has none."""
        if self._numbers is None or not self._prefix:
            return ""
        return sscc(self._prefix, self._numbers.number(f"sscc/{self._prefix}", parcel))


def _asks(kind: str, flow: Workflow[Step]) -> Callable[[Step], list[Effect]]:
    """A hook that requests a document of the moved fulfillment order or return."""

    @named(f"{kind} of {flow.name}")  # one for each workflow
    def ask(step: Step) -> list[Effect]:
        subject = step.fo or step.rma
        return [_effect(step.order, kind, subject.id)] if subject else []

    return ask


def _for_the_parcel(step: Step) -> list[Effect]:
    """A packing slip for each order in the parcel; one label, for the leading order."""
    view = step.order.state.parcels[str(step.data["parcel"])]
    kinds = ["packing-slip"]
    if view.lead in ("", step.order.id):
        kinds.append("label")
    return [_effect(step.order, kind, view.id) for kind in kinds]


def _effect(order: Order, kind: str, subject: str) -> Effect:
    return Effect("document", subject, data={"kind": kind, **units_of(order, kind, subject)})
