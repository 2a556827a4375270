"""Whatever is wrong with an application's rules, what it is told is an error of ours, by name.

Each kind of rule fails in turn, by an error of its own and by giving back what it may not; then
every public method of an engine is called.
"""

from __future__ import annotations

import sys
from asyncio import CancelledError
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from orderflow import (
    Committed,
    Dropship,
    Engine,
    Hooks,
    InHouse,
    Line,
    NewOrder,
    OrderflowError,
    Step,
    Steps,
    notify,
)
from orderflow.engine import RandomIds
from orderflow.engine.pipeline.taker import Taker
from orderflow.errors import RuleFailed, StoreUnavailable
from orderflow.fulfillment import Priority
from orderflow.kernel.decision.policies import EVERY_ROLE, ReserveAtPlacement
from orderflow.kernel.decision.rules import Settings
from orderflow.model.commands import Cancel, Confirm, Count, Pick, ReceiveStock, RequestReturn
from orderflow.model.document import Customer
from orderflow.model.observations import GoodsReturned, PaymentReported
from orderflow.model.parcel import ParcelStatus
from orderflow.model.state import PaymentOutcome
from orderflow.ports import EffectAttempt
from orderflow.simulation import VirtualClock
from orderflow.stores import MemoryStore, SqlStore
from orderflow.testing import FakeCarrier, FakeNotifier, FakePartner, FakeWarehouse
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, replace
from tests.shop import Shop, new_order

NONSENSE = object()


class Killed(BaseException):
    """What libraries raise that no handler of theirs may catch by mistake."""


class Own(Exception):
    """An error that orderflow cannot know."""


OTHER = "nothing is known of another order"
RAISES: Mapping[str, Callable[[], BaseException]] = {
    "raises": lambda: Own("out of order"),
    "raises an error of ours": lambda: StoreUnavailable(OTHER),
    "is cancelled": CancelledError,
    "is killed": lambda: Killed("after 5 s"),
}
WAYS = [*RAISES, "gives nonsense"]


@attrs.define
class Fault:
    """What an application's rules do: nothing wrong, raise something, or give nonsense."""

    now: str = ""
    asked: int = 0

    def __call__(self, right: Any) -> Any:
        """What was to be given; or the fault."""
        if not self.now:
            return right
        self.asked += 1
        if self.now in RAISES:
            raise RAISES[self.now]()
        return NONSENSE


def hooked(point: str, name: str) -> Callable[[Fault], Mapping[str, Any]]:
    """A shop with a hook that may fail."""

    def rules(fault: Fault) -> Mapping[str, Any]:
        hooks = Hooks()

        def faulty(_step: Step) -> Any:
            return fault(None if point == "guard" else [])

        getattr(hooks, point)(name)(faulty)
        return {"hooks": hooks}

    return rules


def told(point: str, name: str) -> Callable[[Fault], Mapping[str, Any]]:
    """A shop with a watcher that may fail."""

    def rules(fault: Fault) -> Mapping[str, Any]:
        hooks = Hooks()

        def faulty(_done: Committed) -> None:
            fault(None)

        getattr(hooks, point)(name)(faulty)
        return {"hooks": hooks}

    return rules


def refused(fault: Fault) -> Mapping[str, Any]:
    """A shop that watches what is refused."""
    hooks = Hooks()
    hooks.refused(lambda _order, _reasons: fault(None))
    return {"hooks": hooks}


def policy(name: str, right: Any) -> Callable[[Fault], Mapping[str, Any]]:
    """A shop with a policy that is a function and may fail."""

    def rules(fault: Fault) -> Mapping[str, Any]:
        def faulty(*_asked: Any) -> Any:
            return fault(right)

        return {name: faulty}

    return rules


def routing(fault: Fault) -> Mapping[str, Any]:
    """A shop whose routing may fail."""

    class Faulty(Priority):
        def plan(self, *asked: Any) -> Any:
            return fault(super().plan(*asked))

    return {"routing": Faulty()}


def steps(method: str) -> Callable[[Fault], Mapping[str, Any]]:
    """A shop whose policy of steps may fail."""

    def rules(fault: Fault) -> Mapping[str, Any]:
        def faulty(self: Steps, *asked: Any) -> Any:
            return fault(getattr(Steps, method)(self, *asked))

        return {"steps": type("Faulty", (Steps,), {method: faulty})(manual={"pick", "confirm"})}

    return rules


def reserve(method: str) -> Callable[[Fault], Mapping[str, Any]]:
    """A shop whose reserve policy may fail."""

    def rules(fault: Fault) -> Mapping[str, Any]:
        def faulty(self: ReserveAtPlacement, *asked: Any) -> Any:
            return fault(getattr(ReserveAtPlacement, method)(self, *asked))

        return {"reserve": type("Faulty", (ReserveAtPlacement,), {method: faulty})()}

    return rules


def strategy(method: str) -> Callable[[Fault], Mapping[str, Any]]:
    """A shop with a fulfillment strategy that may fail."""

    def rules(fault: Fault) -> Mapping[str, Any]:
        def faulty(self: InHouse, *asked: Any) -> Any:
            return fault(getattr(InHouse, method)(self, *asked))

        kind = type("Faulty", (InHouse,), {method: faulty})
        return {"strategies": [kind(carrier=FakeCarrier())]}

    return rules


def external(fault: Fault) -> Mapping[str, Any]:
    """A shop with a provider of facts that may fail."""
    return {"external": {"credit": lambda _order: fault(1)}}


def port(name: str) -> Callable[[Fault], Mapping[str, Any]]:
    """A shop with a port that may fail at whatever it is asked."""

    def rules(fault: Fault) -> Mapping[str, Any]:
        class Faulty:
            def __init__(self, inner: Any) -> None:
                self.inner = inner

            def __getattr__(self, name: str) -> Any:
                real = getattr(self.inner, name)
                return lambda *given: fault(real(*given)) if callable(real) else real

        hooks = Hooks()
        ports: dict[str, Any] = {"carrier": FakeCarrier(), name: Faulty(PORTS[name]())}
        hooks.on_enter("confirmed")(lambda step: [notify("hello", to=step.order.id)])
        notifier = {"notifier": ports.pop("notifier")} if name == "notifier" else {}
        steps = Steps(manual={"confirm"})
        return {"strategies": [InHouse(**ports)], "hooks": hooks, "steps": steps, **notifier}

    return rules


PORTS: Mapping[str, Callable[[], Any]] = {
    "carrier": FakeCarrier,
    "warehouse": FakeWarehouse,
    "notifier": FakeNotifier,
}


def clock(fault: Fault) -> Mapping[str, Any]:
    """A shop whose clock may fail."""

    class Faulty(VirtualClock):
        def now(self) -> datetime:
            now: datetime = fault(super().now())
            return now

    return {"clock": Faulty()}


def ids(fault: Fault) -> Mapping[str, Any]:
    """A shop whose ids may fail."""

    class Faulty(RandomIds):
        def new(self, kind: str) -> str:
            found: str = fault(super().new(kind))
            return found

    return {"ids": Faulty()}


FAULTS: Mapping[str, Callable[[Fault], Mapping[str, Any]]] = {
    "clock": clock,
    "ids": ids,
    "guard": hooked("guard", "confirm"),
    "guard at placement": hooked("guard", "place"),
    "before": hooked("before", "confirm"),
    "on_exit": hooked("on_exit", "placed"),
    "on_enter": hooked("on_enter", "confirmed"),
    "after": hooked("after", "cancel"),
    "on_parcel": hooked("on_parcel", ParcelStatus.LABELED),
    "committed": told("committed", "confirm"),
    "timed_out": told("timed_out", "reservation"),
    "refused": refused,
    "external": external,
    "routing": routing,
    "steps.automatic": steps("automatic"),
    "steps.role": steps("role"),
    "reserve.now": reserve("now"),
    "reserve.expires_after": reserve("expires_after"),
    "release": policy("release", True),
    "backorder_priority": policy("backorder_priority", ()),
    "roles_of": policy("roles_of", EVERY_ROLE),
    "returnable": policy("returnable", None),
    "cancellable": policy("cancellable", None),
    "amount_due": policy("amount_due", 0),
    "shortage": policy("shortage", ()),
    "promise": policy("promise", None),
    "strategy.accepts": strategy("accepts"),
    "strategy.cost": strategy("cost"),
    "strategy.perform": strategy("perform"),
    "carrier": port("carrier"),
    "warehouse": port("warehouse"),
    "notifier": port("notifier"),
}

AT = VirtualClock().now()
PICK = "A-3-F1:pick:0:task"
METHODS: Mapping[str, Callable[[Engine], Any]] = {
    "place": lambda engine: engine.place(new_order(number="B-1")),
    "place_many": lambda engine: engine.place_many(
        {"1": new_order(number="C-1"), "2": new_order(number="C-2")}
    ),
    "submit": lambda engine: engine.submit(Confirm().to("A-1")),
    "submit_many": lambda engine: engine.submit_many(
        [Confirm().to("A-1"), Cancel().to("A-2"), RequestReturn(lines={"1": 1}).to("A-4")]
    ),
    "change_stock": lambda engine: [
        outcome(lambda of: of.change_stock(body.to(by="bo")), engine)  # noqa: B023 (called at once)
        for body in (ReceiveStock(sku="MUG", quantity=1), Count(sku="MUG", counted=1))
    ],
    "observe": lambda engine: engine.observe(
        PaymentReported(fact=PaymentOutcome.CAPTURED, amount=100, reference="p").at(
            AT, subject="A-1"
        )
    ),
    "intake": lambda engine: engine.intake(
        PaymentReported(fact=PaymentOutcome.CAPTURED, amount=100, reference="q")
        .at(AT, subject="A-2")
        .model_dump_json()
    ),
    "unmatched": lambda engine: engine.unmatched(),
    "dismiss": lambda engine: engine.dismiss("nothing"),
    "fire": lambda engine: engine.fire("A-1", "confirm"),
    "ask": lambda engine: (
        engine.ask(Confirm().to("A-1")),
        engine.ask(Pick(fo="A-3-F1", units={"1": 1}).to("A-3")),
    ),
    "explain": lambda engine: [engine.explain(f"A-{n}") for n in (1, 2, 3)],
    "idle_parts": lambda engine: engine.idle_parts("A-3"),
    "findings": lambda engine: [*engine.findings(), *engine.findings("A-3")],
    "order": lambda engine: engine.order("A-1"),
    "orders": lambda engine: engine.orders(),
    "journal": lambda engine: engine.journal("A-1"),
    "level": lambda engine: engine.level("MUG"),
    "tasks": lambda engine: engine.tasks(),
    "apply_rules": lambda engine: engine.apply_rules(),
    "erase": lambda engine: engine.erase("ana"),
    "erase_order": lambda engine: engine.erase_order("A-1"),
    "restricted": lambda engine: engine.restricted("A-1", by="audrey"),
    "claim": lambda engine: engine.claim(PICK, by="bo"),
    "reassign": lambda engine: engine.reassign(PICK, "cy", by="bo"),
    "plan_pick_tour": lambda engine: engine.plan_pick_tour(by="cy"),
    "finish_pick_tour": lambda engine: engine.finish_pick_tour(
        engine.plan_pick_tour(by="cy"), by="cy"
    ),
    "reconcile": lambda engine: engine.reconcile("main", {"MUG": 3}),
    "complete": lambda engine: engine.complete(PICK, by="cy"),
    "worker.run_until_idle": lambda engine: engine.worker.run_until_idle(),
    "worker.next_due": lambda engine: engine.worker.next_due(),
}


def outcome(call: Callable[[Engine], Any], engine: Engine) -> Any:
    """What a method gives, all that it would yield; or the error that it raises."""
    try:
        found = call(engine)
        return list(found) if isinstance(found, Iterator) else found
    except (Exception, CancelledError, Killed) as error:
        return error


def opened(kind: str, fault: Fault) -> Shop:
    """A shop in the middle of its work, whose rules are well until now."""
    rules = dict(FAULTS[kind](fault))
    strategies = rules.pop("strategies", ())
    rules.setdefault("steps", Steps(manual={"pick", "confirm"}))
    shop = Shop(*strategies, **rules)
    for number in ("A-1", "A-2", "A-3", "A-4", "A-5", "A-6"):
        shop.engine.place(
            new_order(Line(sku="MUG", quantity=2), number=number, customer=Customer(id="ana"))
        )
    for number in ("A-3", "A-4"):
        shop.does(Confirm(), to=number)
    if "pick" in shop.tasks():
        shop.does(Pick(fo="A-4-F1", units={"1": 2}), to="A-4")
    shop.engine.submit(Confirm().to("A-6"))
    return shop


@contextmanager
def stays(engine: Engine) -> Iterator[None]:
    """What raises changes nothing of the orders."""
    before = {order.id: order for order in engine.orders()}
    yield
    assert {order.id: order for order in engine.orders()} == before


def of_ours(method: str, error: BaseException, kind: str) -> None:
    """An error says whose fault it is, and about what."""
    assert isinstance(error, OrderflowError), f"{method} raised {error!r} where {kind} is at fault"
    assert isinstance(error, RuleFailed) or OTHER not in str(error), f"{method} hides the {kind}"
    if isinstance(error, RuleFailed):
        assert error.subject, f"{method} does not tell what it was about: {error}"
        assert error.__cause__ is not None, f"{method} hides the error itself"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", FAULTS)
def test_whatever_is_at_fault_the_error_is_ours(kind: str, way: str) -> None:
    fault = Fault()
    shop = opened(kind, fault)
    shop.clock.advance(timedelta(days=4))
    for method, call in METHODS.items():
        fault.now = way
        found = outcome(call, shop.engine)
        fault.now = ""
        for answer in found if isinstance(found, list) else [found]:
            if isinstance(answer, BaseException):
                of_ours(method, answer, kind)
        if method == "explain":
            assert not isinstance(found, Exception), f"explain fails: {found!r}"
        if method == "observe" and kind != "clock":
            assert found is None, f"a fact is refused where {kind} is at fault: {found!r}"
        if method == "submit_many":
            assert len(found) == 3, f"an element of a batch is without an outcome: {kind}"
    assert fault.asked, f"{kind} was never asked"
    shop.clock.advance(timedelta(hours=3))
    shop.work()
    paid = shop.engine.order("A-1").state.payments.captured
    assert paid == 100 or kind == "clock", f"the fact that {kind} failed at is lost"


def test_every_public_method_is_tried() -> None:
    public = {name for name in vars(Engine) if not name.startswith("_")}
    assert public == {name for name in METHODS if "." not in name}


def test_every_rule_of_an_application_is_tried() -> None:
    rules = set(Settings.__annotations__) - {"hooks", "lifecycle", "returns", "workflows"}
    assert rules - {"limits", "windows", "retention"} <= {kind.partition(".")[0] for kind in FAULTS}


def test_the_rule_and_the_order_are_named() -> None:
    fault = Fault()
    shop = opened("guard", fault)
    fault.now = "raises"
    with pytest.raises(RuleFailed) as caught, stays(shop.engine):
        shop.engine.submit(Confirm().to("A-1"))
    error = caught.value
    assert error.rule.startswith("hooked.<locals>.rules.<locals>.faulty (tests.laws.test_faults")
    assert error.subject == "order:A-1"
    assert "Own: out of order in the guard" in str(error)
    (blocked,) = (
        offer
        for offer in shop.engine.explain("A-1").blocked
        if "rule.failed" in {refusal.code for refusal in offer.refusals}
        and isinstance(offer.command.body, Confirm)
    )
    assert "Confirm cannot be weighed" in blocked.refusals[0].sentence


class At:
    """A clock that stands."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


class Empty:
    """Ids that tell nothing apart."""

    def new(self, _kind: str) -> str:
        return ""


COSTS = [Decimal(text) for text in ("NaN", "sNaN", "Infinity", "-1", "1E+999999", "1E-99")]
BEYOND: list[tuple[str, object]] = [
    *(("cost", cost) for cost in COSTS),
    *(("amount_due", owed) for owed in (-(10**19), 10**19, True)),
    *(("promise", moment) for moment in (datetime.max, datetime(1, 1, 1, tzinfo=UTC))),
]


@pytest.mark.parametrize(("policy", "given"), BEYOND)
def test_what_a_policy_gives_is_within_the_bounds_of_what_may_be_sent(
    policy: str, given: object
) -> None:
    gives: Any = lambda *_asked: given  # noqa: E731 (a policy)
    partner = [Dropship(FakePartner(), cost=gives)] if policy == "cost" else []
    shop = Shop(*partner, **({} if partner else {policy: gives}))
    with pytest.raises(RuleFailed, match=policy):
        shop.place()
    assert not list(shop.engine.orders())


@pytest.mark.parametrize("sql", [False, True])
@pytest.mark.parametrize("times", [1, 3])
def test_a_fact_that_a_rule_fails_at_is_taken_once_however_often_it_comes(
    sql: bool, times: int, tmp_path: Path
) -> None:
    fault = Fault()
    store = SqlStore(f"sqlite:///{tmp_path}/shop.db") if sql else MemoryStore()
    shop = Shop(store=store, **policy("release", True)(fault)).place()
    goods = GoodsReturned(lines={"1": 1}).at(AT, subject="A-1")
    paid = PaymentReported(fact=PaymentOutcome.CAPTURED, amount=100, reference="p")
    shop.delivers()
    fault.now = "raises"
    for _ in range(times):
        shop.engine.observe(goods)
        shop.engine.observe(paid.at(AT, subject="A-1"))
    shop.engine.worker.run_until_idle()
    fault.now = ""
    shop.passes(hours=1)
    for _ in range(times):
        shop.engine.observe(goods)
    shop.work()
    assert shop.order.state.payments.captured == 100
    assert [rma.lines for rma in shop.order.state.returns.values()] == [{"1": 1}]


class Ending:
    """Ends the process, where it may."""

    def perform(self, _deed: EffectAttempt) -> None:
        sys.exit("a wrong option")


def test_who_would_end_the_process_fails_at_one_call() -> None:
    shop = Shop(performers={"confirm": Ending()}).place()
    for _ in range(9):
        shop.passes(hours=2)
    assert shop.tasks() == {"confirm"}


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ({"clock": At(datetime(2026, 1, 5))}, "must give a time zone"),
        ({"ids": Empty()}, "ids gave '': String should have at least 1 character"),
    ],
)
def test_a_moment_has_a_zone_and_an_id_is_not_empty(rules: Any, told: str) -> None:
    engine = Engine(MemoryStore(), [InHouse()], **rules)
    with pytest.raises(RuleFailed, match=told):
        engine.place(NewOrder(currency="EUR", lines=[Line(sku="P", quantity=1)]))


# --- mutants -------------------------------------------------------------------------------------


def lets_errors_through(patch: Patch) -> None:
    """What a rule raises comes out as it is."""
    replace(patch, "whose fault it is", lambda error, _subject: error)


def believes_errors_of_ours(patch: Patch) -> None:
    """An error of ours is told as if we had raised it, whoever did."""
    replace(patch, "who asks rules", ("nobody",))


def catches_exceptions_alone(patch: Patch) -> None:
    """A cancelled call of a rule goes through everything."""
    replace(patch, "what a rule may raise", lambda: Exception)


def loses_what_a_rule_failed_at(patch: Patch) -> None:
    """A fact that a rule fails at is not kept."""
    patch.setattr(Taker, "_put_off", lambda *_fact: None)


def bounds_no_policy(patch: Patch) -> None:
    """What a policy gives may be as large as it likes, and no number."""
    replace(patch, "how much a policy may give", lambda given, *_what: given)


def believes_every_policy(patch: Patch) -> None:
    """What a policy gives is not looked at."""
    for look in ("what a policy may give", "how much a policy may give"):
        replace(patch, look, lambda given, *_what: given)


EVERY = test_whatever_is_at_fault_the_error_is_ours
LAWS: dict[Mutate, Law] = {
    lets_errors_through: law(EVERY, "guard", "raises"),
    believes_errors_of_ours: law(EVERY, "guard", "raises an error of ours"),
    catches_exceptions_alone: law(EVERY, "guard", "is cancelled"),
    loses_what_a_rule_failed_at: law(EVERY, "release", "raises"),
    bounds_no_policy: law(
        test_what_a_policy_gives_is_within_the_bounds_of_what_may_be_sent, "cost", Decimal(-1)
    ),
    believes_every_policy: law(EVERY, "amount_due", "gives nonsense"),
}
MUTANTS = Mutants("faults", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
