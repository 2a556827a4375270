"""Fulfillment strategies, routing and the step policies."""

from orderflow.fulfillment.in_house import InHouse, OwnVan, OwnWarehouse
from orderflow.fulfillment.routing import FirstThatAccepts
from orderflow.fulfillment.steps import AUTOMATED, MANUAL, Steps, notify
from orderflow.fulfillment.strategy import FulfillmentStrategy

__all__ = [
    "AUTOMATED",
    "MANUAL",
    "FirstThatAccepts",
    "FulfillmentStrategy",
    "InHouse",
    "OwnVan",
    "OwnWarehouse",
    "Steps",
    "notify",
]
