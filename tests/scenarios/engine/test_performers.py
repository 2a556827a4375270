"""Who performs an effect."""

from __future__ import annotations

from orderflow.engine.worker.performers import Performers
from orderflow.ports import EffectAnswer, EffectAttempt
from tests.shop import Shop


class Idle:
    def perform(self, effect: EffectAttempt) -> EffectAnswer:
        raise NotImplementedError(effect)


def test_the_applications_own_come_before_the_strategies() -> None:
    order, them = Shop().place().order, Performers({"pick": Idle()}, None, {})
    found = {name: them.whose(name, "A-1-F1", order, None) for name in ("pick", "pack", "notify")}
    assert found == {"pick": "pick", "pack": "in_house", "notify": "notify"}
    assert them.whose("confirm", "A-1", order, None) == "confirm"
