"""A slice of real data, played by the documentation's examples from the files beside the project.

The data itself is not kept here, only what stands for what was seen. Where the files are not there,
these lives are passed over.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.util import module_from_spec, spec_from_file_location
from itertools import groupby, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from orderflow import Engine
from orderflow.errors import NotFound, Refused
from orderflow.ports import EffectAnswer, EffectAttempt
from tests.same import looking
from tests.same.book import DOOR, WORKER
from tests.same.insides import replace, stand_between
from tests.same.replay import KINDS, Told, fresh_store, witnessed
from tests.same.wire import Json, text

ROOT = Path(__file__).parents[2]
DATA = "SAME_DATA"
"""The variable that says where the files are, where that is not beside the project."""


def data() -> Path:
    return Path(os.environ.get(DATA) or ROOT.parent / "shared" / "data")


def _example(name: str) -> Any:
    """A module of the documentation's examples, of our own."""
    spec = spec_from_file_location(f"same_{name}", ROOT / "docs" / "examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


class Witness:
    """Sees what an engine is asked and what it answers, and tells it."""

    def __init__(self, told: Told) -> None:
        self.told = told
        self.engine: Engine | None = None
        self._inside, self._step, self._desk = False, 0, looking.Desk()

    def build(self, *given: Any, **named: Any) -> Engine:
        """Build an engine, and watch it from now on."""
        engine = Engine(*given, **named)
        for watched, door in ((engine, DOOR), (engine.worker, WORKER)):
            for method, (verb, asked) in door.items():
                replace(watched, method, self._noting(verb, asked))
        stand_between(engine, self._perform)
        self.engine = engine
        return engine

    def _noting(self, verb: str, asked: Callable[..., Json]) -> Callable[[Any], Any]:
        def by(method: Any) -> Any:
            def noted(*given: Any, **named: Any) -> Any:
                if self._inside:
                    return method(*given, **named)
                self._step += 1
                self.told.counts[KINDS.get(verb, "other")] += 1
                name = f"{self._step} {verb} {text(asked(*given, **named))}"
                self._inside = True
                answer, raised = witnessed(self.told, name, lambda: method(*given, **named))
                self._inside = False
                self._look()
                if raised is not None:
                    raise raised
                return answer

            return noted

        return by

    def _look(self) -> None:
        assert self.engine is not None  # it was asked something
        if self._step % 25 == 0:
            for line in self._desk.news(self.engine):
                self.told.tell("tasks", f"{self._step} {line}")

    def _perform(self, inner: Any, effect: EffectAttempt) -> EffectAnswer:
        self.told.counts["port calls"] += 1
        self.told.tell("calls", f"{self._step} deed {text(effect)}")
        reply: EffectAnswer = inner.perform(effect)
        self.told.tell("calls", f"{self._step} deed {effect.key} gave {text(reply)}")
        return reply

    def end(self, file: Path) -> Told:
        assert self.engine is not None  # it was built by now
        for line in looking.read(self.engine):
            self.told.tell("explanations", line)
        self.told.lines["tables"] = list(looking.tables(file))
        self.told.counts["rows"] = looking.rows(self.told.lines["tables"])
        self.told.counts["lives"] = 1
        return self.told


def _first_lines(path: Path, count: int, folder: str) -> Path:
    """A file with the first lines of another."""
    short = Path(folder) / path.name
    with path.open(encoding="utf-8", errors="replace") as lines:
        short.write_text("".join(islice(lines, count)), encoding="utf-8")
    return short


def retail() -> Told:
    """The first sales of the UCI Online Retail data, and a month after them."""
    module, witness = _example("online_retail"), Witness(Told())
    module.Engine = witness.build
    with TemporaryDirectory() as folder, fresh_store() as (store, file):
        path = _first_lines(data() / FILES["real-retail"], 200, folder)
        start = next(module.read(path, [])).at
        shop = module.Shop(store, module.sold(path), start)
        for invoice, rows in groupby(module.read(path, []), key=lambda row: row.invoice):
            shop.invoice(invoice, list(rows))
        shop.world.run_until()
        return witness.end(file)


def orders() -> Told:
    """The first events of the object-centric order log."""
    module, witness = _example("order_log"), Witness(Told())
    module.Engine = witness.build
    with fresh_store() as (store, file):
        module.MemoryStore = lambda: store
        shop = module.Shop()
        for row in islice(module.read(data() / FILES["real-orders"]), 250):
            try:
                shop.replay(row)
            except (Refused, NotFound) as error:
                witness.told.tell("refusals", f"{row.id}: {error}")
        return witness.end(file)


FILES: Mapping[str, str] = {
    "real-retail": "orders/uci_online_retail.csv",
    "real-orders": "ocel/ocel_order_log_first1500.csv",
}
LIVES: Mapping[str, Callable[[], Told]] = {"real-retail": retail, "real-orders": orders}


def present() -> Sequence[str]:
    """The names of the lives whose files are there."""
    return [name for name, file in FILES.items() if (data() / file).is_file()]
