"""The doctor: no false alarm, no harm, and no end in a traceback."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

from orderflow import IN_HOUSE, Dropship, Engine, InHouse
from orderflow.engine.doctor import examine
from orderflow.fulfillment import MANUAL
from orderflow.model.commands import Confirm
from orderflow.simulation import VirtualClock
from orderflow.stores import MemoryStore, SqlStore
from orderflow.testing import FakePartner
from tests.cases.shop import POSTER, Shop, answer, case, expect, line, order, orderflow, require

FILE = "doctor.db"
URL = f"sqlite:///{FILE}"


@case("a shop whose place is not called main is healthy", "high")
def other_places() -> None:
    """``InHouse("rotterdam")``, one in stock, three ordered: the application finds nothing.

    Right: ``orderflow doctor --db`` finds nothing either, or says what it cannot check without
    ``--app``. Kind: what only the application's own rules can decide (places, steps, windows,
    strategies).
    """
    shop = Shop(InHouse("rotterdam"), store=SqlStore(URL))
    shop.stock("X", 1, "rotterdam")
    shop.place(line("X", 3))
    told = orderflow("doctor", "--db", URL).stdout.splitlines()
    expect([], [finding for finding in told if "promise 2" in finding])


@case("doctor --mend without --app does no harm", "high")
def mend_without_rules() -> None:
    """A shop of people, whose steps the command line does not know: a person is to pick.

    Right: after ``orderflow doctor --mend`` the task is there, and nothing is picked. Kind: the
    same.
    """

    def opened() -> Shop:
        parties = [InHouse("rotterdam"), Dropship(FakePartner(), code="acme")]
        clock = VirtualClock(datetime.now(UTC))  # what the doctor puts down is due by its clock
        return Shop(*parties, store=SqlStore(URL), clock=clock, steps=MANUAL)

    shop = opened()
    shop.stock("X", 1, "rotterdam")
    shop.place(line("X"))
    shop.do(Confirm())
    before = shop.tasks()
    orderflow("doctor", "--db", URL, "--mend")
    shop = opened()
    shop.run()
    expect((before, {"allocated": 1}), (shop.tasks(), shop.units()))


@case("a stock movement of an unknown cause is a finding", "medium")
def unknown_cause() -> None:
    """By hand a movement's cause was changed to a word that is none, and a level to 99.

    Right: two findings, also with ``--mend``. Kind: whatever a row can hold that cannot be read.
    """
    shop = Shop(store=SqlStore(URL))
    shop.stock("S", 10)
    shop.place(line("S"))
    with closing(sqlite3.connect(FILE)) as tables, tables:
        tables.execute("update orderflow_stock_movements set cause = 'shipmentz'")
        tables.execute("update orderflow_stock_levels set on_hand = 99")
    engine = Engine(SqlStore(URL), [InHouse()])
    got = [answer(lambda: [finding.what for finding in examine(engine)])]
    mended = orderflow("doctor", "--db", URL, "--mend").stderr
    got.append("a traceback" if "Traceback" in mended else "done")
    expect(["done", "done"], got)


@case("apply_rules goes on after an order it cannot decide", "low")
def rules_for_the_others() -> None:
    """One order has a workflow that this engine lacks; one waits for a person no longer needed.

    Right: the second is handed to software, the first is named. Kind: sweeps over all orders, of
    which one cannot be handled.
    """
    store = MemoryStore()

    class Odd(InHouse):
        code = "odd"
        workflow = IN_HOUSE.extend(name="odd")

    for number, strategy in (("A-1", Odd()), ("A-2", InHouse())):
        Engine(store, [strategy], steps=MANUAL).place(order(number, POSTER))
    engine = Engine(store, [InHouse()])
    told = answer(engine.apply_rules)
    left = [task.key for task in engine.tasks() if task.key.startswith("A-2")]
    require("no task for A-2", left == [], f"{told}, {left}")
