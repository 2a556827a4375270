"""Simulated partners with faults, on a virtual clock, deterministic from a seed."""

from typing import TYPE_CHECKING

from orderflow.renamed import old_names
from orderflow.simulation.carrier import SimulatedCarrier
from orderflow.simulation.partner import PartnerBehavior, SimulatedPartner
from orderflow.simulation.people import SimulatedPeople
from orderflow.simulation.time import SequentialIds, VirtualClock
from orderflow.simulation.warehouse import SimulatedWarehouse
from orderflow.simulation.world import Replenishment, World

__all__ = [
    "PartnerBehavior",
    "Replenishment",
    "SequentialIds",
    "SimulatedCarrier",
    "SimulatedPartner",
    "SimulatedPeople",
    "SimulatedWarehouse",
    "VirtualClock",
    "World",
]

if not TYPE_CHECKING:  # a type checker sees only the new names
    __getattr__ = old_names(__name__)
