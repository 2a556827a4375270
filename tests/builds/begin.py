"""Begins orders of every kind, and leaves them in every stage; the earlier build runs it.

    python -m tests.builds.begin URL few|all LIVES SEED   dies with a row that it had claimed
    python -m tests.builds.begin URL last                 what is not worked on any more

It is written for the build that ``base.txt`` names, and uses what is public there.
"""

from __future__ import annotations

import json
import os
import random
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import orderflow
from orderflow import Line, NewOrder, Order, Refused
from orderflow.errors import InvalidInput, NotFound
from orderflow.model.commands import (
    ApproveReturn,
    Cancel,
    CloseReturn,
    Collect,
    CommandBody,
    Confirm,
    ConfirmDelivery,
    Count,
    DeclineReturn,
    Deliver,
    Edit,
    ExpectInbound,
    Intercept,
    Pack,
    Pick,
    PlaceHold,
    PlaceOrder,
    ProposeSubstitute,
    ReceiveStock,
    RequestReturn,
    Resend,
    SaveDraft,
    Seal,
    SetStockPolicy,
    Ship,
)
from orderflow.model.document import Ask, Customer, Delivery, Terms
from orderflow.model.ledger import Bucket
from orderflow.model.observations import (
    CancellationAnswered,
    Feedback,
    FeedbackGiven,
    GoodsReturned,
    GoodsShipped,
    InvoiceLine,
    InvoiceReceived,
    LineAnswer,
    ObservationBody,
    PaymentReported,
    RequestAnswered,
    RequestReceived,
    ReturnAnswered,
    ReturnInspected,
    StockReported,
    TrackingReported,
    TrackingRetracted,
    Verdict,
)
from orderflow.model.parcel import ParcelStatus
from orderflow.model.returns import Disposition, InspectionLine
from orderflow.model.state import PaymentOutcome
from orderflow.stores import SqlStore
from tests.builds.shop import FOLDER, engine_on, picture

DELIVERED = ParcelStatus.DELIVERED


class Beginner:
    """A process of the earlier build, and what it does to orders."""

    def __init__(self, url: str, lives: int = 0, seed: int = 0) -> None:
        self.lives_wanted, self.chance = lives, random.Random(seed)
        self.folder = Path(os.environ[FOLDER])
        self.store = SqlStore(url)
        self.engine, self.world, self.clock = engine_on(self.store, self.folder)
        self.count = 0

    def work(self) -> None:
        self.engine.worker.run_until_idle()

    def passes(self, **time: float) -> None:
        self.clock.advance(timedelta(**time))
        self.work()

    def receives(self, sku: str, units: int, **more: Any) -> None:
        self.count += 1
        command = ReceiveStock(sku=sku, quantity=units, **more).to(id=f"{os.getpid()}-{self.count}")
        self.engine.change_stock(command)

    def new(self, number: str, sku: str = "MUG", units: int = 2, **more: Any) -> NewOrder:
        """An order; lines' fields are told from the order's, and all others are attributes."""
        lines = {name: more.pop(name) for name in [*more] if name in Line.model_fields}
        order = {name: more.pop(name) for name in [*more] if name in NewOrder.model_fields}
        goods = sku != "LICENCE"
        line = Line(sku=sku, quantity=units, **({"stocked": goods, "ships": goods} | lines))
        return NewOrder(number=number, currency="EUR", lines=(line,), attributes=more, **order)

    def places(self, number: str, sku: str = "MUG", units: int = 2, **more: Any) -> str:
        command = PlaceOrder(order=self.new(number, sku, units, **more)).to(id=f"id-{number}")
        self.note("commands", command.model_dump_json())
        self.engine.submit(command)
        return number

    def note(self, file: str, line: str) -> None:
        """Write down what was sent, so that it can be sent again."""
        with (self.folder / file).open("a") as notes:
            notes.write(line + "\n")

    def begins(self, number: str, sku: str = "MUG", units: int = 2, **more: Any) -> str:
        """Place it, and work until it waits."""
        self.places(number, sku, units, **more)
        self.work()
        return number

    def asks(self, order: str, *bodies: CommandBody) -> None:
        for body in bodies:
            self.count += 1
            command = body.to(order, by="ana", id=f"{os.getpid()}-{self.count}")
            self.note("commands", command.model_dump_json())
            self.engine.submit(command)
            self.work()

    def hears(self, order: str, *facts: ObservationBody) -> None:
        for fact in facts:
            observation = fact.at(self.clock.now(), subject=order)
            self.note("observations", observation.model_dump_json())
            self.engine.observe(observation)
            self.work()

    def completes(self, order: str, task: str, **data: str) -> None:
        (found,) = (t for t in self.engine.tasks() if t.name == task and order in t.key)
        self.engine.complete(found, by="ana", data=data)
        self.work()

    def order(self, number: str) -> Order:
        return self.engine.order(number)

    def scan(self, order: str, status: ParcelStatus, **more: Any) -> TrackingReported:
        """A scan of the only parcel of an order."""
        (view,) = self.order(order).state.parcels.values()
        return TrackingReported(tracking_number=view.tracking_number, status=status, **more)

    def travels(self, order: str, *statuses: ParcelStatus) -> str:
        for status in statuses:
            self.clock.advance(timedelta(minutes=1))
            self.hears(order, self.scan(order, status))
        return order

    def delivered(self, number: str, **more: Any) -> str:
        return self.travels(self.begins(number, **more), DELIVERED)

    # --- what happens ------------------------------------------------------------------------

    def goods(self) -> None:
        for sku, units in {"MUG": 900, "CUP": 3, "RING": 400, "PAN": 9}.items():
            self.receives(sku, units)
        self.engine.observe(
            StockReported(sku="LAMP", location="3pl", on_hand=400).at(self.clock.now())
        )
        due = self.clock.now() + timedelta(days=90)
        self.engine.change_stock(ExpectInbound(sku="POT", expected="E-1", quantity=1, at=due).to())
        self.engine.change_stock(SetStockPolicy(sku="PAN", safety=2, backorder_limit=50).to())

    def long_ago(self) -> None:
        """Orders whose windows close while time passes."""
        self.delivered("COMPLETED")
        self.asks(self.delivered("RECEIVED"), ConfirmDelivery())
        self.asks(self.delivered("R-EXPIRED"), RequestReturn(lines={"1": 1}))
        self.hears(self.delivered("SAID"), FeedbackGiven(feedback=Feedback.COMPLAINT))
        self.begins("P-EXPIRED", delivery=Delivery.PICKUP)
        self.passes(days=32)
        self.delivered("ASKED")
        self.delivered("REMINDED", unit_price=Decimal(5))
        self.begins("D-SILENT", "VASE")
        self.begins("OVERDUE")
        self.passes(days=9, hours=1)

    def early_stages(self) -> None:
        self.engine.submit(SaveDraft(order=self.new("DRAFT")).to(id="draft"))
        self.begins("PLACED", hand="confirm")
        self.begins("PREORDER", not_before=self.clock.now() + timedelta(days=20))
        self.begins("BACKORDER", "POT")
        self.begins("UNPAID", terms=Terms.PREPAID, unit_price=Decimal(5))
        hold = PlaceHold(hold="look", reason="odd address")
        self.asks(self.begins("HELD", hand="confirm"), hold)
        until = self.clock.now() + timedelta(days=3)
        self.asks(self.begins("HELD-UNTIL"), hold.model_copy(update={"until": until}))
        one = hold.model_copy(update={"on": "HELD-FO-F1"})
        self.asks(self.begins("HELD-FO", hand="pick"), one)
        self.begins("PROMISED", hand="pick", promised=self.clock.now() + timedelta(days=6))
        self.begins("WRAPPED", hand="pick", wrap="paper")
        self.asks(self.begins("EDITED", hand="pick"), Edit(quantities={"1": 3}, reason="more"))
        self.asks(self.begins("PROPOSED", "POT"), ProposeSubstitute(line="1", sku="PAN"))
        self.asks(self.begins("FORGOTTEN", hand="pick", customer=Customer(id="C-1")), Cancel())
        self.engine.erase("C-1")
        self.begins("TO-FORGET", hand="pick", customer=Customer(id="C-9", name="Ada"))
        self.engine.erase("C-9")

    def working_stages(self) -> None:
        self.begins("PICK", hand="pick", asks=(Ask.LOT, Ask.SERIAL, Ask.EXPIRY))
        self.engine.claim(f"{self.begins('CLAIMED', hand='pick')}-F1:pick:0:task", by="ana")
        picked = Pick(fo="PICKING-F1", units={"1": 1})
        self.asks(self.begins("PICKING", hand="pick pack"), picked)
        short = Pick(fo="SHORT-F1", units={"1": 1}, short={"1": 1})
        self.asks(self.begins("SHORT", hand="pick pack"), short)
        self.begins("PACK", hand="pack")
        self.asks(self.begins("PACKED", hand="pack ship"), Pack(fo="PACKED-F1", units={"1": 1}))
        self.begins("LABELLED", hand="ship")
        for pair, until in (("A", "sealed"), ("B", "left"), ("C", "open")):
            for order in (f"S-{pair}1", f"S-{pair}2"):
                packed = Pack(fo=f"{order}-F1", units={"1": 2}, into=f"BOX-{pair}")
                self.asks(self.begins(order, hand="pack ship"), packed)
            if until != "open":
                self.asks(f"S-{pair}1", Seal(parcel=f"BOX-{pair}"))
            if until == "left":
                self.asks(f"S-{pair}1", Ship(parcel=f"BOX-{pair}"))
        self.asks(self.begins("PUT-AWAY", hand="pack put_away"), Cancel(lines={"1": 1}))
        self.begins("ENGRAVING", "RING")
        self.completes(self.begins("ENGRAVED", "RING", hand="ship"), "engraving")
        self.world.out_of_order = {"GAVE-UP": lambda: None}
        self.engine.worker.attempts = 1
        self.begins("GAVE-UP")
        self.engine.worker.attempts = 8

    def ways(self) -> None:
        for status in (
            *(ParcelStatus.IN_TRANSIT, ParcelStatus.OUT_FOR_DELIVERY, ParcelStatus.ATTEMPTED),
            *(ParcelStatus.READY_FOR_PICKUP, ParcelStatus.DAMAGED, ParcelStatus.LOST),
            *(ParcelStatus.RETURNING_TO_SENDER, ParcelStatus.RETURNED_TO_SENDER, DELIVERED),
        ):
            self.travels(self.begins(f"W-{status.upper()}".replace("_", "-")), status)
        self.begins("SHIPPED")
        self.asks(self.begins("RECALLED"), Intercept(parcel="RECALLED-P1"))
        scanned = self.scan(self.begins("RETRACTED"), DELIVERED, event="E9")
        again = TrackingRetracted(tracking_number=scanned.tracking_number, event="E9")
        self.hears("RETRACTED", scanned, again)
        self.asks(self.travels(self.begins("RESENT"), ParcelStatus.LOST), Resend())
        self.travels(self.begins("LOST-AGAIN"), ParcelStatus.LOST)
        self.begins("ARRIVES")

    def other_methods(self) -> None:
        self.begins("P-READY", delivery=Delivery.PICKUP)
        some = Collect(fo="P-SOME-F1", units={"1": 1})
        self.asks(self.begins("P-SOME", delivery=Delivery.PICKUP), some)
        self.begins("P-PICK", delivery=Delivery.PICKUP, hand="pick")
        self.begins("H-DONE", delivery=Delivery.HANDOVER)
        self.begins("H-OPEN", delivery=Delivery.HANDOVER, hand="hand_over")
        self.begins("V-DONE", "LICENCE")
        self.begins("V-OPEN", "LICENCE", hand="provide")

    def supplier(self) -> None:
        self.party("D", "VASE")
        self.completes("D-OTHER", "substitute")

    def provider(self) -> None:
        self.party("L", "LAMP")
        self.hears("L-BACK", ReturnAnswered(rma="L-BACK-R1", refused="not ours"))

    def party(self, party: str, sku: str) -> None:
        """Orders at a party that heard nothing yet of it, this or that, or all."""
        one, two, later = {"1": 1}, {"1": 2}, self.clock.now() + timedelta(days=12)
        late = LineAnswer(line="1", verdict=Verdict.BACKORDERED, at=later)
        other = LineAnswer(line="1", verdict=Verdict.SUBSTITUTED, substitute="PAN")
        bill = (InvoiceLine(line="1", quantity=2, unit_cost=Decimal(3)),)
        told: dict[str, Callable[[str], ObservationBody]] = {
            "GOT": lambda fo: RequestReceived(fo=fo),
            "YES": lambda fo: RequestAnswered(fo=fo),
            "NO": lambda fo: RequestAnswered(fo=fo, rejected="closed"),
            "LATER": lambda fo: RequestAnswered(fo=fo, lines=(late,)),
            "OTHER": lambda fo: RequestAnswered(fo=fo, lines=(other,)),
            "SOME": lambda fo: self.notice(fo, one),
            "ALL": lambda fo: self.notice(fo, two),
            "OVER": lambda fo: self.notice(fo, {"1": 3}),
            "BILL": lambda fo: InvoiceReceived(fo=fo, number=f"I-{fo}", lines=bill),
            "BACK": lambda fo: self.notice(fo, two),
        }
        for name, fact in told.items():
            order = self.begins(f"{party}-{name}", sku)
            self.hears(order, fact(f"{order}-F1"))
        back = f"{party}-BACK"
        self.hears(back, TrackingReported(tracking_number=f"{back}-F1", status=DELIVERED))
        self.asks(back, RequestReturn(lines=one))
        self.begins(f"{party}-SENT", sku)
        self.begins(f"{party}-HAND", sku, hand="submit")
        self.asks(self.begins(f"{party}-CANCEL", sku), Cancel(lines=one))
        given = self.begins(f"{party}-GIVEN", sku)
        self.asks(given, Cancel())
        self.hears(given, CancellationAnswered(fo=f"{given}-F1", lines=two))

    @staticmethod
    def notice(fo: str, lines: dict[str, int]) -> GoodsShipped:
        return GoodsShipped(fo=fo, notice=fo, lines=lines, carrier="world", tracking_number=fo)

    def returns(self) -> None:
        """One in each state."""
        asked = RequestReturn(lines={"1": 2})
        for name, hand in (("ASKED", "approve_return"), ("APPROVED", ""), ("COMING", "")):
            self.asks(self.delivered(f"R-{name}", hand=hand), asked)
        self.engine.fire("R-COMING", "dispatch", on="R-COMING-R1")
        self.asks(self.delivered("R-DECLINED", hand="approve_return"), asked)
        self.asks("R-DECLINED", DeclineReturn(rma="R-DECLINED-R1", reason="worn"))
        self.asks(self.delivered("R-CANCELLED"), asked)
        self.engine.fire("R-CANCELLED", "cancel", on="R-CANCELLED-R1")
        self.hears(self.delivered("R-HERE", hand="close_return"), GoodsReturned(lines={"1": 1}))
        others = GoodsReturned(lines={"1": 1}, others={"HAT": 1})
        self.hears(self.delivered("R-LOOKED", hand="close_return"), others)
        self.hears("R-LOOKED", ReturnInspected(rma="R-LOOKED-R1", restock={"1": 1}))
        self.hears(self.delivered("R-TAKEN", hand="close_return"), GoodsReturned(lines={"1": 1}))
        self.engine.fire("R-TAKEN", "inspect", on="R-TAKEN-R1")
        self.hears(self.delivered("R-AHEAD", hand="close_return"), GoodsReturned(lines={"1": 1}))
        self.hears("R-AHEAD", ReturnInspected(rma="R-AHEAD-R1", restock={"1": 2}))
        self.hears(self.delivered("R-CLOSED"), GoodsReturned(lines={"1": 1}))
        self.hears(self.delivered("R-REJECTED", hand="close_return"), GoodsReturned(lines={"1": 1}))
        worn = InspectionLine(line="1", quantity=1, disposition=Disposition.SEND_BACK)
        self.asks("R-REJECTED", CloseReturn(rma="R-REJECTED-R1", findings=(worn,)))
        exchange = RequestReturn(lines={"1": 1}, exchange=(Line(id="E", sku="MUG", quantity=1),))
        self.asks(self.delivered("R-EXCHANGE", hand="approve_return"), exchange)
        self.asks(self.delivered("R-ANEW", hand="approve_return"), exchange)
        self.asks("R-ANEW", ApproveReturn(rma="R-ANEW-R1"))

    def money(self) -> None:
        """Refunds to be paid, paid by hand, in flight and failed; money charged back."""
        terms: dict[str, Any] = {"terms": Terms.PREPAID, "unit_price": Decimal(5)}
        for name, hand in (("FLIES", ""), ("FAILED", ""), ("HAND", "refund"), ("BACK", "ship")):
            order = self.begins(f"M-{name}", hand=f"{hand} pick", **terms)
            self.hears(order, self.pays(1000, order))
            if name != "BACK":
                self.asks(order, Cancel(lines={"1": 1}))
        failed = PaymentReported(fact=PaymentOutcome.FAILED, amount=500, reference="M-FAILED-M1")
        self.hears("M-FAILED", failed)
        self.hears(
            "M-BACK",
            PaymentReported(fact=PaymentOutcome.CHARGED_BACK, amount=1000, reference="back"),
        )
        self.hears(self.begins("M-PART", **terms), self.pays(400, "part"))

    @staticmethod
    def pays(amount: int, reference: str) -> PaymentReported:
        return PaymentReported(fact=PaymentOutcome.CAPTURED, amount=amount, reference=reference)

    def short_of_stock(self) -> None:
        self.begins("SHORTFALL", "CUP", 3, hand="pick")
        self.engine.change_stock(Count(sku="CUP", counted=1).to())
        self.work()

    def kept(self) -> None:
        """Facts that nothing is known by yet, and what nobody can read."""
        for number in ("T-NEXT", "T-NEVER"):
            early = TrackingReported(tracking_number=number, status=DELIVERED)
            self.engine.observe(early.at(self.clock.now()))
        self.engine.observe(RequestReceived(fo="NEXT-F1").at(self.clock.now()))
        with suppress(InvalidInput):
            self.engine.intake('{"subject": "DRAFT", "body": {"kind": "unheard_of"}}')
        self.work()

    # --- random lives ------------------------------------------------------------------------

    def lives(self) -> None:
        """Orders that random commands, facts and hours have happened to."""
        chance = self.chance
        skus = ("MUG", "MUG", "VASE", "LAMP", "RING", "POT", "LICENCE")
        steps = ["confirm", "pick", "pack", "ship", "submit", "put_away"]
        steps += ["approve_return", "close_return", "refund"]
        for number in range(self.lives_wanted):
            order = self.begins(
                f"X-{number}",
                chance.choice(skus),
                chance.randint(1, 4),
                hand=" ".join(chance.sample(steps, chance.randint(0, 4))),
                terms=chance.choice([Terms.INVOICE, Terms.INVOICE, Terms.PREPAID]),
                delivery=chance.choice([Delivery.CARRIER] * 3 + [Delivery.PICKUP]),
                unit_price=Decimal(chance.randint(0, 5)),
            )
            for _ in range(chance.randint(0, 12)):
                self.one_thing(order, chance)

    def one_thing(self, order: str, chance: random.Random) -> None:
        """Somebody asks for what may be asked for, or something is heard, or time passes."""
        match chance.choice(["ask", "ask", "ask", "hear", "hear", "task", "hours"]):
            case "ask":
                told = self.engine.explain(order, by="ana")
                bodies = [offer.command.body for offer in told.allowed]
                bodies = [body for body in bodies if chance.random() < 0.3 or not _ends(body)]
                if bodies:
                    self.engine.submit(chance.choice(bodies).to(order, by="ana"))
            case "hear":
                facts = list(self.thinkable(self.order(order), chance))
                self.engine.observe(chance.choice(facts).at(self.clock.now(), subject=order))
            case "task":
                tasks = [wait for wait in self.engine.explain(order).pending if wait.kind == "task"]
                if tasks:
                    with suppress(Refused, InvalidInput, NotFound):
                        self.engine.complete(chance.choice(tasks).key, by="ana")
            case "hours":
                self.clock.advance(timedelta(hours=chance.randint(1, 9)))
        if chance.random() < 0.9:
            self.work()

    def thinkable(self, order: Order, chance: random.Random) -> Iterator[ObservationBody]:
        line, units = "1", chance.randint(1, 3)
        for view in order.state.parcels.values():
            if view.tracking_number:
                status = chance.choice(list(ParcelStatus)[3:12])
                yield TrackingReported(tracking_number=view.tracking_number, status=status)
        for fo in order.fulfillment_orders.values():
            if fo.strategy in ("dropship", "third_party"):
                yield RequestAnswered(fo=fo.id, rejected=chance.choice(["", "", "no"]))
                yield self.notice(f"{fo.id}", {line: units})
                yield CancellationAnswered(fo=fo.id, lines={line: units})
        yield PaymentReported(
            fact=chance.choice([PaymentOutcome.CAPTURED, PaymentOutcome.AUTHORISED]),
            amount=order.state.payments.total,
            reference=f"{order.id}-{units}",
        )
        if order.units(Bucket.SHIPPED, Bucket.DELIVERED):
            yield GoodsReturned(lines={line: units})

    # --- the end of this build ----------------------------------------------------------------

    def dies(self) -> None:
        """Fail once, then be killed when a picking is done whose row is claimed."""
        self.world.out_of_order = {"NO-LABEL": lambda: None}
        self.begins("NO-LABEL")
        self.engine.worker.batch = 1
        self.world.deadly = self.places("LEASED")
        self.work()

    def last(self) -> None:
        """What is committed, and not worked on: rows of every kind are due."""
        self.gives_up()
        for number, sku in (("DUE", "MUG"), ("DUE-D", "VASE"), ("DUE-L", "LAMP")):
            self.places(number, sku, wrap="paper")
        self.places("DUE-V", "LICENCE")
        self.places("DUE-H", delivery=Delivery.HANDOVER)
        self.places("DUE-P", delivery=Delivery.PICKUP)
        due: dict[str, CommandBody] = {
            "PACK": Pack(fo="PACK-F1", units={"1": 2}),
            "LABELLED": Ship(parcel="LABELLED-P1"),
            "SHIPPED": Deliver(parcel="SHIPPED-P1"),
            "S-C1": Seal(parcel="BOX-C"),
            "S-A1": PlaceHold(hold="late", reason="look again"),
            "PLACED": Confirm(),
            "ENGRAVED": Cancel(),
            "EDITED": Cancel(),
            "D-YES": Cancel(),
            "LOST-AGAIN": Resend(),
        }
        for order, body in due.items():
            if self.store.order(order):
                self.engine.submit(body.to(order, by="ana"))
        facts: dict[str, Callable[[], ObservationBody]] = {
            "L-YES": lambda: self.notice("L-YES-F1", {"1": 2}),
            "S-B1": lambda: self.scan("S-B1", DELIVERED),
            "ARRIVES": lambda: self.scan("ARRIVES", DELIVERED),
            "UNPAID": lambda: self.pays(1000, "paid at last"),
        }
        for order, fact in facts.items():
            if self.store.order(order):
                self.engine.observe(fact().at(self.clock.now(), subject=order))
        self.receives("POT", 1)
        self.places("GIVES", "PAN", 7, hand="pick", gives="yes")
        self.places("WAITS", "PAN", 2)
        self.engine.change_stock(Count(sku="PAN", counted=6).to())
        self.places("FREES", "CAN", 1, hand="pick")

    def gives_up(self) -> None:
        """The last try of an effect fails, and nobody is told yet."""
        stop = threading.Event()
        self.world.out_of_order = {"UNTOLD": stop.set}
        self.engine.worker.attempts, self.engine.worker.batch = 1, 1
        self.places("UNTOLD")
        self.engine.worker.run_forever(stop)

    def tells(self) -> None:
        """Which build this was, and where it leaves the orders."""
        (self.folder / "build").write_text(orderflow.__file__)
        (self.folder / "picture").write_text(json.dumps(picture(self.engine)))


def _ends(body: object) -> bool:
    return isinstance(body, Cancel | PlaceHold)


Stage = Callable[[Beginner], None]
FEW: tuple[Stage, ...] = (
    Beginner.goods,
    Beginner.lives,
    Beginner.working_stages,
    Beginner.supplier,
    Beginner.money,
    Beginner.kept,
)
ALL: tuple[Stage, ...] = (
    Beginner.goods,
    Beginner.long_ago,
    Beginner.lives,
    Beginner.early_stages,
    Beginner.working_stages,
    Beginner.ways,
    Beginner.other_methods,
    Beginner.supplier,
    Beginner.provider,
    Beginner.returns,
    Beginner.money,
    Beginner.short_of_stock,
    Beginner.kept,
)
STAGES = {"few": FEW, "all": ALL}


def main(url: str, act: str, lives: str = "0", seed: str = "0") -> None:
    beginner = Beginner(url, int(lives), int(seed))
    if act in STAGES:
        for stage in STAGES[act]:
            stage(beginner)
        beginner.dies()
    beginner.last()
    beginner.tells()
    beginner.store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
