"""Faults to inject into the strategies of any engine."""

from __future__ import annotations

import attrs

from orderflow.engine import Engine
from orderflow.errors import PortFailed
from orderflow.model.commands import Pick
from orderflow.model.observations import CancellationAnswered, ObservationBody, RequestAnswered
from orderflow.ports import Clock, EffectAnswer, EffectAttempt, Ids, Performer

__all__ = ["PerformedEffect", "PortFaults", "take_over"]


@attrs.frozen
class PerformedEffect:
    """An effect that a strategy performed, with its reply or its error."""

    strategy: str
    effect: EffectAttempt
    reply: object = None
    error: Exception | None = None


@attrs.define
class PortFaults:
    """Faults to inject into the strategies' ports; ``performed`` records their effects.

    Attributes:
        fails: Nothing is done, and the call fails.
        late: It is done, and the answer is lost.
        short: A unit of each pick is not on its shelf.
        prompt: Partners answer at once, and agree.
    """

    fails: bool = False
    late: bool = False
    short: bool = False
    prompt: bool = False
    performed: list[PerformedEffect] = attrs.field(factory=list)
    _altered: dict[str, EffectAnswer] = attrs.field(factory=dict)

    def perform(self, code: str, strategy: Performer, effect: EffectAttempt) -> EffectAnswer:
        """Have a strategy perform an effect, with these faults. Raises the strategy's errors."""
        if self.fails:
            raise PortFailed("nobody answers")
        first = self._altered.get(effect.key)  # an altered answer stays the same
        reply = self._ask(code, strategy, effect) if first is None else first
        if self.late:
            raise PortFailed("it was done, and the answer got lost")
        return reply

    def _ask(self, code: str, strategy: Performer, effect: EffectAttempt) -> EffectAnswer:
        try:
            reply = strategy.perform(effect)
        except Exception as error:
            self.performed.append(PerformedEffect(code, effect, error=error))
            raise
        self.performed.append(PerformedEffect(code, effect, reply))
        if self.short and isinstance(reply, Pick) and reply.units:
            reply = self._altered[effect.key] = _one_less(reply)
        if self.prompt and reply is None:
            reply = self._altered[effect.key] = _agreed(effect)
        return reply


def _one_less(pick: Pick) -> Pick:
    line = min(pick.units)
    units = {ln: n - (ln == line) for ln, n in pick.units.items()}
    return Pick(fo=pick.fo, units={ln: n for ln, n in units.items() if n}, short={line: 1})


def _agreed(effect: EffectAttempt) -> ObservationBody | None:
    """The answer of a partner that agrees at once."""
    if effect.name == "submit":
        return RequestAnswered(fo=effect.subject)
    if effect.name == "ask_back":
        asked = effect.order.state.cancellations[effect.subject]
        return CancellationAnswered(fo=asked.fo, lines=dict(asked.lines))
    return None


class _Moody:
    """Replaces a strategy where the worker performs its effects."""

    def __init__(self, code: str, strategy: Performer, moods: PortFaults) -> None:
        self._code, self._strategy, self._moods = code, strategy, moods

    def perform(self, effect: EffectAttempt) -> EffectAnswer:
        return self._moods.perform(self._code, self._strategy, effect)


def take_over(engine: Engine, clock: Clock, ids: Ids, moods: PortFaults | None = None) -> Engine:
    """Give an engine the test's clock, ids and faults. Call it before the engine's first use."""
    handler, worker = engine._handler, engine.worker
    engine.clock = handler.preparer.clock = worker._clock = clock
    engine.ids = handler.ids = ids
    if moods is not None:
        strategies = worker.performers.strategies
        worker.performers.strategies = {
            code: _Moody(code, strategy, moods) for code, strategy in strategies.items()
        }
    return engine
