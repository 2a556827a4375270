"""What downstream projects import to test their own code (extra ``testing``)."""

try:
    import hypothesis  # noqa: F401 (asked for here, so that one message names the extra)
    import pytest  # noqa: F401
except ImportError as error:
    raise ImportError("orderflow.testing needs: pip install 'orderflow[testing]'") from error

from orderflow.testing.contract import Contract, Law, law
from orderflow.testing.data import addresses, disordered, lines, money, orders, stock
from orderflow.testing.fakes import FakeCarrier, FakeNotifier, FakeParty, FakeWarehouse
from orderflow.testing.faults import Called, Died, Fault, Faulty, interleave
from orderflow.testing.flows import workflows
from orderflow.testing.history import History, Move
from orderflow.testing.laws import Broken, WatchedStore, check_order, check_refusal, check_stock
from orderflow.testing.lives import histories
from orderflow.testing.machine import OrderMachine, order_machine
from orderflow.testing.machines import HookContract, WorkflowContract
from orderflow.testing.messages import commands_for, observations_for
from orderflow.testing.moods import Moods, Performed
from orderflow.testing.parties import (
    CarrierContract,
    PartyContract,
    ProviderContract,
    SupplierContract,
)
from orderflow.testing.routing import RoutingCase, RoutingContract
from orderflow.testing.stores import StoreContract
from orderflow.testing.strategies import FulfillmentStrategyContract

__all__ = [
    "Broken",
    "Called",
    "CarrierContract",
    "Contract",
    "Died",
    "FakeCarrier",
    "FakeNotifier",
    "FakeParty",
    "FakeWarehouse",
    "Fault",
    "Faulty",
    "FulfillmentStrategyContract",
    "History",
    "HookContract",
    "Law",
    "Moods",
    "Move",
    "OrderMachine",
    "PartyContract",
    "Performed",
    "ProviderContract",
    "RoutingCase",
    "RoutingContract",
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
