"""What a law keeps of a forgotten person is shown to auditors only, whole, and for its time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import attrs
import pytest

from orderflow import Refused
from orderflow.engine.anonymization import is_forgotten
from orderflow.engine.doctor import examine
from orderflow.engine.retention import Retainer
from orderflow.errors import InvalidInput, NotFound, StoreFull
from orderflow.fulfillment.steps import COMMAND_ROLES, STEP_ROLES
from orderflow.kernel.decision.retention import ROWS
from orderflow.model.commands import Cancel
from orderflow.model.document import NewOrder
from orderflow.model.events import Entry
from orderflow.model.order import Order
from orderflow.policies import Keep, Retention
from orderflow.ports import Kept, Restricted
from orderflow.stores import MemoryStore
from tests.laws.places import Place, heard, in_memory, shown
from tests.laws.plays import ANA, Marked, cancelled, in_house
from tests.laws.test_forgetting import left_in, reopened
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, replace

TAX, TRADE = Keep(because="a tax law", years=8), Keep(because="a trade law", years=6)
RETENTION = Retention(
    rows={"order": TAX, "payments": TAX, "addresses": TRADE, "messages": TRADE, "journal": TRADE},
    documents={"*slip*": TRADE, "*invoice*": TAX},
)
YEAR = timedelta(days=366)
EVERYTHING = frozenset({*STEP_ROLES.values(), *COMMAND_ROLES.values(), "customer", "override"})


def auditors(actor: str) -> frozenset[str] | None:
    """The roles of whoever acts: one is an auditor, all others may do the rest."""
    return frozenset({"auditor"}) if actor == "audrey" else EVERYTHING


def lived(place: Place, live: Callable[[Marked], None] = in_house, **rules: Any) -> Marked:
    """A life that is over, in a shop of which laws want something kept."""
    given = {"retention": RETENTION, "roles_of": auditors} | rules
    shop = Marked(place.store, place.documents, f"{ANA} ", **given)
    live(shop)
    place.documents.file("A-1", "A-1-invoice", f"bill of {shop.order.document}".encode())
    return shop


def kinds(kept: tuple[Kept, ...]) -> list[tuple[str, int]]:
    """What is kept, and until the first day of which year."""
    return [(each.kind, each.until.year) for each in kept]


# --- nobody but an auditor is shown it ------------------------------------------------------------


@pytest.mark.parametrize("live", [in_house, cancelled])
def test_what_is_restricted_is_shown_nowhere(live: Any, place: Place) -> None:
    what_is_restricted_is_shown_nowhere(place, live)


def what_is_restricted_is_shown_nowhere(
    place: Place, live: Callable[[Marked], None] = in_house
) -> None:
    shop = lived(place, live)
    with heard() as lines:
        forgotten = shop.engine.erase("ana-17")
        assert (forgotten.erased, forgotten.waiting) == ((), ())
        assert {each.kind for each in forgotten.kept} >= {"order", "documents *invoice*"}
        assert left_in(shop, place.rows(False)) == set(), "in a row"
        assert left_in(shop, shown(shop.engine, place.url)) == set(), "shown"
        assert left_in(shop, repr(forgotten)) == set(), "in the answer"
    assert left_in(shop, "\n".join(lines)) == set(), "in the log"
    for actor in ("ana", "nobody", "system"):
        with pytest.raises(Refused, match="needs the role auditor"):
            shop.engine.restricted("A-1", by=actor)
    assert list(examine(shop.engine)) == []


# --- an auditor is shown exactly it ---------------------------------------------------------------


def test_an_auditor_is_shown_what_was_kept(place: Place) -> None:
    an_auditor_is_shown_what_was_kept(place)


def an_auditor_is_shown_what_was_kept(place: Place) -> None:
    shop = lived(place)
    order, documents = shop.order, dict(place.documents.filed("A-1"))
    contents = {name: place.documents.read("A-1", name) for name in documents}
    owners = ("order:A-1", *(f"parcel:{parcel}" for parcel in order.state.parcels))
    journal = tuple(entry for owner in owners for entry in place.store.journal(owner))
    shop.engine.erase("ana-17")
    found = {each.kept.kind: each for each in shop.engine.restricted("A-1", by="audrey")}
    assert _document(found) == order.document, "the document"
    assert found["journal"].entries == journal, "the journal"
    assert found["payments"].entries, "payments"
    assert {e.at for e in found["payments"].entries} <= {e.at for e in journal}
    filed = {n: c for each in found.values() for n, c in each.documents.items()}
    assert filed == contents, "the documents"
    assert not place.documents.filed("A-1")


def _document(found: Mapping[str, Restricted]) -> NewOrder:
    """The document, from its parts."""
    parts = [each.document for each in found.values()]
    whole = {name: value for part in parts for name, value in part.items()}
    assert whole.keys() == NewOrder.model_fields.keys()
    return NewOrder.model_validate(whole)


# --- until its time is over -----------------------------------------------------------------------


def test_nothing_is_left_when_its_time_is_over(place: Place) -> None:
    nothing_is_left_when_its_time_is_over(place)


def nothing_is_left_when_its_time_is_over(place: Place) -> None:
    shop = lived(place)
    forgotten, over = shop.engine.erase("ana-17"), shop.clock.now().year
    trade = {(kind, over + 7) for kind in ("addresses", "messages", "journal", "documents *slip*")}
    tax = {(kind, over + 9) for kind in ("order", "payments", "documents *invoice*")}
    assert set(kinds(forgotten.kept)) == trade | tax
    assert shop.engine.erase("ana-17") == forgotten, "asked again"
    waits = {wait.name: wait.due for wait in shop.engine.explain("A-1").pending}
    assert waits == {each.kind: each.until for each in forgotten.kept}, "explained"
    assert shop.engine.idle_parts("A-1") == ()
    for year, left in ((7, tax), (9, set())):
        now = datetime(over + year, 1, 1, tzinfo=UTC)
        shop.clock.advance(now - timedelta(seconds=1) - shop.clock.now())
        before = set(kinds(shop.engine.erase("ana-17").kept))
        shop.opens(retention=Retention(), roles_of=auditors, documents=place.documents)
        shop.work()
        assert set(kinds(shop.engine.erase("ana-17").kept)) == before, "too early"
        shop.passes(seconds=1)
        assert set(kinds(shop.engine.erase("ana-17").kept)) == left, "kept for too long"
    assert left_in(shop, place.rows(True)) == set(), "in a row"
    assert left_in(shop, place.files().decode("utf-8", "replace")) == set(), "in the file itself"
    assert shop.engine.restricted("A-1", by="audrey") == ()
    assert shop.engine.explain("A-1").pending == ()


def test_who_dies_in_between_begins_again(place: Place, monkeypatch: Patch) -> None:
    who_dies_in_between_begins_again(place, monkeypatch)


def who_dies_in_between_begins_again(place: Place, patch: Patch) -> None:
    """A process that dies before the order is rewritten has erased its documents already."""
    shop = lived(place)
    with patch.context() as dying:
        dying.setattr(place.store, "rewrite_history", Mock(side_effect=StoreFull("no")))
        with pytest.raises(StoreFull):
            shop.engine.erase("ana-17")
    assert not place.documents.filed("A-1")
    place.documents.file("A-1", "late-invoice", b"came meanwhile")
    shop.engine.erase("ana-17")
    found = [each.documents for each in shop.engine.restricted("A-1", by="audrey")]
    names = {name for each in found for name in each}
    assert names == {"slip", "A-1-invoice", "late-invoice"}, "documents"
    assert left_in(shop, place.rows(False)) == set()


# --- once more, when more came --------------------------------------------------------------------


def test_what_was_kept_stays_when_more_comes(place: Place, monkeypatch: Patch) -> None:
    what_was_kept_stays_when_more_comes(place, monkeypatch)


def what_was_kept_stays_when_more_comes(place: Place, patch: Patch) -> None:
    """Erasure, opened, edited, over again, forgotten: at the second attempt."""
    shop = lived(place)
    shop.engine.erase("ana-17")
    kept = {each.key: each for each in shop.engine.restricted("A-1", by="audrey")}
    shop.passes(days=400)
    with patch.context() as others_are_faster:
        others_are_faster.setattr(place.store, "rewrite_history", Mock(return_value=False))
        reopened(shop)
        shop.ends()
        *_, came = place.store.journal("order:A-1")
        assert shop.engine.erase_order("A-1").waiting == ("A-1",)
    forgotten = shop.engine.erase_order("A-1")
    assert forgotten.waiting == ()
    assert shop.engine.erase_order("A-1") == forgotten, "asked again"
    found = {each.key: each for each in shop.engine.restricted("A-1", by="audrey")}
    assert {key: found.get(key) for key in kept} == kept, "what was kept before"
    later = {each.kept.kind: each for key, each in found.items() if key not in kept}
    assert later.keys() >= {"order", "journal", "documents *invoice*"}, "what came since"
    assert later["order"].document["lines"][-1]["name"].startswith(ANA), "what came since"
    assert came in later["journal"].entries, "what came since"
    before = found_journal(kept)
    assert not [each for each in later["journal"].entries if each in before], "it is there twice"
    first = min(each.kept.until for each in kept.values())
    assert all(each.kept.until > first for each in later.values()), "each has its own time"
    assert shop.engine.erase("ana-17").kept == forgotten.kept, "whose it is"
    assert left_in(shop, place.rows(False)) == set(), "in a row"
    assert list(examine(shop.engine)) == []


def found_journal(found: Mapping[str, Restricted]) -> tuple[Entry, ...]:
    """The journal that was kept."""
    return next(each.entries for each in found.values() if each.kept.kind == "journal")


# --- examples -------------------------------------------------------------------------------------


def test_without_retention_everything_is_erased_at_once() -> None:
    place = in_memory()
    shop = lived(place, cancelled, retention=Retention())
    assert shop.engine.erase("ana-17").erased == ("A-1",)
    assert left_in(shop, place.rows(True)) == set()


def test_what_no_law_keeps_is_erased_at_once() -> None:
    place = in_memory()
    shop = lived(place, retention=Retention(rows={"addresses": TRADE}))
    assert kinds(shop.engine.erase("ana-17").kept) == [("addresses", shop.clock.now().year + 7)]
    (kept,) = shop.engine.restricted("A-1", by="audrey")
    assert kept.document.keys() == {"ship_to", "pickup_at"}
    assert not kept.entries


def test_what_a_law_no_longer_wants_is_erased_at_once() -> None:
    place = in_memory()
    shop = lived(place, cancelled)
    shop.clock.advance(10 * YEAR)
    assert shop.engine.erase("ana-17") == attrs.evolve(
        shop.engine.erase("ana-17"), erased=("A-1",), kept=()
    )


def test_an_order_of_nobody_is_forgotten_by_its_name() -> None:
    shop = lived(in_memory(), cancelled)
    forgotten = shop.engine.erase_order("A-1")
    assert forgotten.kept
    assert shop.engine.erase_order("A-1") == forgotten
    assert shop.engine.erase("ana-17") == forgotten
    with pytest.raises(NotFound):
        shop.engine.erase_order("A-9")
    with pytest.raises(NotFound):
        shop.engine.restricted("A-9", by="audrey")


def test_an_open_order_that_is_forgotten_by_its_name_waits() -> None:
    shop = Marked(MemoryStore(), in_memory().documents, "", retention=RETENTION)
    shop.begins(shop.line("1"))
    assert shop.engine.erase_order("A-1").waiting == ("A-1",)
    shop.does(Cancel())
    shop.passes(days=2)
    assert left_in(shop, repr(shop.order.document)) == set()
    assert not shop.store.open_rows("forget-order:A-1")
    assert shop.engine.erase_order("A-1").kept


def test_each_kind_of_rows_is_of_the_models() -> None:
    fields = [name for kind in ROWS.values() for name in kind.fields]
    assert sorted(fields) == sorted(NewOrder.model_fields)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Keep(because="", years=1),
        lambda: Keep(because="a law"),
        lambda: Keep(because="a law", years=-1),
        lambda: Keep(because="a law", years=1, zone="Europe/Nowhere"),
        lambda: Retention(rows={"adresses": TAX}),
    ],
)
def test_what_cannot_be_kept_is_refused(wrong: Callable[[], object]) -> None:
    with pytest.raises(InvalidInput):
        wrong()


def test_a_year_counts_from_its_end_and_days_from_the_day() -> None:
    over = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    berlin = Keep(because="§ 147 AO", years=8, zone="Europe/Berlin")
    assert berlin.until(over).isoformat() == "2035-12-31T23:00:00+00:00"
    assert Keep(because="a law", years=8).until(over).year == 2035
    assert Keep(because="a law", days=30).until(over) == over + timedelta(days=30)
    assert Keep(because="a law", years=10**6).until(over).year == 8999


# --- mutants --------------------------------------------------------------------------------------


def leaves_what_is_kept(patch: Patch) -> None:
    """An order of which a law keeps something stays as it is."""
    rewrite = MemoryStore.rewrite_history

    def kept(self: MemoryStore, order: Order, *rest: Any) -> bool:
        return bool(self.restricted(order=order.id)) or rewrite(self, order, *rest)

    patch.setattr(MemoryStore, "rewrite_history", kept)


def lets_anybody_read(patch: Patch) -> None:
    """What is restricted is shown to whoever asks."""
    replace(patch, "who may read what is kept", lambda *_given: None)


def keeps_what_is_blank(patch: Patch) -> None:
    """What is put apart has no causes and no actors."""
    restrict = Retainer.restrict

    def blank(self: Retainer, order: Order, entries: list[Entry]) -> None:
        restrict(self, order, [attrs.evolve(entry, actor="", cause="") for entry in entries])

    patch.setattr(Retainer, "restrict", blank)


def leaves_fields_out(patch: Patch) -> None:
    """What is kept of an order is without its charges."""
    ordered = ROWS["order"].fields - {"charges"}
    patch.setitem(ROWS, "order", attrs.evolve(ROWS["order"], fields=ordered))


def keeps_it_for_ever(patch: Patch) -> None:
    """What is kept is not erased when its time is over."""
    patch.setattr(MemoryStore, "lift", lambda _self, _key: None)


def says_nothing_of_the_day(patch: Patch) -> None:
    """What is kept is not named among what is waited for."""
    replace(patch, "what is kept waits", lambda *_given: ())


def loses_documents(patch: Patch) -> None:
    """What was put apart before is replaced by what is there now."""
    patch.setattr(MemoryStore, "restricted", _nothing_before(MemoryStore.restricted))


def _nothing_before(restricted: Callable[..., Any]) -> Callable[..., Any]:
    def found(self: MemoryStore, **whose: Any) -> Any:
        return () if self._orders["A-1"].state.customer == "ana-17" else restricted(self, **whose)

    return found


def replaces_what_was_kept(patch: Patch) -> None:
    """What comes later takes the place of what was kept."""
    replace(patch, "what came after the person", lambda _order: "")


def keeps_nothing_that_came_later(patch: Patch) -> None:
    """Once something is kept nothing more is."""
    restrict = Retainer.restrict

    def once(self: Retainer, order: Order, entries: list[Entry]) -> None:
        if not is_forgotten(order):
            restrict(self, order, entries)

    patch.setattr(Retainer, "restrict", once)


LAWS: Mapping[Mutate, Callable[[Patch], Law]] = {
    leaves_what_is_kept: lambda _: law(what_is_restricted_is_shown_nowhere, in_memory()),
    lets_anybody_read: lambda _: law(what_is_restricted_is_shown_nowhere, in_memory()),
    keeps_what_is_blank: lambda _: law(an_auditor_is_shown_what_was_kept, in_memory()),
    leaves_fields_out: lambda _: law(an_auditor_is_shown_what_was_kept, in_memory()),
    replaces_what_was_kept: lambda p: law(what_was_kept_stays_when_more_comes, in_memory(), p),
    keeps_nothing_that_came_later: lambda p: law(
        what_was_kept_stays_when_more_comes, in_memory(), p
    ),
    keeps_it_for_ever: lambda _: law(nothing_is_left_when_its_time_is_over, in_memory()),
    says_nothing_of_the_day: lambda _: law(nothing_is_left_when_its_time_is_over, in_memory()),
    loses_documents: lambda patch: law(who_dies_in_between_begins_again, in_memory(), patch),
}
MUTANTS = Mutants("retention", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how](monkeypatch))
