"""Random workflows, drawn to be recorded."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from orderflow.testing import workflows
from tests.same.flows import POINTS, Fate, flow_as_data, guard_of, hooks_as_data
from tests.same.wire import Json

TICKS = range(12)


def _ticks(some: bool) -> st.SearchStrategy[tuple[int, ...]]:
    if not some:
        return st.just(())
    return st.frozensets(st.sampled_from(TICKS), max_size=5).map(lambda found: tuple(sorted(found)))


def drawn(number: int, lives: int) -> list[Json]:
    """Workflows with guards and hooks, and the triggers of a run of each."""
    found: list[Json] = []

    @settings(
        max_examples=lives,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @seed(number)
    @given(st.data())
    def draw(data: st.DataObject) -> None:
        fates: dict[str, Fate] = {}

        def fated(name: str) -> st.SearchStrategy[Any]:
            def keep(fate: Fate) -> Any:
                fates[name] = fate
                return guard_of(fate)

            sometimes = st.booleans().flatmap(_ticks)
            return st.builds(Fate, st.just(name), _ticks(some=True), sometimes).map(keep)

        flow = data.draw(workflows(fated))
        hooks = {
            (point, name): [
                Fate(f"{point}_{name}_{n}", raises=data.draw(st.sampled_from([(), (), (3, 7)])))
                for n in range(data.draw(st.integers(0, 2)))
            ]
            for point in POINTS
            for name in sorted(flow.by_name if point.startswith("on_") else flow.triggers)
        }
        triggers = st.sampled_from([*sorted(flow.triggers) * 3, "never_declared"])
        run = data.draw(st.lists(triggers, min_size=6, max_size=12))
        told = {"flow": flow_as_data(flow, fates), "hooks": hooks_as_data(hooks), "triggers": run}
        found.append({"life": f"flow-{number:02}-{len(found):03}", "shop": "", **told})

    draw()
    return found
