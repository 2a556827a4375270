"""Numbers: what one says of two things, or of something else than before, is mistaken by none."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from orderflow import Dropship, Line
from orderflow.model.commands import Ship
from orderflow.model.events import FactKept
from orderflow.model.observations import (
    Fact,
    GoodsShipped,
    InvoiceLine,
    InvoiceReceived,
    LabelVoided,
    Observation,
)
from orderflow.model.parcel import AT_SENDER, Parcel, ParcelStatus
from orderflow.ports import Label, LabelRequest, Store
from orderflow.testing import FakeCarrier, FakeParty
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, original, replace
from tests.shop import Shop

# --- the laws ------------------------------------------------------------------------------------


class OneNumber(FakeCarrier):
    """A carrier that gives every parcel the same number."""

    def buy_label(self, request: LabelRequest) -> Label:
        return self.labels.setdefault(request.key, Label(self.code, "T1"))


@settings(max_examples=15)
@given(
    answers=st.lists(
        st.sampled_from([ParcelStatus.DELIVERED, ParcelStatus.LOST]), min_size=2, max_size=3
    ).flatmap(lambda told: st.permutations(list(enumerate(told))))
)
def test_a_task_about_a_parcel_speaks_of_that_parcel(
    answers: list[tuple[int, ParcelStatus]],
) -> None:
    shop = Shop(carrier=OneNumber())
    for n, _ in answers:
        shop.place(number=f"A-{n}")
    shop.passes(days=8)
    told: dict[str, str] = {}
    for n, status in answers:
        (task,) = (task for task in shop.engine.tasks() if task.subject == f"A-{n}-P1")
        shop.engine.complete(task, by="ana", data={"status": status})
        shop.work()
        told[f"A-{n}-P1"] = status
        parcels = filter(None, map(shop.store.parcel, told))
        assert {parcel.id: parcel.status for parcel in parcels} == told


@settings(max_examples=12)
@given(
    told=st.lists(st.sampled_from(sorted(AT_SENDER)), max_size=2),
    left=st.booleans(),
    number=st.sampled_from(["T1", "T9"]),
)
def test_a_void_label_is_a_task_and_does_not_leave(
    told: list[ParcelStatus], left: bool, number: str
) -> None:
    shop = Shop(manual=["ship"])
    shop.place()
    for status in told:
        shop.scan(status)
    if left:
        shop.does(Ship(parcel="A-1-P1"))
    shop.says(LabelVoided(parcel="A-1-P1"))
    assert shop.tasks() == {"exception.trace" if left else "label"}
    if left:
        shop.scan(ParcelStatus.IN_TRANSIT)
        assert shop.tasks() == set(), "its carrier has it all the same"
    else:
        assert shop.refused(Ship(parcel="A-1-P1")) == {"parcel.not_labelled"}
        shop.completes("label", carrier="post", tracking_number=number)
        assert shop.tasks() == {"ship"}


def notice(units: int, number: str) -> Fact:
    """A ship notice with the number N."""
    return GoodsShipped(fo="A-1-F1", notice="N", lines={"1": units}, tracking_number=number)


def invoice(units: int, cost: str) -> Fact:
    """An invoice with the number N."""
    line = InvoiceLine(line="1", quantity=units, unit_cost=Decimal(cost))
    return InvoiceReceived(fo="A-1-F1", number="N", lines=(line,))


NOTICES = st.builds(notice, st.integers(1, 3), st.sampled_from(["", "T1", "T2"]))
INVOICES = st.builds(invoice, st.integers(1, 3), st.sampled_from(["1", "1.5"]))


@settings(max_examples=25)
@given(said=st.lists(NOTICES, min_size=2, max_size=3) | st.lists(INVOICES, min_size=2, max_size=3))
def test_what_is_said_otherwise_under_a_number_is_kept(said: list[Fact]) -> None:
    shop = Shop(Dropship(FakeParty(prompt=True)))
    shop.place(Line(sku="MUG", quantity=3))
    shop.says(said[0])
    first = shop.stands
    shop.says(*said[1:])
    others = [fact for fact in said[1:] if fact != said[0]]
    assert len(shop.events(FactKept)) == len(others)
    assert shop.stands == first
    kept = {f"exception.{fact.kind}" for fact in others}  # type: ignore[attr-defined]  # each has
    assert kept <= shop.tasks()


# --- the mutants ---------------------------------------------------------------------------------


def scans_go_by_their_number(patch: Patch) -> None:
    """What is told of a parcel is told of the last one that has its number."""
    whom = original("whom a fact is about")

    def by_number(fact: Observation, store: Store) -> object:
        return whom(fact.model_copy(update={"subject": ""}), store)

    replace(patch, "whom a fact is about", by_number)


def a_void_label_is_as_good(patch: Patch) -> None:
    """A parcel has its label for good, whatever its carrier does with that."""
    patch.setattr(Parcel, "has_label", property(lambda parcel: bool(parcel.tracking_number)))


def a_number_is_enough(patch: Patch) -> None:
    """What comes under a number that came before is that again, whatever it says."""
    replace(patch, "what another document says", lambda _body: "")


LAWS: dict[Mutate, Law] = {
    scans_go_by_their_number: law(test_a_task_about_a_parcel_speaks_of_that_parcel),
    a_void_label_is_as_good: law(test_a_void_label_is_a_task_and_does_not_leave),
    a_number_is_enough: law(test_what_is_said_otherwise_under_a_number_is_kept),
}
MUTANTS = Mutants("numbers", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
