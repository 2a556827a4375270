"""Mutants: orderflow, or something made for it, broken on purpose; and how each must be noticed.

``mutants.toml`` lists every mutant by its room, with each law that it breaks and a part of what
that law then says. A mutant that ends in an error of its own is not caught.
"""

from __future__ import annotations

import importlib
import re
import tomllib
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import attrs
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import FlakyFailure

import orderflow
from orderflow import Engine, calendars, errors, money
from orderflow.carriers import payload, webhooks
from orderflow.engine import anonymization, clock, engine, erasure, explain, person_names, retention
from orderflow.engine import kept_facts as inbox_facts
from orderflow.engine import row_check as rows
from orderflow.engine.card import reader, writer
from orderflow.engine.doctor import checks
from orderflow.engine.people import desk
from orderflow.engine.pipeline import fault, handle, prepare, submit, taker, unmatched
from orderflow.engine.worker import worker
from orderflow.fulfillment import in_house
from orderflow.inventory import decision
from orderflow.kernel import decide, progress
from orderflow.kernel.changes import cancellation, edit
from orderflow.kernel.decision import hooks, limits, roles, rules
from orderflow.kernel.decision.draft import Draft
from orderflow.kernel.money import payment, refund
from orderflow.kernel.orders import substitutes
from orderflow.kernel.parcels import parcel, scans
from orderflow.kernel.partners import (
    answer,
    cancellation_request,
    invoice,
    request,
    shipment_notice,
    silence,
)
from orderflow.kernel.pending import (
    answers,
    deadline_passed,
    deadlines,
    effects,
    order,
    state_timer,
    state_work,
    steps,
)
from orderflow.kernel.pending import parcel as pending_parcel
from orderflow.kernel.returns import goods, rma
from orderflow.kernel.stock import allocation, backorder
from orderflow.kernel.work import packing, picking, shipping
from orderflow.model import amount_due, attributes, bounds, document
from orderflow.model import events as ev
from orderflow.model import parcel as model_parcel
from orderflow.model.folds import fold
from orderflow.model.folds import parcel as parcel_fold
from orderflow.ports import query_check
from orderflow.stores import codec, stock_rows
from orderflow.stores.memory import outbox as memory_outbox
from orderflow.stores.memory import stock as memory_stock
from orderflow.stores.memory import store as memory
from orderflow.stores.sql import commit as sql_commit
from orderflow.stores.sql import connection, database
from orderflow.stores.sql import erasure as sql_erasure
from orderflow.stores.sql import outbox as sql_outbox
from orderflow.stores.sql import store as sql
from orderflow.testing import BrokenLaw, Contract
from orderflow.workflow import lint, machine

TESTS = Path(__file__).parent
LIBRARY = Path(orderflow.__file__).parent

Patch = pytest.MonkeyPatch
Mutate = Callable[[Patch], None]
How = TypeVar("How", bound=Callable[..., Any])
Failure = (AssertionError, pytest.fail.Exception)

RECORD: Mapping[str, Mapping[str, Mapping[str, str]]] = tomllib.loads(
    (TESTS / "mutants.toml").read_text("utf-8")
)
"""Room, mutant and law: a part of what the law says of the mutant."""

HUNT = settings(
    max_examples=800,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],  # shrinking finds nothing
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow],
)


# --- laws ----------------------------------------------------------------------------------------


@attrs.frozen
class Law:
    """What must hold, under the name by which a failure tells of it."""

    name: str
    check: Callable[..., object]


def law(test: Callable[..., Any], *example: Any, **named: Any) -> Law:
    """The law that a test states: of one example, or of what a hunt finds where none is given."""
    drawn = getattr(test, "hypothesis", None)
    name = test.__name__
    if drawn is None or example or named:
        return Law(name, partial(getattr(drawn, "inner_test", test), *example, **named))
    return Law(name, HUNT(given(**drawn._given_kwargs)(drawn.inner_test)))


def caught(law: Law, message: str) -> str:
    """What is told where a law fails, of which *message* is a part. Fails where it does not."""
    try:
        law.check()
    except (Exception, pytest.fail.Exception, pytest.skip.Exception) as error:
        failure = error.exceptions[0] if isinstance(error, FlakyFailure) else error
        if not isinstance(failure, Failure):
            what = f"{law.name} did not fail: {failure!r} is an error of the mutant's own"
            raise AssertionError(what) from error
    else:
        raise AssertionError(f"{law.name} did not fail: nothing noticed")
    told = "".join(traceback.format_exception_only(failure))
    if not _is_said_by(law.name, failure):
        raise AssertionError(f"something else failed, and not {law.name}: {told}") from failure
    if message not in told:
        raise AssertionError(f"{law.name} failed, and did not say {message!r}: {told}") from failure
    return told


def _is_said_by(law: str, failure: BaseException) -> bool:
    """Whether a failure is the law's: in its function, and raised by a check, not by the library.

    A broken promise tells its number; checks of promises look on from inside the library, too.
    """
    frames = [frame.f_code for frame, _ in traceback.walk_tb(failure.__traceback__)]
    if isinstance(failure, BrokenLaw) and f"promise {failure.promise}" == law:
        return True
    names = [code.co_name for code in frames]
    if law not in names:
        return False
    if isinstance(failure, BrokenLaw | pytest.fail.Exception):
        return True
    files = [Path(code.co_filename) for code in frames[names.index(law) :]]
    library = [f for f in files if f.is_relative_to(LIBRARY) and "testing" not in f.parts]
    return not library


# --- mutants -------------------------------------------------------------------------------------


@attrs.frozen
class Mutant(Generic[How]):
    """A mutant and a law that it must break."""

    name: str
    how: How
    law: str
    message: str
    named: str

    def __str__(self) -> str:
        return self.named

    def breaks(self, law: Law) -> str:
        """What is told where the recorded law, which is this one, fails as recorded."""
        assert law.name == self.law, f"mutants.toml says that {self.law} catches {self.name}"
        return caught(law, self.message)


class Mutants(Generic[How]):
    """The mutants of one room of the record, in their order."""

    def __init__(self, room: str, mutants: Iterable[How]) -> None:
        self.room, self.mutants = room, tuple(mutants)

    def __iter__(self) -> Iterator[Mutant[How]]:
        """Each mutant with each of the laws that the record names for it."""
        for how in self.mutants:
            name = how.__name__
            laws = RECORD.get(self.room, {}).get(name, {})
            for law, message in laws.items():
                named = f"{name}-{law}" if len(laws) > 1 else name
                yield Mutant(name, how, law, message, named)

    @property
    def each(self) -> pytest.MarkDecorator:
        """Gives a test every ``mutant`` in its turn."""
        return pytest.mark.parametrize("mutant", list(self), ids=str)


def rooms() -> Iterator[Mutants[Any]]:
    """All mutants that the tests declare."""
    for file in sorted(TESTS.rglob("test_*.py")):
        if re.search(r"^\w+ = Mutants\(", file.read_text("utf-8"), re.MULTILINE):
            name = ".".join(file.relative_to(TESTS.parent).with_suffix("").parts)
            declared = vars(importlib.import_module(name)).values()
            yield from (found for found in declared if isinstance(found, Mutants))


# --- what is broken ------------------------------------------------------------------------------

HANDLERS: Any = decide._HANDLERS
"""What is decided about each kind of command, fact and message."""
FOLDERS: Any = fold._FOLDERS
"""What each kind of event makes of an order's state."""
AT_DEADLINE: Any = deadline_passed.DEADLINE_PASSED
"""What is done at each deadline."""
ENDED: Any = deadlines.TASK_IS_OVER
"""When a task about an order's time or money ends by itself."""


@attrs.frozen
class Seam:
    """A name that modules use, and that nothing but the modules can give in another way."""

    name: str
    holders: tuple[Any, ...]


SEAMS: Mapping[str, Seam] = {
    # what a card of the rules tells, and what the doctor compares
    "the windows on a card": Seam("_windows", (writer,)),
    "code on a card": Seam("_unknown", (reader,)),
    "a document is as it was placed": Seam("is_as_given", (checks,)),
    # what is sent, and who may
    "money in a context of its own": Seam("EXACTLY", (money, document)),
    "letters of a name that is composed": Seam("MOST_LETTERS", (bounds,)),
    "letters of a name in free data": Seam("_NAME", (attributes,)),
    "what is told of a long text": Seam("shortened", (errors,)),
    "when a period is over": Seam("add_span", (calendars,)),
    "who may give a command": Seam("missing_role_for", (decide,)),
    "what a method is given": Seam("expect", (engine,)),
    "what an engine reads": Seam("reading", (engine,)),
    "who may change stock": Seam("missing_role_for", (engine,)),
    "who may do a task": Seam("missing_role", (desk,)),
    "a task that an order waits for": Seam("Task", (order,)),
    "what a decision gives away": Seam("given_away", (decide,)),
    "how much an actor may give away": Seam("at_most", (limits,)),
    "the roles of an actor": Seam("roles_held", (roles, hooks, limits)),
    "the program itself": Seam("SYSTEM_ACTOR", (hooks,)),
    # whose fault it is
    "a moment that a clock tells": Seam("in_utc", (clock,)),
    "whose fault it is": Seam("as_rule_failure", (handle, submit)),
    "who asks rules": Seam("_ASKS_RULES", (fault,)),
    "what a rule may raise": Seam("raised", (machine, handle)),
    "what a worker counts": Seam("raised", (worker,)),
    "what a policy may give": Seam("check_type", (rules,)),
    "what an id may be": Seam("bounded", (clock,)),
    "how much a policy may give": Seam("bounded", (rules, progress)),
    "the names in a command": Seam("check_names", (decide,)),
    "what may answer an effect": Seam("ANSWERS", (answers,)),
    "what was paid back is looked at": Seam("_look_at_amount", (refund,)),
    # what is decided
    "units wait for stock": Seam("backorder", (allocation,)),
    "short units wait for stock": Seam("backorder", (picking,)),
    "who goes without waits for stock": Seam("backorder", (backorder,)),
    "an exchange waits for its goods": Seam("_awaits_goods", (allocation,)),
    "an order leaves whole": Seam("waits_to_ship_complete", (order, shipping)),
    "what is packed is put in": Seam("Content", (packing,)),
    "what is cancelled is unpacked": Seam("unpack", (cancellation,)),
    "what is cancelled is put away": Seam("_put_away", (cancellation,)),
    "what is edited is unpacked": Seam("unpack", (edit,)),
    "which lines an edit means": Seam("_meant", (edit,)),
    "a new line's name": Seam("free_id", (edit,)),
    "a substitute's name": Seam("substitute_id", (substitutes,)),
    "what stands for a line": Seam(
        "line_and_substitutes", (answer, shipment_notice, cancellation_request, goods)
    ),
    "a party declines units": Seam("apply_rejection", (answer,)),
    "a silent party is pressed": Seam("escalate_silence", (deadline_passed,)),
    "an answer ends its task": Seam("_end_answered", (decide,)),
    "what stays unwanted": Seam("_kept", (cancellation_request,)),
    "units are asked back": Seam("request_cancellation", (cancellation_request, silence)),
    "an own trigger is fired": Seam("_fire", (state_timer,)),
    "a timer is of no use": Seam("needless_timer", (state_work, progress)),
    "what keeps an order open": Seam("is_kept_open", (progress,)),
    "what a timer cancels": Seam("ours", (state_timer,)),
    "what a timer may cancel": Seam("cancel_slots", (state_timer,)),
    "a timer asks once": Seam("asked_key", (state_timer,)),
    "an effect is awaited": Seam("_is_awaited", (effects,)),
    "who may answer later": Seam("may_say_nothing", (effects,)),
    "which timers count": Seam("pending_work", (deadline_passed, effects)),
    "an unpaid order expires": Seam("is_cancelled_when_unpaid", (deadline_passed,)),
    "a payment is told again": Seam("amount_differs", (payment,)),
    "scans say which goods came": Seam("rematch_returned_units", (scans,)),
    "which goods came": Seam("_coming", (goods,)),
    "which returns goods are of": Seam("_shares", (goods,)),
    "an inspection is ahead of its goods": Seam("inspected_but_missing", (goods,)),
    "who takes goods back": Seam("_to", (rma,)),
    # what follows
    "a promise is dated": Seam("_date_promise", (progress,)),
    "what does not come back is kept": Seam("customer_keeps_the_rest", (progress,)),
    "exchanges are dropped": Seam("_drop_exchanges", (progress,)),
    "what was accepted": Seam("_accepted", (progress,)),
    "refunds are proposed": Seam("propose_refunds", (progress,)),
    "finance is asked": Seam("is_finance_asked", (refund, order)),
    "a refund is under way": Seam("_is_under_way", (refund,)),
    "a share of an amount": Seam("share", (amount_due,)),
    "a party is still awaited": Seam("_is_awaited", (progress,)),
    "who asks after a party": Seam("role_after", (deadline_passed,)),
    "what is kept": Seam("_kept", (amount_due,)),
    "what a carrier collects": Seam("cash_to_collect", (in_house,)),
    # what is waited for
    "an order waits": Seam("pending_work", (order,)),
    "somebody has time to answer": Seam("answer_deadline", (order,)),
    "an effect's key": Seam("effect_key", (order, steps)),
    "what a silent party's task asks": Seam("answer_form", (order,)),
    "nothing says not now": Seam("_is_quiet", (deadlines,)),
    "where a parcel stands": Seam("status_of", (parcel_fold,)),
    "a scan moves a parcel": Seam("_moves", (model_parcel,)),
    "what a scan means on the way back": Seam("_ON_THE_WAY_BACK", (model_parcel,)),
    "what a scan tells of the future": Seam("_as_of", (parcel,)),
    "what another document says": Seam("says", (invoice, request, shipment_notice)),
    "a parcel was seen": Seam("_was_seen", (pending_parcel,)),
    "whom a fact is about": Seam("subject_of", (taker,)),
    "what is put off": Seam("_is_put_off", (taker,)),
    "the row of what is put off": Seam("_put_off_key", (taker,)),
    "whose a number is": Seam("traveller", (unmatched,)),
    "an event says otherwise": Seam("came_otherwise", (prepare,)),
    "the names of a parcel": Seam("_names", (parcel,)),
    "the parcel of a notice": Seam("_parcel_id", (shipment_notice,)),
    "when an order was delivered": Seam("date_delivery", (goods, scans)),
    "where units are": Seam("_where", (goods,)),
    "the events of a payload": Seam("_apart", (payload,)),
    "the marks of a payload": Seam("_marks", (payload,)),
    "all lists of events": Seam("_all_events", (payload,)),
    "what an event names twice": Seam("named_twice", (webhooks,)),
    "the units that follow scans": Seam("_WITH_THE_CARRIER", (scans,)),
    "a parcel waits": Seam("_waits", (pending_parcel,)),
    "a party's time begins": Seam("_begins", (deadlines,)),
    "what is no longer waited for": Seam("no_longer_pending", (prepare, decide)),
    "what an answer says": Seam("as_rejection", (worker,)),
    "a row stands for a wait": Seam("_is_there", (rows,)),
    "whether an answer fits": Seam("why_unfit", (worker,)),
    "what is tried until it is done": Seam("_IS_TRUE", (worker,)),
    "what another release knows": Seam("_OF_ANOTHER", (worker,)),
    "a time to wait": Seam("is_span", (lint,)),
    "how a partner's state is left": Seam("_remote", (lint,)),
    # who is forgotten
    "what the inbox keeps of an order": Seam("kept_facts", (erasure, inbox_facts)),
    "a kept fact is an order's": Seam("_is_of", (inbox_facts,)),
    "what may be a person's": Seam("PERSONAL_FIELDS", (anonymization,)),
    "where a name begins": Seam("_BEGINS", (person_names,)),
    "where a name ends": Seam("_ENDS", (person_names,)),
    "a phone number in a text": Seam("_number", (person_names,)),
    "a row's key without the person": Seam("erased_key", (memory_outbox, sql_erasure)),
    "what came after the person": Seam("_since", (retention,)),
    "who may read what is kept": Seam("missing_role", (retention,)),
    "what is kept waits": Seam("_kept", (explain,)),
    "how a connection is set up": Seam("settings_of", (connection,)),
    # stock, the engine, the stores
    "a shortfall has a task": Seam("_shortfall", (decision,)),
    "a parcel's decision": Seam("decide_parcel", (prepare,)),
    "what no database keeps": Seam("_NO_TEXT", (query_check,)),
    "rows that may be asked for": Seam("MOST_ROWS", (query_check,)),
    "what a message says": Seam("digest", (engine, submit)),
    "memory: an operation on stock": Seam("apply", (memory_stock,)),
    "memory: a movement of stock": Seam("movement", (memory_stock,)),
    "memory: the rows of a commit": Seam("rows_of", (memory,)),
    "sql: every connection is in use": Seam("is_crowded", (database,)),
    "sql: a connection commits by itself": Seam("_commits_alone", (database,)),
    "sql: an operation on stock": Seam("apply", (stock_rows,)),
    "sql: commits are written": Seam("write_commits", (sql,)),
    "sql: receipts are read": Seam("_RECEIPTS", (sql_commit,)),
    "sql: a row is added": Seam("_add", (sql_commit,)),
    "sql: what a row tells": Seam("of_row", (codec, sql_outbox)),
    "sql: rows that can be read": Seam("_readable", (sql_outbox,)),
    "sql: what is due": Seam("READY", (sql_outbox,)),
    "sql: what a worker has": Seam("_MINE", (sql_outbox,)),
}
"""What mutants replace in modules. What else they break is a row, a policy or a method."""


def original(seam: str) -> Any:
    """What stands at a seam."""
    found = SEAMS[seam]
    return getattr(found.holders[0], found.name)


def replace(patch: Patch, seam: str, by: object) -> None:
    """Put something else at a seam."""
    found = SEAMS[seam]
    for holder in found.holders:
        patch.setattr(holder, found.name, by)


def give_engines(patch: Patch, **rules: object) -> None:
    """Every engine has these policies, whatever it is given."""
    made = Engine.__init__

    def make(self: Engine, *args: Any, **given: Any) -> None:
        made(self, *args, **{**given, **rules})

    patch.setattr(Engine, "__init__", make)


def forget_events(patch: Patch, kind: type[ev.Event]) -> None:
    """One kind of event is not taken down."""
    emit = Draft.emit

    def deaf(making: Draft, event: ev.Event) -> None:
        if not isinstance(event, kind):
            emit(making, event)

    patch.setattr(Draft, "emit", deaf)


def ask_nobody(patch: Patch, about: str) -> None:
    """No task of one name is opened."""
    ask = Draft.open_task

    def silent(making: Draft, task: str, *rest: str) -> None:
        if task != about:
            ask(making, task, *rest)

    patch.setattr(Draft, "open_task", silent)


# --- contracts -----------------------------------------------------------------------------------


def kept(contract: type[Contract], law: str, *capabilities: str, **methods: Any) -> Law:
    """A law of a contract, hunted: *methods* are the contract's, with what each of them gives."""
    body: dict[str, Any] = {name: staticmethod(given) for name, given in methods.items()}
    body["capabilities"] = frozenset(capabilities)
    before = settings.get_current_profile_name()
    settings.register_profile("mutants", HUNT, max_examples=200)
    settings.load_profile("mutants")
    try:
        test = getattr(type(f"Test{law}", (contract,), body)(), f"test_{law}")
    finally:
        settings.load_profile(before)
    return Law(law, test)
