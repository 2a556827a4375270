"""A warehouse that picks requests, sometimes a unit short."""

from __future__ import annotations

from orderflow.ports import Picked, PickRequest
from orderflow.simulation.trips import chance

__all__ = ["SimulatedWarehouse"]


class SimulatedWarehouse:
    """The warehouse port. Its answers are a function of seed and key.

    Args:
        seed: Other seeds give other shortages.
        short: The share of picks in which a unit is not on its shelf.
    """

    def __init__(self, seed: int = 0, *, short: float = 0) -> None:
        self._seed, self._short = seed, short

    def pick(self, request: PickRequest) -> Picked:
        """All units, or all but one."""
        units = dict(request.units)
        if not units or chance(self._seed, request.key).random() >= self._short:
            return Picked(units)
        line = min(units)
        found = {ln: n - (ln == line) for ln, n in units.items()}
        return Picked({ln: n for ln, n in found.items() if n}, {line: 1})
