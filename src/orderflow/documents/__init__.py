"""Documents (extra ``documents``): values in, PDF bytes out."""

from typing import TYPE_CHECKING

from orderflow.renamed import old_names

try:
    from orderflow.documents.assembly import pick_list_of
    from orderflow.documents.fonts import Fonts
    from orderflow.documents.label import shipping_label
    from orderflow.documents.printer import TEMPLATES, Printer
    from orderflow.documents.sheets import packing_slip, pick_list, purchase_order, return_label
    from orderflow.documents.values import (
        A4,
        LETTER,
        DocumentLine,
        DocumentValues,
        PackingSlip,
        PickLine,
        PickList,
        PurchaseOrder,
        ReturnLabel,
        ShippingLabel,
        Style,
        Template,
    )
except ModuleNotFoundError as error:
    raise ImportError(
        f"documents need their extra: pip install 'orderflow[documents]' ({error})"
    ) from error

__all__ = [
    "A4",
    "LETTER",
    "TEMPLATES",
    "DocumentLine",
    "DocumentValues",
    "Fonts",
    "PackingSlip",
    "PickLine",
    "PickList",
    "Printer",
    "PurchaseOrder",
    "ReturnLabel",
    "ShippingLabel",
    "Style",
    "Template",
    "packing_slip",
    "pick_list",
    "pick_list_of",
    "purchase_order",
    "return_label",
    "shipping_label",
]

if not TYPE_CHECKING:  # a type checker sees only the new names
    __getattr__ = old_names(__name__)
