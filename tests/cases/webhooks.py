"""What carriers and other systems send."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from orderflow.carriers import check_signature, read_tracking, sign
from orderflow.errors import InvalidInput
from orderflow.model.observations import TrackingReported
from orderflow.model.parcel import ParcelStatus
from tests.cases.shop import POSTER, Shop, answer, case, done_or_told, expect, require


def shipped() -> Shop:
    shop = Shop()
    shop.place(POSTER)
    return shop


def payload(*events: dict[str, str]) -> bytes:
    """Deliveries, but for what is told of each."""
    whole = {"code": "delivered", "occurred_at": "2026-01-05T10:00:00Z"}
    return json.dumps({"events": [whole | event for event in events]}).encode()


@case("an event with a code that nobody knows, beside good ones", "medium")
def unknown_code() -> None:
    """A payload brings ``delivered`` for our parcel, and an event with a new code.

    Right: ours is delivered, and the other event is kept for a person, or known to mean nothing.
    Kind: one event that cannot be read does not lose the rest.
    """
    shop = shipped()
    stranger = {"tracking_number": "T2", "code": "customs"}
    sent = payload({"tracking_number": shop.number()}, stranger)

    def take() -> None:
        for observation in read_tracking(sent):
            shop.engine.observe(observation)

    told = answer(take)
    require("delivered", shop.status() == "delivered", f"{told}, {shop.status()}")


@case("one control character in a payload", "medium")
def control_character() -> None:
    """An event's place ends with a NUL.

    Right: an ``InvalidInput`` that names the field, or the good events. Kind: a reader whose fields
    are wider than those of the facts that it makes.
    """
    sent = payload({"tracking_number": "T1"}, {"tracking_number": "T2", "place": "Bristol\x00"})
    done_or_told(answer(lambda: read_tracking(sent), told=InvalidInput))


@case("a web-hook without a signature", "medium")
def no_signature() -> None:
    """The header is missing, so the signature is None, as ``headers.get`` gives it; or it is bytes.

    Right: ``InvalidInput``; bytes may be taken as text. Kind: what a stranger can send, or leave
    out.
    """
    sent, now = payload({"tracking_number": "T1"}), Shop().clock.now()

    def checked(signature: Any) -> str:
        return answer(lambda: check_signature(sent, signature, [b"key"], now), told=InvalidInput)

    got = [checked(None), checked(sign(b"key", sent, now).encode())]
    right = got in (["told", "told"], ["told", "done"])
    require("told, or taken as text", right, ", ".join(got))


@case("a missing zone is one problem", "low")
def one_problem() -> None:
    """The only event of a payload has a moment without a zone.

    Right: one problem, at that field. Kind: problems that only follow from another.
    """
    try:
        read_tracking(payload({"tracking_number": "T1", "occurred_at": "2026-01-05T10:00:00"}))
    except InvalidInput as error:
        expect(1, len(error.problems))


@case("the same event again, with the moment of its new delivery", "medium")
def same_event_again() -> None:
    """A carrier sends event e-1 again a second later, and dates it anew.

    Right: ``observe`` never raises: it is taken once, and what differs is kept. Kind: a fact whose
    id is known and whose content is another.
    """
    shop = shipped()
    delivered = ParcelStatus.DELIVERED
    fact = TrackingReported(tracking_number=shop.number(), status=delivered, event="e-1")
    now = shop.clock.now()
    shop.engine.observe(fact.at(now, id="e-1"))
    again = fact.at(now + timedelta(seconds=1), id="e-1")
    expect("done", answer(lambda: shop.engine.observe(again), told=()))
