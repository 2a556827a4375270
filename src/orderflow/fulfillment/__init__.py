"""Fulfillment strategies, routing and the step policies."""

from typing import TYPE_CHECKING

from orderflow.fulfillment.in_house import InHouse, OwnVan, OwnWarehouse
from orderflow.fulfillment.in_person import Digital, Handover, Pickup
from orderflow.fulfillment.partners import Dropship, ThirdParty
from orderflow.fulfillment.routing import Cheapest, Priority, SingleSource
from orderflow.fulfillment.steps import AUTOMATED, MANUAL, Steps, notify
from orderflow.fulfillment.strategy import FulfillmentStrategy
from orderflow.renamed import old_names

__all__ = [
    "AUTOMATED",
    "MANUAL",
    "Cheapest",
    "Digital",
    "Dropship",
    "FulfillmentStrategy",
    "Handover",
    "InHouse",
    "OwnVan",
    "OwnWarehouse",
    "Pickup",
    "Priority",
    "SingleSource",
    "Steps",
    "ThirdParty",
    "notify",
]

if not TYPE_CHECKING:  # a type checker sees only the new names
    __getattr__ = old_names(__name__)
