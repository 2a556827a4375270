"""Commands and messages that share a transaction come out as they would one by one."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow import Engine, Hooks, InHouse, Line, NewOrder, NotFound, Order, Refused, Step
from orderflow.engine.worker import batch
from orderflow.errors import Conflict, OrderflowError, PortFailed, Refusal, RuleFailed
from orderflow.fulfillment import Digital, Handover, Pickup
from orderflow.model.commands import Cancel, Command, PlaceHold, PlaceOrder
from orderflow.model.document import Shipping
from orderflow.ports import Commit, Outcome, Picked, PickRequest, Stale, Warehouse
from orderflow.testing import check_order, check_stock, orders
from orderflow.testing.data import SKUS
from tests.shop import Shop

NUMBERS = [f"A-{number}" for number in range(5)]


def shop(
    units: int = 5, *, warehouse: Warehouse | None = None, hooks: Hooks | None = None
) -> Engine:
    strategies = InHouse(warehouse=warehouse), Pickup(), Handover(), Digital()
    return Shop(*strategies, stock=dict.fromkeys(SKUS, units), hooks=hooks).engine


def told(answer: Order | OrderflowError) -> object:
    return answer.codes if isinstance(answer, Refused) else answer


def one_by_one(engine: Engine, commands: Sequence[Command]) -> list[Order | OrderflowError]:
    answers: list[Order | OrderflowError] = []
    for command in commands:
        try:
            answers.append(engine.submit(command))
        except OrderflowError as error:
            answers.append(error)
    return answers


@st.composite
def placements(draw: st.DrawFn) -> list[Command]:
    """Each for another order, but ids are used again, with the same content and with another."""
    found = []
    for number in draw(st.lists(st.sampled_from(NUMBERS), unique=True, min_size=2)):
        order = draw(orders()).model_copy(update={"number": number, "channel": "online"})
        command = PlaceOrder(order=order).to(
            id=draw(st.sampled_from([number, number, "same", ""])) or None
        )
        found += [command] * draw(st.sampled_from([1, 1, 2]))
    return found


@given(commands=placements(), units=st.integers(1, 6))
def test_placed_together_is_placed_one_by_one(commands: list[Command], units: int) -> None:
    apart, together = shop(units), shop(units)
    expected = one_by_one(apart, commands)
    assert list(map(told, together.submit_many(commands))) == list(map(told, expected))
    for engine in (apart, together):
        engine.worker.run_until_idle()
        check_stock(engine)
    assert list(apart.orders()) == list(together.orders())
    for order in together.orders():
        check_order(together, order.id)
        assert list(together.journal(order.id)) == list(apart.journal(order.id))
    for sku in SKUS:
        assert apart.level(sku) == together.level(sku)


MUG = NewOrder(currency="GBP", lines=(Line(sku="MUG", quantity=1),))


@pytest.mark.parametrize("scarce_first", [True, False])
def test_an_id_is_used_by_the_first_that_is_accepted(scarce_first: bool) -> None:
    """One of two placements with an id wants more than there is; the other wants nothing."""
    two = (Line(sku="MUG", quantity=2),)
    scarce = MUG.model_copy(update={"lines": two, "shipping": Shipping.FILL_OR_KILL})
    drafts = [scarce, MUG.model_copy(update={"lines": ()})][:: 1 if scarce_first else -1]
    commands = [
        PlaceOrder(order=draft.model_copy(update={"number": f"A-{number}"})).to(id="same")
        for number, draft in enumerate(drafts)
    ]
    answers = [answer for answer in shop(1).submit_many(commands) if isinstance(answer, Refused)]
    expected = "stock.not_available" if scarce_first else "id_reused"
    assert [answer.codes for answer in answers] == [{expected}]


def test_commands_to_one_order_follow_each_other() -> None:
    engine = shop()
    placed, held, missing, cancelled, again = engine.submit_many(
        [
            PlaceOrder(order=MUG.model_copy(update={"number": "A-1"})).to(id="place"),
            PlaceHold(hold="fraud", reason="look").to("A-1"),
            Cancel().to("A-9"),
            Cancel().to("A-1"),
            Cancel().to("A-1"),
        ]
    )
    assert [o.version for o in (placed, held, cancelled) if isinstance(o, Order)] == [1, 2, 3]
    assert isinstance(missing, NotFound)
    assert isinstance(again, Refused)
    assert engine.level("MUG").reserved == 0


def test_a_hook_that_fails_sinks_no_other() -> None:
    hooks = Hooks()

    @hooks.guard("place")
    def picky(step: Step) -> Refusal | None:
        if step.order.id == "A-1":
            raise ZeroDivisionError("a fault of the application's")
        return None

    engine = shop(hooks=hooks)
    places = [
        PlaceOrder(order=MUG.model_copy(update={"number": number})).to(id=number)
        for number in NUMBERS
    ]
    (fault,) = (each for each in engine.submit_many(places) if isinstance(each, Exception))
    assert isinstance(fault, RuleFailed)
    assert fault.subject == "order:A-1"
    assert [order.id for order in engine.orders()] == ["A-0", "A-2", "A-3", "A-4"]
    assert engine.level("MUG").reserved == 4


class Picky:
    """A warehouse that does not find the goods of one order."""

    def pick(self, request: PickRequest) -> Picked:
        if request.order == "A-1":
            raise PortFailed("the shelf is locked")
        return Picked(request.units)


def test_an_effect_that_fails_sinks_no_other() -> None:
    engine = shop(warehouse=Picky())
    engine.place_many({number: MUG.model_copy(update={"number": number}) for number in NUMBERS})
    engine.worker.run_until_idle()
    statuses = {order.id: order.status for order in engine.orders()}
    assert statuses == dict.fromkeys(NUMBERS, "shipped") | {"A-1": "confirmed"}
    (row,) = (row for row in engine.store.open_rows("order:A-1") if row.kind == "effect")
    assert (row.attempts, row.error) == (1, "orderflow.errors.PortFailed: the shelf is locked")


@pytest.mark.parametrize(("seconds", "expected"), [(60.0, [5]), (-1.0, [1] * 5)])
def test_what_was_done_is_stored_after_a_while(
    seconds: float, expected: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow port does not hold up what was done before it."""
    monkeypatch.setattr(batch, "_AT_LEAST_EVERY", seconds)
    engine = shop()
    engine.place_many({number: MUG.model_copy(update={"number": number}) for number in NUMBERS})
    stored: list[int] = []
    commit_all = engine.store.commit_all

    def counted(commits: Sequence[Commit]) -> Sequence[Outcome]:
        stored.append(len(commits))
        return commit_all(commits)

    monkeypatch.setattr(engine.store, "commit_all", counted)
    engine.worker.do(engine.worker._claim())
    assert [count for count in stored if count] == expected


def test_a_conflict_is_bounded_and_seen(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody else is always faster with one order; the others go through, and the log tells."""
    engine = shop()
    commit_all = engine.store.commit_all

    def contended(commits: Sequence[Commit]) -> Sequence[Outcome]:
        mine = [commit for commit in commits if commit.subject != "order:A-1"]
        stored = iter(commit_all(mine))
        return [Stale() if c.subject == "order:A-1" else next(stored) for c in commits]

    monkeypatch.setattr(engine.store, "commit_all", contended)
    caplog.set_level("INFO", logger="orderflow")
    found = engine.place_many({n: MUG.model_copy(update={"number": n}) for n in NUMBERS})
    assert [type(answer) for answer in found.values()] == [Order, Conflict, Order, Order, Order]
    assert len(caplog.messages) == 25
    assert set(caplog.messages) >= {"order:A-1 changed meanwhile: decided again (2)"}
