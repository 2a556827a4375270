"""Numbers: what one says of two things, or of something else than before, is mistaken by none."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from orderflow import Dropship, Line
from orderflow.model.commands import Ship
from orderflow.model.events import ObservationKept
from orderflow.model.observations import (
    GoodsShipped,
    InvoiceLine,
    InvoiceReceived,
    LabelBought,
    LabelVoided,
    Observation,
    ObservationBody,
    TrackingReported,
    TrackingRetracted,
)
from orderflow.model.parcel import AT_SENDER, Parcel, ParcelStatus
from orderflow.ports import Label, LabelRequest, Store
from orderflow.testing import FakeCarrier, FakePartner
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


def told(event: str) -> ObservationBody:
    """That a parcel with the number T1 was delivered."""
    return TrackingReported(tracking_number="T1", status=ParcelStatus.DELIVERED, event=event)


def notice(units: int, number: str) -> ObservationBody:
    """A ship notice with the number N."""
    return GoodsShipped(fo="A-1-F1", notice="N", lines={"1": units}, tracking_number=number)


def invoice(units: int, cost: str) -> ObservationBody:
    """An invoice with the number N."""
    line = InvoiceLine(line="1", quantity=units, unit_cost=Decimal(cost))
    return InvoiceReceived(fo="A-1-F1", number="N", lines=(line,))


def reused(supplier: bool, days: int, scan: ObservationBody) -> tuple[Shop, datetime]:
    """A shop in which A-2 has the number of A-1, so many days after that was told of *scan*."""
    carried = [Dropship(FakePartner(prompt=True))] if supplier else []
    shop = Shop(*carried, carrier=OneNumber())
    for number in ("A-1", "A-2"):
        shop.place(number=number)
        if supplier:
            sent = GoodsShipped(
                fo=f"{number}-F1", notice="N", lines={"1": 2}, carrier="ups", tracking_number="T1"
            )
            shop.engine.observe(sent.at(shop.clock.now()))
            shop.work()
        if number == "A-1":
            shop.engine.observe(scan.at(shop.clock.now()))
            shop.passes(days=days)
    return shop, shop.clock.now()


def has(shop: Shop, order: str) -> list[str]:
    """The ids of the scans of an order's parcel."""
    (name,) = shop.engine.order(order).state.parcels
    parcel = shop.store.parcel(name)
    assert parcel is not None
    return [scan.id for scan in parcel.scans]


@settings(max_examples=30)
@given(
    supplier=st.booleans(),
    days=st.integers(8, 60),
    hours=st.lists(st.integers(-2000, 48), min_size=1, max_size=4, unique=True),
)
def test_a_scan_is_of_the_parcel_that_had_its_number_then(
    supplier: bool, days: int, hours: list[int]
) -> None:
    """Less than a day before its label a scan is the new parcel's: clocks differ, or say a day."""
    shop, label = reused(supplier, days, told("first"))
    shop.clock.advance(timedelta(days=3))
    for hour in hours:
        moment = label + timedelta(hours=hour)
        shop.engine.observe(told(f"e{hour}").at(moment))
        shop.work()
    old = [hour for hour in hours if hour <= -24]
    assert has(shop, "A-1") == ["first", *(f"e{hour}" for hour in old)], "the first has its scans"
    assert has(shop, "A-2") == [f"e{hour}" for hour in hours if hour > -24], "the next has its own"
    assert not shop.engine.unmatched()


@settings(max_examples=15)
@given(days=st.integers(0, 40), again=st.integers(1, 3))
def test_what_a_parcel_was_told_is_never_told_to_the_next(days: int, again: int) -> None:
    shop, label = reused(False, days, told("e"))
    for _ in range(again):
        shop.engine.observe(told("e").at(label - timedelta(days=days)))
        shop.work()
    assert (has(shop, "A-1"), has(shop, "A-2")) == (["e"], []), "it is the first one's"
    assert shop.engine.order("A-2").status == "shipped"
    shop.clock.advance(timedelta(days=1))
    back = TrackingRetracted(tracking_number="T1", event="e")
    shop.engine.observe(back.at(shop.clock.now()))
    shop.work()
    assert str(shop.engine.order("A-1").state.parcels["A-1-P1"].status) == "handed_over"


@settings(max_examples=15)
@given(days=st.integers(0, 20))
def test_a_label_that_is_told_before_its_parcel_is_there_finds_it(days: int) -> None:
    shop = Shop(manual=["pack"])
    label = LabelBought(parcel="A-1-P1", carrier="post", tracking_number="EARLY")
    shop.engine.observe(label.at(shop.clock.now()))
    shop.place()
    shop.passes(days=days)
    shop.completes("pack")
    parcel = shop.store.parcel("A-1-P1")
    assert parcel is not None
    assert shop.engine.unmatched() == [], "it is matched"
    assert parcel.tracking_number == "EARLY"


NOTICES = st.builds(notice, st.integers(1, 3), st.sampled_from(["", "T1", "T2"]))
INVOICES = st.builds(invoice, st.integers(1, 3), st.sampled_from(["1", "1.5"]))


@settings(max_examples=25)
@given(said=st.lists(NOTICES, min_size=2, max_size=3) | st.lists(INVOICES, min_size=2, max_size=3))
def test_what_is_said_otherwise_under_a_number_is_kept(said: list[ObservationBody]) -> None:
    shop = Shop(Dropship(FakePartner(prompt=True)))
    shop.place(Line(sku="MUG", quantity=3))
    shop.says(said[0])
    first = shop.stands
    shop.says(*said[1:])
    others = [fact for fact in said[1:] if fact != said[0]]
    assert len(shop.events(ObservationKept)) == len(others)
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


def the_last_one_has_the_number(patch: Patch) -> None:
    """Whatever is told of a number is told of the parcel that got it last."""

    def last(_fact: Observation, body: TrackingReported, _message: str, store: Store) -> str | None:
        return store.resolve(f"tracking:{body.tracking_number}")

    replace(patch, "whose a number is", last)


def what_was_told_is_told_again(patch: Patch) -> None:
    """Moments alone say whose a scan is, though a parcel had it already."""
    whose = original("whose a number is")

    def by_moment(fact: Observation, body: TrackingReported, _message: str, store: Store) -> object:
        return whose(fact, body, "", store)

    replace(patch, "whose a number is", by_moment)


def parcels_have_no_name(patch: Patch) -> None:
    """A parcel is found by its tracking number alone."""
    names = original("the names of a parcel")

    def fewer(before: Parcel | None, after: Parcel, again: object) -> list[str]:
        return [name for name in names(before, after, again) if not name.startswith("parcel:")]

    replace(patch, "the names of a parcel", fewer)


def a_number_is_one_parcel(patch: Patch) -> None:
    """A supplier's parcel is the one that had its number, however long ago."""

    def by_number(_deciding: object, _fo: object, body: GoodsShipped) -> str:
        return f"{body.carrier}/{body.tracking_number}"

    replace(patch, "the parcel of a notice", by_number)


def a_void_label_is_as_good(patch: Patch) -> None:
    """A parcel has its label for good, whatever its carrier does with that."""
    patch.setattr(Parcel, "has_label", property(lambda parcel: bool(parcel.tracking_number)))


def a_number_is_enough(patch: Patch) -> None:
    """What comes under a number that came before is that again, whatever it says."""
    replace(patch, "what another document says", lambda _body: "")


LAWS: dict[Mutate, Law] = {
    the_last_one_has_the_number: law(test_a_scan_is_of_the_parcel_that_had_its_number_then),
    a_number_is_one_parcel: law(test_a_scan_is_of_the_parcel_that_had_its_number_then),
    what_was_told_is_told_again: law(test_what_a_parcel_was_told_is_never_told_to_the_next),
    parcels_have_no_name: law(test_a_label_that_is_told_before_its_parcel_is_there_finds_it),
    scans_go_by_their_number: law(test_a_task_about_a_parcel_speaks_of_that_parcel),
    a_void_label_is_as_good: law(test_a_void_label_is_a_task_and_does_not_leave),
    a_number_is_enough: law(test_what_is_said_otherwise_under_a_number_is_kept),
}
MUTANTS = Mutants("numbers", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
