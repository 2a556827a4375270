"""Parties that behave (and misbehave), on a virtual clock, deterministic from a seed."""

from orderflow.simulation.carrier import SimulatedCarrier
from orderflow.simulation.party import Moods, SimulatedParty
from orderflow.simulation.people import SimulatedPeople
from orderflow.simulation.time import SequentialIds, VirtualClock
from orderflow.simulation.warehouse import SimulatedWarehouse
from orderflow.simulation.world import Replenishment, World

__all__ = [
    "Moods",
    "Replenishment",
    "SequentialIds",
    "SimulatedCarrier",
    "SimulatedParty",
    "SimulatedPeople",
    "SimulatedWarehouse",
    "VirtualClock",
    "World",
]
