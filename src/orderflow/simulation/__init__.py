"""Parties that behave (and misbehave), on a virtual clock, deterministic from a seed."""

from orderflow.simulation.carrier import SimulatedCarrier
from orderflow.simulation.time import SequentialIds, VirtualClock
from orderflow.simulation.world import Replenishment, World

__all__ = ["Replenishment", "SequentialIds", "SimulatedCarrier", "VirtualClock", "World"]
