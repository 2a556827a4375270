"""Fulfillment strategies, routing and the step policies."""

from orderflow.fulfillment.in_house import InHouse, OwnVan, OwnWarehouse
from orderflow.fulfillment.in_person import Digital, Handover, Pickup
from orderflow.fulfillment.parties import Dropship, ThirdParty
from orderflow.fulfillment.routing import Cheapest, OnePlace, Priority
from orderflow.fulfillment.steps import AUTOMATED, MANUAL, Steps, notify
from orderflow.fulfillment.strategy import FulfillmentStrategy

__all__ = [
    "AUTOMATED",
    "MANUAL",
    "Cheapest",
    "Digital",
    "Dropship",
    "FulfillmentStrategy",
    "Handover",
    "InHouse",
    "OnePlace",
    "OwnVan",
    "OwnWarehouse",
    "Pickup",
    "Priority",
    "Steps",
    "ThirdParty",
    "notify",
]
