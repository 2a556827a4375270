"""orderflow takes customers' orders from placement to confirmed delivery.

The public names. Commands are in :mod:`orderflow.model.commands`, observations in
:mod:`orderflow.model.observations`, stores in :mod:`orderflow.stores`.
"""

from orderflow.engine import Engine
from orderflow.errors import (
    Conflict,
    InvalidInput,
    InvalidWorkflow,
    NotFound,
    OrderflowError,
    Refusal,
    Refused,
)
from orderflow.fulfillment import (
    AUTOMATED,
    MANUAL,
    Digital,
    Dropship,
    FulfillmentStrategy,
    Handover,
    InHouse,
    Pickup,
    Steps,
    ThirdParty,
    notify,
)
from orderflow.kernel.decision.hooks import Hooks
from orderflow.kernel.decision.step import Committed, Step
from orderflow.kernel.decision.workflows import FULFILLMENT_ORDER, IN_HOUSE, ORDER, REMOTE, RETURN
from orderflow.model.document import Address, Charge, Customer, Line, NewOrder
from orderflow.model.order import Order
from orderflow.model.phases import OrderPhase, Phase, ReturnPhase
from orderflow.model.work import Effect, NewTask, Note
from orderflow.money import Money
from orderflow.workflow import State, TaskFor, Transition, Workflow

__all__ = [
    "AUTOMATED",
    "FULFILLMENT_ORDER",
    "IN_HOUSE",
    "MANUAL",
    "ORDER",
    "REMOTE",
    "RETURN",
    "Address",
    "Charge",
    "Committed",
    "Conflict",
    "Customer",
    "Digital",
    "Dropship",
    "Effect",
    "Engine",
    "FulfillmentStrategy",
    "Handover",
    "Hooks",
    "InHouse",
    "InvalidInput",
    "InvalidWorkflow",
    "Line",
    "Money",
    "NewOrder",
    "NewTask",
    "NotFound",
    "Note",
    "Order",
    "OrderPhase",
    "OrderflowError",
    "Phase",
    "Pickup",
    "Refusal",
    "Refused",
    "ReturnPhase",
    "State",
    "Step",
    "Steps",
    "TaskFor",
    "ThirdParty",
    "Transition",
    "Workflow",
    "notify",
]
