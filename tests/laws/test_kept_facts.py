"""What the inbox keeps of an order for a person is erased with the order's person, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from orderflow import Customer
from orderflow.model import observations as obs
from orderflow.model.parcel import ParcelStatus
from tests.laws.places import Place, in_database, in_memory
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, replace
from tests.shop import Shop

TOLD = "Grace Hopper of Elm Street"
ATTEMPTED = ParcelStatus.ATTEMPTED
Tells = Callable[[Shop, str, str], None]
"""How an order comes to have a fact in the inbox that tells a text."""


def observe(shop: Shop, body: obs.ObservationBody, order: str, name: str = "") -> None:
    """Somebody tells a fact."""
    shop.engine.observe(body.at(shop.clock.now(), subject=order, id=name or None))


def goods_under_a_used_id(shop: Shop, order: str, text: str) -> None:
    """Goods come back, and other goods under the same id."""
    for why in ("damaged", text):
        observe(shop, obs.GoodsReturned(lines={"1": 1}, reason=why), order, f"X-{order}")


def scan_under_a_used_id(shop: Shop, order: str, text: str) -> None:
    """A parcel is scanned, and elsewhere under the same id."""
    number = shop.engine.order(order).state.parcels[f"{order}-P1"].tracking_number
    for place in ("Bristol", text):
        scan = obs.TrackingReported(tracking_number=number, status=ATTEMPTED, place=place)
        observe(shop, scan, "", f"Y-{order}")


def scan_under_a_used_event(shop: Shop, order: str, text: str) -> None:
    """A parcel is scanned, and elsewhere in the same event."""
    number = shop.engine.order(order).state.parcels[f"{order}-P1"].tracking_number
    for place in ("Bristol", text):
        scan = obs.TrackingReported(
            tracking_number=number, status=ATTEMPTED, place=place, event=f"e-{order}"
        )
        observe(shop, scan, "")


def scan_of_an_unknown_number(shop: Shop, order: str, text: str) -> None:
    """A parcel is scanned by a number that nobody knows."""
    scan = obs.TrackingReported(tracking_number=f"N-{order}", status=ATTEMPTED, place=text)
    observe(shop, scan, f"{order}-P1")


def answer_of_nobody(shop: Shop, order: str, text: str) -> None:
    """A partner answers what it was never asked."""
    observe(shop, obs.CancellationAnswered(fo=f"{order}-F9", reason=text), "")


WAYS: list[Tells] = [
    goods_under_a_used_id,
    scan_under_a_used_id,
    scan_under_a_used_event,
    scan_of_an_unknown_number,
    answer_of_nobody,
]
PLACES: Mapping[str, Callable[[Path], Place]] = {
    "memory": lambda _path: in_memory(),
    "sqlite": lambda path: in_database(f"sqlite:///{path}/shop.db"),
}
each_way = pytest.mark.parametrize("tells", WAYS, ids=lambda way: way.__name__)
each_place = pytest.mark.parametrize("where", PLACES)


def opened(place: Place) -> Shop:
    """A shop in which two persons have an order each, both delivered."""
    shop = Shop(store=place.store, documents=place.documents)
    for number, customer in (("A-1", "ana"), ("B-1", "bo")):
        shop.place(number=number, customer=Customer(id=customer))
        scan = shop.engine.order(number).state.parcels[f"{number}-P1"].tracking_number
        status = ParcelStatus.DELIVERED
        observe(shop, obs.TrackingReported(tracking_number=scan, status=status), "")
    shop.work()
    return shop


def over(shop: Shop) -> None:
    """Time passes, and returns are given up."""
    for _ in range(6):
        shop.passes(days=10)
    for order in ("A-1", "B-1"):
        for task in list(shop.engine.tasks()):
            if task.subject.startswith(order):
                shop.engine.complete(task, by="sue")
    shop.passes(days=8)


@each_place
@each_way
@pytest.mark.parametrize("late", [False, True])
def test_what_is_kept_is_erased_with_the_person(
    late: bool, tells: Tells, where: str, tmp_path: Path
) -> None:
    place = PLACES[where](tmp_path)
    shop = opened(place)
    if not late:
        tells(shop, "A-1", TOLD)
        assert TOLD in place.rows(True)
    tells(shop, "B-1", "Bo of Oak Lane")
    over(shop)
    assert shop.engine.erase("ana").erased == ("A-1",)
    if late:
        tells(shop, "A-1", TOLD)
        over(shop)
    assert TOLD not in place.rows(True), "it stays in the inbox"
    assert "Bo of Oak Lane" in place.rows(True), "another's is erased"
    about = [item for item in shop.engine.unmatched() if "A-1" in item.error]
    asks = [task.instructions for task in shop.engine.tasks() if "erased" in task.instructions]
    assert len(about) == len(asks) >= 1, "nobody is told"
    shop.engine.erase_order("A-1")
    assert len(shop.engine.unmatched()) == len(about) + 1, "it is erased twice"
    place.close()


def test_a_word_in_its_place_may_be_dismissed() -> None:
    shop = opened(in_memory())
    goods_under_a_used_id(shop, "A-1", TOLD)
    over(shop)
    shop.engine.erase("ana")
    (item,) = shop.engine.unmatched()
    shop.engine.dismiss(item.reference)
    shop.clock.advance(timedelta(days=60))
    shop.work()
    assert not shop.engine.unmatched()
    assert not shop.tasks()


# --- mutants -------------------------------------------------------------------------------------


def keeps_what_waits_for_a_person(patch: Patch) -> None:
    """Nobody looks into the inbox."""
    replace(patch, "what the inbox keeps of an order", lambda *_order: ())


def erases_all_that_waits(patch: Patch) -> None:
    """All of the inbox is about everybody."""
    replace(patch, "a kept fact is an order's", lambda *_item: True)


LAWS: dict[Mutate, Law] = {
    keeps_what_waits_for_a_person: law(
        test_what_is_kept_is_erased_with_the_person, False, goods_under_a_used_id, "memory", Path()
    ),
    erases_all_that_waits: law(
        test_what_is_kept_is_erased_with_the_person, False, goods_under_a_used_id, "memory", Path()
    ),
}
MUTANTS = Mutants("kept_facts", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
