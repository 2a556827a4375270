"""Who is asked after a silent party has answers to choose from: each ends what was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from orderflow import Dropship, InHouse
from orderflow.model import commands as cmd
from orderflow.model import observations as obs
from orderflow.model.state import OpenTask
from orderflow.policies import Windows, when_paid
from orderflow.testing import FakePartner
from tests.laws.test_answers import late_effect, late_taking_back
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, replace
from tests.shop import MUGS, Shop


class Deaf(FakePartner):
    """Takes whatever it is asked, and says nothing."""

    def refund(self, _request: Any) -> None:
        """Says nothing."""


def requested() -> Shop:
    return Shop(Dropship(Deaf()), InHouse()).place()


def accepted() -> Shop:
    shop = requested()
    shop.says(obs.RequestAnswered(fo="A-1-F1"))
    return shop


def asked_back() -> Shop:
    shop = accepted()
    shop.does(cmd.Cancel())
    return shop


def to_be_taken_back() -> Shop:
    return late_taking_back().shop


def performed() -> Shop:
    return late_effect().shop


def travelling() -> Shop:
    shop = Shop().place()
    shop.delivers()
    shop.does(cmd.RequestReturn(lines={"1": 1}), cmd.Fire(trigger="dispatch", on="A-1-R1"))
    return shop


def refunded() -> Shop:
    shop = Shop(manual=["pick"], payments=Deaf()).place()
    shop.pays(1000)
    shop.does(cmd.Cancel())
    return shop


def unpaid() -> Shop:
    shop = Shop(release=when_paid).place(MUGS, terms="prepaid")
    shop.pays(400)
    return shop


def unpaid_cash() -> Shop:
    shop = Shop().place(MUGS, terms="cash_on_delivery")
    shop.delivers()
    return shop


def unpaid_invoice() -> Shop:
    windows = Windows(reminder=timedelta(days=7), reminders=1)
    shop = Shop(windows=windows).place(MUGS, terms="invoice")
    shop.delivers()
    return shop


MAKERS = (
    *(requested, accepted, asked_back, to_be_taken_back, performed),
    *(travelling, refunded, unpaid, unpaid_cash, unpaid_invoice),
)


def asked(make: Callable[[], Shop]) -> tuple[Shop, dict[str, OpenTask]]:
    """A shop after weeks of silence, and what it asks after."""
    shop = make()
    for _ in range(30):
        shop.passes(days=2)
        found = shop.order.state.tasks
        late = {key: task for key, task in found.items() if task.name.startswith("overdue.")}
        forms = {task.key: task.fields for task in shop.engine.tasks()}
        if late := {key: task for key, task in late.items() if forms[key]}:
            return shop, late
    raise AssertionError(f"nobody asks after what is late in {make.__name__}")


def answers(make: Callable[[], Shop]) -> Iterator[tuple[str, str]]:
    """Each task of the kind, with each answer that it offers."""
    shop, late = asked(make)
    for task in shop.engine.tasks():
        if task.key in late:
            yield from ((task.key, choice) for choice in task.fields[0].choices)


@pytest.mark.parametrize("make", MAKERS)
def test_every_answer_that_is_offered_ends_its_task(make: Callable[[], Shop]) -> None:
    """And the party has its time anew, where it is waited for still."""
    for key, answer in answers(make):
        shop, late = asked(make)
        shop.clock.advance(timedelta(hours=1))
        shop.engine.complete(key, by="sue", data={"answer": answer})
        shop.work()
        open_now = shop.order.state.tasks
        assert key not in open_now, f"{answer} leaves {key} open"
        assert not shop.engine.idle_parts("A-1")
        if answer in ("accepted", "waiting"):
            for _ in range(20):
                shop.passes(days=1)
            assert key in shop.order.state.tasks, f"nobody asks again after {answer}"
            assert shop.order.state.tasks[key].since != late[key].since


# --- mutants --------------------------------------------------------------------------------------


def takes_the_fact_alone(patch: Patch) -> None:
    """An answer that tells nothing new leaves its task as it was."""
    replace(patch, "an answer ends its task", lambda _making: False)


LAWS: dict[Mutate, Law] = {
    takes_the_fact_alone: law(test_every_answer_that_is_offered_ends_its_task, accepted),
}
MUTANTS = Mutants("silent_answers", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
