"""Nothing that may be sent outlives a person: a mark in each text of a model is found no more."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow import Customer, Engine, InHouse, Line, NewOrder
from orderflow.cli.app import app
from orderflow.engine import erasure
from orderflow.engine.anonymization import is_forgotten
from orderflow.engine.doctor import examine
from orderflow.model import observations as obs
from orderflow.model.commands import Cancel, Edit, Reopen
from orderflow.model.document import PERSONAL_FIELDS, Charge
from orderflow.model.parcel import ParcelStatus
from orderflow.model.state import PaymentOutcome
from orderflow.stores.sql.database import Database
from tests.laws.places import (
    CHANGES,
    SHOWN,
    TOLD_BY_COMMANDS,
    Place,
    heard,
    in_database,
    in_memory,
    shown,
)
from tests.laws.plays import (
    ANA,
    KINDS,
    LIVES,
    UNSAID,
    Marked,
    dropship,
    in_house,
    turned_around,
)
from tests.marks import NAMES_OTHERS, OF_STOCK, PARTIES
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, replace
from tests.shop import Shop

STARTS = pytest.mark.parametrize("start", ["", f"{ANA} "], ids=["whatever", "named"])


def left_in(shop: Marked, told: str) -> set[str]:
    """What a person may be known by, of all that was said."""
    named = {name.rpartition(".")[2] for name in NAMES_OTHERS} if shop.marks.names_nobody else set()
    found = {name for name in shop.marks.found(told) if name.rpartition(".")[2] not in named}
    return (found - PARTIES - OF_STOCK.keys()) | {name for name in ("ana-17",) if name in told}


@STARTS
@pytest.mark.parametrize("live", LIVES)
def test_no_text_outlives_a_person(live: Any, start: str, tmp_path: Path) -> None:
    no_text_outlives_a_person(live, start, in_database(f"sqlite:///{tmp_path}/shop.db"))


@STARTS
@pytest.mark.parametrize("live", LIVES)
def test_no_text_outlives_a_person_in_memory(live: Any, start: str) -> None:
    no_text_outlives_a_person(live, start, in_memory())


@pytest.mark.parametrize("live", [in_house, dropship, turned_around])
def test_no_text_outlives_a_person_on_a_server(live: Any, postgres: str) -> None:
    no_text_outlives_a_person(live, f"{ANA} ", in_database(postgres))


def no_text_outlives_a_person(live: Any, start: str, place: Place) -> None:
    with heard() as lines:
        shop = Marked(place.store, place.documents, start)
        live(shop)
        assert shop.marks.found(place.rows(True)), "nothing was said"
        assert shop.engine.erase("ana-17").erased == ("A-1",)
        assert left_in(shop, place.rows(True)) == set(), "in a row"
        assert list(examine(shop.engine)) == []
        shop.check()
        assert left_in(shop, shown(shop.engine, place.url)) == set(), "shown"
    assert left_in(shop, "\n".join(lines)) == set(), "in the log"
    raw = place.files()
    place.close()
    assert left_in(shop, raw.decode("utf-8", "replace")) == set(), "in the file itself"


# --- what comes later -----------------------------------------------------------------------------


def scanned(shop: Marked) -> None:
    """A carrier tells of a scan, late."""
    for view in list(shop.order.state.parcels.values()):
        number, status = view.tracking_number, ParcelStatus.ATTEMPTED
        shop.hears(obs.TrackingReported, "", tracking_number=number, status=status)


def charged_back(shop: Marked) -> None:
    """The bank takes money back."""
    shop.hears(obs.PaymentReported, fact="charged_back", amount=1)


def reopened(shop: Marked) -> None:
    """It is opened, something is added, a document is filed, and all of it is cancelled."""
    shop.asks(Reopen)
    assert shop.engine.erase_order("A-1").waiting == ("A-1",), "it is open"
    shop.asks(Edit, quantities={}, lines=(shop.line("11"),), ship_to=None)
    shop.documents.file("A-1", "A-1-invoice-2", f"bill of {shop.order.document}".encode())
    shop.asks(Cancel, lines=None)


def filed(shop: Marked) -> None:
    """A document is filed, and nothing else."""
    shop.documents.file("A-1", "late", shop.marks.mark("late").encode())


LATER = pytest.mark.parametrize("comes", [scanned, charged_back, reopened, filed])


@LATER
def test_what_comes_later_is_erased_too(comes: Any, tmp_path: Path) -> None:
    what_comes_later_is_erased_too(comes, in_database(f"sqlite:///{tmp_path}/shop.db"))


@LATER
def test_what_comes_later_is_erased_too_in_memory(comes: Any) -> None:
    what_comes_later_is_erased_too(comes, in_memory())


def what_comes_later_is_erased_too(comes: Callable[[Marked], None], place: Place) -> None:
    """It is erased when it is over, without anybody asking, and so is what comes after that."""
    shop = Marked(place.store, place.documents, f"{ANA} ")
    in_house(shop)
    shop.engine.erase("ana-17")
    for days in (0, 40):
        shop.passes(days=days)
        comes(shop)
        shop.ends()
        shop.passes(days=8)
        assert left_in(shop, place.rows(True)) == set(), "in a row"
        assert not place.documents.filed("A-1"), "filed"
        assert shop.engine.erase_order("A-1").erased == ("A-1",)
        assert list(examine(shop.engine)) == []
        shop.check()
    assert len(place.store.open_rows("forgotten:A-1")) == 1, "one timer stands"


NOT_TOLD = frozenset({
    *("run", "diagram", "schema", "migrate_store", "erase", "claim", "reassign", "complete"),
    *("pick_tour", "command", "observe", "label", "slip", "picklist", "restricted"),
})  # fmt: skip
"""Commands that show nothing stored, change something, print what is to be done, or ask a role."""


def test_each_kind_is_accepted_in_some_life() -> None:
    taken: set[str] = set()
    for live in LIVES:
        place = in_memory()
        shop = Marked(place.store, place.documents, "")
        live(shop)
        taken |= shop.taken
    assert sorted(KINDS - taken) == sorted(UNSAID)


def test_all_that_shows_something_is_looked_at() -> None:
    """A new method of the engine, or a new command of the command line, is to be placed."""
    methods = {name for name, _ in inspect.getmembers(Engine, inspect.isfunction)}
    assert {name for name in methods if name[0] != "_"} == {*SHOWN, *CHANGES, "restricted"}
    shown = (each for each in app.registered_commands if not each.hidden)
    commands = {each.name or each.callback.__name__ for each in shown}  # type: ignore[union-attr]
    assert {name.replace("-", "_") for name in commands} - NOT_TOLD == {*TOLD_BY_COMMANDS}


# --- names beside other signs ---------------------------------------------------------------------

SIGNS = st.sampled_from(["_", "-", ".", ":", "/", " ", "__", "@"])
NAMES = st.sampled_from(["c-17", "Ana", "lena", "NG", "ana@shop.example"])
INSIDE = st.sampled_from(["bingo", "ng7", "anabel", "c-171", "7ng", "lenas"])


@given(before=SIGNS, name=NAMES, after=SIGNS)
def test_a_name_is_found_beside_any_sign(before: str, name: str, after: str) -> None:
    a_name_is_found_beside_any_sign(before, name, after)


def a_name_is_found_beside_any_sign(before: str, name: str, after: str) -> None:
    told = f"web{before}{name}{after}1"
    assert not left_of(told), "who it was"


@given(before=SIGNS, word=INSIDE, after=SIGNS)
def test_no_name_is_found_inside_a_word(before: str, word: str, after: str) -> None:
    no_name_is_found_inside_a_word(before, word, after)


def no_name_is_found_inside_a_word(before: str, word: str, after: str) -> None:
    told = f"web{before}{word}{after}1"
    assert left_of(told) == {"actor", "reference", "code"}, "who it was not"


FORMS = st.sampled_from(["+49 {} {}", "0049{}{}", "0{} {}", "49{}{}", "+49 (0){}-{}", "{}/{}"])


@given(st.lists(st.sampled_from([*" -/()._", ") ", ""]), min_size=9, max_size=9), FORMS)
def test_a_phone_number_is_found_however_it_is_written(signs: list[str], form: str) -> None:
    a_phone_number_is_found_however_it_is_written(signs, form)


def a_phone_number_is_found_however_it_is_written(signs: list[str], form: str) -> None:
    end = "".join(f"{digit}{sign}" for digit, sign in zip("5555123", signs, strict=False))
    assert not left_of(f"sms {form.format(170, end)}x", "+49 170 5555123"), "whose it was"


@given(st.from_regex(r"[a-z]{1,3} [0-9]{1,20}", fullmatch=True))
def test_no_other_number_is_a_phone(told: str) -> None:
    ours = "+49 170 5555123"
    if "705555123" not in told:
        assert left_of(told, ours) == {"actor", "reference", "code"}
        assert left_of(told, "110") == {"actor", "reference", "code"}


def left_of(told: str, phone: str = "") -> set[str]:
    """Where a text stays when Ana-Lena Ng is forgotten."""
    shop = Shop(InHouse())
    who = Customer(id="c-17", name="Ana-Lena Ng", email="ana@shop.example", phone=phone)
    line, charge = Line(sku="MUG", quantity=1, amount=500), Charge(code=told, amount=1)
    order = NewOrder(number="A-1", currency="EUR", customer=who, lines=(line,), charges=(charge,))
    shop.engine.place(order, by=told)
    paid = obs.PaymentReported(fact=PaymentOutcome.AUTHORISED, amount=500, reference=told)
    shop.engine.observe(paid.at(shop.clock.now(), subject="A-1"))
    shop.engine.submit(Cancel().to("A-1"))
    shop.passes(days=60)
    assert shop.engine.erase("c-17").erased == ("A-1",)
    journal = list(shop.engine.journal("A-1"))
    left = {"actor"} if any(told in entry.actor for entry in journal) else set()
    said = repr([entry.events for entry in journal])
    codes = {"code"} if told in repr(shop.order.document) else set()
    return left | codes | ({"reference"} if told in said else set())


def test_of_who_gave_no_name_none_is_found() -> None:
    shop = Shop(InHouse())
    charge = Charge(code="gift--wrap", amount=1)
    shop.engine.place(NewOrder(
        number="A-1", currency="EUR", lines=(Line(sku="MUG", quantity=1),), charges=(charge,)
    ), by="web--shop")  # fmt: skip
    shop.engine.submit(Cancel().to("A-1"))
    shop.passes(days=60)
    assert shop.engine.erase_order("A-1").erased == ("A-1",)
    assert shop.order.document.charges == (charge,)
    assert next(shop.engine.journal("A-1")).actor == "web--shop"


@pytest.mark.parametrize("by", ["system", "ana-17"])
def test_an_id_as_a_reason_is_erased_from_what_comes_later(by: str) -> None:
    shop = Marked(in_memory().store, in_memory().documents, "")
    in_house(shop)
    shop.engine.erase("ana-17")
    shop.engine.submit(Reopen(reason="ana-17").to("A-1", by=by, id="ana-17"))
    shop.ends()
    shop.passes(days=8)
    assert "ana-17" not in repr((list(shop.engine.journal("A-1")), shop.order.state))


# --- mutants --------------------------------------------------------------------------------------


def leaves_a_field_out(patch: Patch) -> None:
    """The notes of an order stay as they are."""
    replace(patch, "what may be a person's", PERSONAL_FIELDS - {"notes"})


def leaves_the_keys_of_rows(patch: Patch) -> None:
    """Keys of the outbox keep the ids of commands."""
    replace(patch, "a row's key without the person", lambda key, _kind: key)


def names_whom_it_erases(patch: Patch) -> None:
    """The log names the customer who is erased."""
    erase = erasure.Eraser._erase

    def tells(self: erasure.Eraser, name: str, alias: str) -> bool:
        who = self._store.orders_by_id([name])[name].document.customer
        logging.getLogger("orderflow").info("%s is erased", who)
        return erase(self, name, alias)

    patch.setattr(erasure.Eraser, "_erase", tells)


def leaves_the_journal(patch: Patch) -> None:
    """The journal stays as it was; the state is made of a blanked one."""
    patch.setattr(erasure._Person, "blank", lambda _self, entry: entry)


def leaves_the_log_of_the_database(patch: Patch) -> None:
    """SQLite's write-ahead log keeps the pages as they were."""
    patch.setattr(Database, "wipe_log", lambda _self: None)


def leaves_free_pages(patch: Patch) -> None:
    """SQLite does not overwrite what is erased."""
    replace(
        patch,
        "how a connection is set up",
        lambda *_given: ["pragma journal_mode=wal", "pragma secure_delete=off"],
    )


def takes_a_low_line_for_a_letter(patch: Patch) -> None:
    """A name beside "_" is not found."""
    replace(patch, "where a name begins", r"(?<!\w)")


def finds_names_inside_words(patch: Patch) -> None:
    """A short name is found inside other words."""
    replace(patch, "where a name begins", "")
    replace(patch, "where a name ends", "")


def keeps_the_codes_of_charges(patch: Patch) -> None:
    """A charge whose code names the person keeps it."""
    patch.setattr(erasure._Person, "without_codes", lambda _self, document: document)


def looks_for_phones_as_written(patch: Patch) -> None:
    """A phone number is found as it stands in the order alone."""
    replace(patch, "a phone number in a text", lambda _phone: "")


def looks_no_more(patch: Patch) -> None:
    """Who was forgotten is not thought of any more."""
    patch.setattr(erasure.Eraser, "_look_again", lambda *_given: None)


def knows_by_the_document(patch: Patch) -> None:
    """Where the document is anonymous, nothing came."""
    patch.setattr(erasure.Eraser, "_came", lambda *_given: False)


def takes_nobody_for_the_person(patch: Patch) -> None:
    """Who acts in an order that was forgotten is somebody else, since they have another name."""

    def named(self: erasure._Person, text: str, _entry: object) -> bool:
        return self._names.search(text) is not None

    patch.setattr(erasure._Person, "_is_theirs", named)


def says_that_it_is_over(patch: Patch) -> None:
    """An order that is open again is called erased."""
    is_open = erasure.Eraser._open
    patch.setattr(
        erasure.Eraser,
        "_open",
        lambda self, order: not is_forgotten(order) and is_open(self, order),
    )


LAWS: Mapping[Mutate, bool] = {
    leaves_a_field_out: False,
    leaves_the_keys_of_rows: False,
    names_whom_it_erases: False,
    leaves_the_journal: False,
    leaves_the_log_of_the_database: True,
    leaves_free_pages: True,
}
"""The mutants, and whether the place must be a file."""
OF_NAMES: Mapping[Mutate, Callable[[], Law]] = {
    takes_a_low_line_for_a_letter: lambda: law(a_name_is_found_beside_any_sign, "_", "NG", "_"),
    keeps_the_codes_of_charges: lambda: law(a_name_is_found_beside_any_sign, "_", "NG", "_"),
    looks_for_phones_as_written: lambda: law(
        a_phone_number_is_found_however_it_is_written, [""] * 9, "49{}{}"
    ),
    finds_names_inside_words: lambda: law(no_name_is_found_inside_a_word, "_", "bingo", "_"),
}
"""The mutants of how a name is found."""
LATE: Mapping[Mutate, Callable[[Marked], None]] = {
    looks_no_more: scanned,
    knows_by_the_document: scanned,
    takes_nobody_for_the_person: charged_back,
    says_that_it_is_over: reopened,
}
"""The mutants of what comes later, and what does."""
MUTANTS = Mutants("forgetting", [*LAWS, *OF_NAMES, *LATE])


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch, tmp_path: Path) -> None:
    mutant.how(monkeypatch)
    if mutant.how in LATE:
        mutant.breaks(law(what_comes_later_is_erased_too, LATE[mutant.how], in_memory()))
        return
    if mutant.how in OF_NAMES:
        mutant.breaks(OF_NAMES[mutant.how]())
        return
    place = in_database(f"sqlite:///{tmp_path}/shop.db") if LAWS[mutant.how] else in_memory()
    mutant.breaks(law(no_text_outlives_a_person, in_house, f"{ANA} ", place))
