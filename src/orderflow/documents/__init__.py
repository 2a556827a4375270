"""Documents (extra ``documents``): facts in, PDF bytes out."""

try:
    from orderflow.documents.facts import (
        A4,
        LETTER,
        Facts,
        Item,
        PackingSlip,
        PickLine,
        PickList,
        PurchaseOrder,
        ReturnLabel,
        ShippingLabel,
        Style,
        Template,
    )
    from orderflow.documents.fonts import Fonts
    from orderflow.documents.gathering import pick_list_of
    from orderflow.documents.label import shipping_label
    from orderflow.documents.printing import TEMPLATES, Printer
    from orderflow.documents.sheets import packing_slip, pick_list, purchase_order, return_label
except ModuleNotFoundError as error:
    raise ImportError(
        f"documents need their extra: pip install 'orderflow[documents]' ({error})"
    ) from error

__all__ = [
    "A4",
    "LETTER",
    "TEMPLATES",
    "Facts",
    "Fonts",
    "Item",
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
