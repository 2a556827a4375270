"""Tools for downstream projects to test their own code (extra ``testing``)."""

from typing import TYPE_CHECKING

from orderflow.renamed import old_names

try:
    import hypothesis  # noqa: F401 (asked for here, so that one message names the extra)
    import pytest  # noqa: F401
except ImportError as error:
    raise ImportError("orderflow.testing needs: pip install 'orderflow[testing]'") from error

from orderflow.testing.contract import Contract, Law, law
from orderflow.testing.data import addresses, disordered, lines, money, orders, stock
from orderflow.testing.fakes import FakeCarrier, FakeNotifier, FakePartner, FakeWarehouse
from orderflow.testing.faults import Called, Fault, Faulty, SimulatedCrash, interleave
from orderflow.testing.faulty_ports import PerformedEffect, PortFaults
from orderflow.testing.flows import workflows
from orderflow.testing.histories import histories
from orderflow.testing.history import History, LifeStep
from orderflow.testing.laws import BrokenLaw, WatchedStore, check_order, check_refusal, check_stock
from orderflow.testing.machine import OrderMachine, order_machine
from orderflow.testing.machines import HookContract, WorkflowContract
from orderflow.testing.messages import commands_for, observations_for
from orderflow.testing.partners import (
    CarrierContract,
    PartnerContract,
    ProviderContract,
    SupplierContract,
)
from orderflow.testing.routing import RoutingCase, RoutingContract
from orderflow.testing.stores import StoreContract
from orderflow.testing.strategies import FulfillmentStrategyContract

__all__ = [
    "BrokenLaw",
    "Called",
    "CarrierContract",
    "Contract",
    "FakeCarrier",
    "FakeNotifier",
    "FakePartner",
    "FakeWarehouse",
    "Fault",
    "Faulty",
    "FulfillmentStrategyContract",
    "History",
    "HookContract",
    "Law",
    "LifeStep",
    "OrderMachine",
    "PartnerContract",
    "PerformedEffect",
    "PortFaults",
    "ProviderContract",
    "RoutingCase",
    "RoutingContract",
    "SimulatedCrash",
    "StoreContract",
    "SupplierContract",
    "WatchedStore",
    "WorkflowContract",
    "addresses",
    "check_order",
    "check_refusal",
    "check_stock",
    "commands_for",
    "disordered",
    "histories",
    "interleave",
    "law",
    "lines",
    "money",
    "observations_for",
    "order_machine",
    "orders",
    "stock",
    "workflows",
]

if not TYPE_CHECKING:  # a type checker sees only the new names
    __getattr__ = old_names(__name__)
