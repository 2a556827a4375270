"""Lives played again: a shop of the same rules on a fresh store does what was recorded.

What is to be seen of it is told as lines, by aspect; equal lines are equal lives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs
from sqlalchemy import event
from sqlalchemy.engine import Engine as Database

from orderflow import Engine, InvalidInput, Order, Refused
from orderflow.model.commands import Command, CommandBody, Override
from orderflow.model.observations import Observation, ObservationBody
from orderflow.model.stock import StockKey
from orderflow.model.work import LeasedRow
from orderflow.ports import EffectAnswer, EffectAttempt, Store
from orderflow.simulation import SequentialIds, VirtualClock
from orderflow.stores import SqlStore
from orderflow.testing import Fault, Faulty, SimulatedCrash
from tests.same import looking
from tests.same.insides import stand_between
from tests.same.ports import Scripted
from tests.same.shops import Ground, build
from tests.same.wire import (
    Json,
    read_answer,
    read_command,
    read_error,
    read_observation,
    read_order,
    text,
)

ASPECTS = (
    "answers",
    "refusals",
    "calls",
    "hooks",
    "tasks",
    "explanations",
    "statements",
    "tables",
)
EVERY = 5
"""Steps after which the order that was spoken of is explained."""


@attrs.define
class Told:
    """What was seen of one life: lines by aspect, how much there was of what, and what at all."""

    lines: dict[str, list[str]] = attrs.field(factory=lambda: {name: [] for name in ASPECTS})
    counts: Counter[str] = attrs.field(factory=Counter)
    census: set[str] = attrs.field(factory=set)

    def tell(self, aspect: str, line: str) -> None:
        self.lines[aspect].append(line)

    def text(self, aspect: str) -> str:
        return "\n".join(self.lines[aspect]) + "\n"


# --- a fresh store -------------------------------------------------------------------------------


@cache
def _empty() -> bytes:
    """A database with the tables, and nothing in them; made once in a process."""
    with TemporaryDirectory(prefix="same-") as folder:
        file = Path(folder) / "empty.db"
        SqlStore(f"sqlite:///{file}").close()
        return file.read_bytes()


class Statements:
    """How many statements the databases of this process were sent while they were looked at."""

    sent = 0


def _count(*_given: object) -> None:
    Statements.sent += 1


_COUNTED = (Database, "before_cursor_execute", _count)


@contextmanager
def fresh_store() -> Iterator[tuple[SqlStore, Path]]:
    """An empty store in a file of its own."""
    with TemporaryDirectory(prefix="same-") as folder:
        file = Path(folder) / "life.db"
        file.write_bytes(_empty())
        store = SqlStore(f"sqlite:///{file}", synchronous="OFF")
        event.listen(*_COUNTED)
        try:
            yield store, file
        finally:
            event.remove(*_COUNTED)
            store.close()


def witnessed(
    told: Told, name: str, act: Callable[[], object]
) -> tuple[object, BaseException | None]:
    """Do something, and tell what came of it: its answer, or the error, and what it cost."""
    before, answer, raised = Statements.sent, None, None
    try:
        answer = act()
    except (Exception, SimulatedCrash) as error:
        raised = error
    _tell_of(told, name, answer if raised is None else raised)
    told.tell("statements", f"{name}: {Statements.sent - before}")
    return answer, raised


def _tell_of(told: Told, name: str, came: object) -> None:
    match came:
        case Refused(refusals=refusals):
            told.tell("refusals", f"{name}: refused")
            for refusal in refusals:
                told.census.add(f"refusal {refusal.code}")
                told.tell("refusals", f"  {refusal}")
        case InvalidInput():
            told.tell("refusals", f"{name}: {came}")
        case BaseException():
            told.tell("answers", f"{name}: {type(came).__name__}: {came}")
        case Order():
            told.tell("answers", f"{name}: {came.id} v{came.version} {came.status}")
        case list():
            for each in came:
                _tell_of(told, name, each)
        case _:
            told.tell("answers", f"{name}: {text(came)}")


# --- a life --------------------------------------------------------------------------------------


class Life:
    """A recorded life, being lived again."""

    def __init__(self, recorded: Json, store: Store, told: Told) -> None:
        self.recorded, self.told = recorded, told
        self.clock = VirtualClock(datetime.fromisoformat(recorded["start"]))
        self.ids = SequentialIds(recorded.get("ids", ""))
        self.faulty = Faulty(store, only=("commit",))
        self.scripted = Scripted(recorded["answers"], self._call)
        self.moods = {(effect["key"], effect["n"]): effect for effect in recorded["deeds"]}
        self.times: Counter[str] = Counter()
        self.hand: dict[str, LeasedRow] = {}
        self.walks: list[Any] = []
        self.desk = looking.Desk()
        self.engine: Engine | None = None
        self.step, self.acting, self.about = "", False, ""

    def live(self) -> None:
        for number, step in enumerate(self.recorded["steps"], start=1):
            self.step = str(number)
            self.act(step)
            self.look(number)
        self.step = "end"
        with self.shop.store.read_session():
            self.told.census.update(looking.happened(self.shop))
            self._explain(looking.read(self.shop))
        for line in self.scripted.never_asked():
            self._call(line)

    @property
    def shop(self) -> Engine:
        assert self.engine is not None  # every life begins by opening its shop
        return self.engine

    def act(self, step: Json) -> None:
        """Do one step, and tell what came of it."""
        if at := step.get("at"):
            self.clock.move_to(datetime.fromisoformat(at))
        name = f"{self.step} {step['do']}"
        self.told.counts[KINDS.get(step["do"], "other")] += 1
        self.acting = True
        answer, _ = witnessed(self.told, name, lambda: VERBS[step["do"]](self, step))
        self.acting = False
        if isinstance(answer, Order):
            self.about = answer.id

    def look(self, number: int) -> None:
        """Look at the shop between two steps."""
        with self.shop.store.read_session():
            for line in self.desk.news(self.shop):
                self.told.tell("tasks", f"{self.step} {line}")
            if number % EVERY == 0 and self.about:
                self._explain(looking.explained(self.shop, self.about))

    def _explain(self, lines: Iterator[str]) -> None:
        for line in lines:
            self.told.tell("explanations", f"{self.step} {line}")
            if line.startswith(looking.BECAUSE):
                code = line.removeprefix(looking.BECAUSE).partition(":")[0]
                self.told.census.add(f"refusal {code}")

    # --- what others do ---

    def open(self, options: Json) -> None:
        """Start a process: an engine on the store as it is."""
        ground = Ground(self.faulty.port, self.clock, self.ids, self.scripted, self._hook)
        self.engine = build(self.recorded["shop"], ground, options)
        self.engine.worker.batch = options.get("batch", self.engine.worker.batch)
        self.engine.worker.attempts = options.get("attempts", self.engine.worker.attempts)
        stand_between(self.engine, self.perform)

    def perform(self, inner: Any, effect: EffectAttempt) -> EffectAnswer:
        """Perform a deed as it went in the recording: in that mood, with that in between."""
        number = self.times[effect.key]
        self.times[effect.key] += 1
        mood = self.moods.get((effect.key, number), {})
        self.told.census.add(f"effect {effect.name}")
        self._call(f"deed {text(effect)}")
        try:
            reply: EffectAnswer = inner.perform(effect) if mood.get("asked", True) else None
            for at, step in enumerate(mood.get("meanwhile", ()), start=1):
                self._within(f"{self.step}.{at}", step)
            if "error" in mood:
                raise read_error(mood["error"])
            if "reply" in mood:
                reply = read_answer(mood["reply"])
        except Exception as error:
            self._call(f"deed {effect.key} failed: {type(error).__name__}: {error}")
            raise
        if reply is not None:
            self._says(reply)
        self._call(f"deed {effect.key} gave {text(reply)}")
        return reply

    def _within(self, name: str, step: Json) -> None:
        outer, self.step = self.step, name
        self.act(step)
        self.step, self.acting = outer, True

    def _says(self, body: CommandBody | ObservationBody) -> None:
        """Take into the census what is commanded or observed."""
        what = "observation" if isinstance(body, ObservationBody) else "command"
        self.told.census.add(f"{what} {body.kind}")  # type: ignore[union-attr]  # each kind has one
        if isinstance(body, Override):
            self._says(body.command)

    def command(self, given: Json) -> Command:
        found = read_command(given)
        self._says(found.body)
        return found

    def observation(self, given: Json) -> Observation:
        found = read_observation(given)
        self._says(found.body)
        return found

    def _call(self, line: str) -> None:
        self.told.tell("calls", f"{self.step} {line}")

    def _hook(self, line: str) -> None:
        if self.acting:  # who explains asks guards, too
            self.told.tell("hooks", f"{self.step} {line}")


# --- steps ---------------------------------------------------------------------------------------


def _open(life: Life, step: Json) -> object:
    life.open(step["options"])
    return None


def _submit(life: Life, step: Json) -> object:
    return life.shop.submit(life.command(step["command"]))


def _submit_many(life: Life, step: Json) -> object:
    return life.shop.submit_many([life.command(command) for command in step["commands"]])


def _place(life: Life, step: Json) -> object:
    life.told.census.add("command place")
    return life.shop.place(read_order(step["order"]), id=step["id"], by=step["by"])


def _place_many(life: Life, step: Json) -> object:
    orders = {id: read_order(order) for id, order in step["orders"].items()}
    return list(life.shop.place_many(orders, by=step["by"]).values())


def _change_stock(life: Life, step: Json) -> object:
    return life.shop.change_stock(life.command(step["command"]))


def _observe(life: Life, step: Json) -> object:
    life.shop.observe(life.observation(step["observation"]))
    return None


def _intake(life: Life, step: Json) -> object:
    return life.shop.intake(step["payload"])


def _dismiss(life: Life, step: Json) -> object:
    life.shop.dismiss(step["reference"])
    return None


def _fire(life: Life, step: Json) -> object:
    given = {name: step[name] for name in ("on", "data", "by", "id")}
    life.told.census.add("command fire")
    return life.shop.fire(step["order"], step["trigger"], **given)


def _complete(life: Life, step: Json) -> object:
    return life.shop.complete(step["task"], by=step["by"], data=step["data"], id=step["id"])


def _claim_task(life: Life, step: Json) -> object:
    return life.shop.claim(step["task"], by=step["by"])


def _reassign(life: Life, step: Json) -> object:
    return life.shop.reassign(step["task"], step["to"], by=step["by"])


def _plan_walk(life: Life, step: Json) -> object:
    life.walks.append(life.shop.plan_pick_tour(by=step["by"], limit=step["limit"]))
    return life.walks[-1]


def _finish_walk(life: Life, step: Json) -> object:
    missing = {StockKey(sku, location): units for sku, location, units in step["missing"]}
    return list(life.shop.finish_pick_tour(life.walks.pop(), by=step["by"], missing=missing))


def _apply_rules(life: Life, step: Json) -> object:
    del step
    return life.shop.apply_rules()


def _forget(life: Life, step: Json) -> object:
    return life.shop.erase(step["customer"])


def _work(life: Life, step: Json) -> object:
    del step
    return life.shop.worker.run_until_idle()


def _claim(life: Life, step: Json) -> object:
    """Claim rows as a worker does."""
    del step
    worker, now = life.shop.worker, life.clock.now()
    found = life.shop.store.lease(now, worker.lease, life.ids.new("lease"), worker.batch)
    life.hand.update({row.key: row for row in found})
    return [row.key for row in found]


def _do(life: Life, step: Json) -> object:
    """Do rows that were claimed; of one that was not, tell."""
    rows = [life.hand.pop(key) for key in step["rows"] if key in life.hand]
    missing = [key for key in step["rows"] if key not in {row.key for row in rows}]
    return [*life.shop.worker.do(rows), *(f"not claimed: {key}" for key in missing)]


def _expect(life: Life, step: Json) -> object:
    """The process will die at a commit; or nothing more will happen to it."""
    faults = [Fault("commit", n, after=after, error=SimulatedCrash()) for n, after in step["dies"]]
    life.faulty.expect(*faults)
    return None


VERBS: dict[str, Callable[[Life, Json], object]] = {
    "open": _open,
    "submit": _submit,
    "submit_many": _submit_many,
    "place": _place,
    "place_many": _place_many,
    "change_stock": _change_stock,
    "observe": _observe,
    "intake": _intake,
    "dismiss": _dismiss,
    "fire": _fire,
    "complete": _complete,
    "claim_task": _claim_task,
    "reassign": _reassign,
    "plan_walk": _plan_walk,
    "finish_walk": _finish_walk,
    "apply_rules": _apply_rules,
    "forget": _forget,
    "work": _work,
    "claim": _claim,
    "do": _do,
    "expect": _expect,
}
"""What a step does, by its name."""

KINDS = {
    **dict.fromkeys(
        ("submit", "submit_many", "place", "place_many", "change_stock", "fire", "complete"),
        "commands",
    ),
    **dict.fromkeys(("observe", "intake"), "observations"),
    "work": "worker ticks",
    "do": "worker ticks",
}
"""What a step counts as."""


def replay(recorded: Json) -> Told:
    """Live a recorded life, and tell all that is to be seen of it."""
    told = Told()
    with fresh_store() as (store, file):
        life = Life(recorded, store, told)
        life.live()
        told.lines["tables"] = list(looking.tables(file))
        told.census.update(looking.wanted(file))
    told.counts["lives"] = 1
    told.counts["port calls"] = life.scripted.calls
    told.counts["rows"] = looking.rows(told.lines["tables"])
    return told
