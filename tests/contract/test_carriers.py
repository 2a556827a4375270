"""Carriers keep the contract; a small HTTP carrier, served here, misbehaves in every way."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import pytest

from orderflow import InHouse
from orderflow.carriers import HttpCarrier, ManualCarrier
from orderflow.errors import InvalidInput, NeedsPerson, PortFailed
from orderflow.ports import Carrier, Label, LabelRequest
from orderflow.testing import CarrierContract
from tests.scanning import BERLIN
from tests.shop import Shop

REQUEST = LabelRequest("A-1-P1:label:0", "A-1-P1", ("A-1",), BERLIN, 450)
Mood = Callable[["_Handler", str], bool]
"""Misbehaves, and says whether the request is done with."""


class Office:
    """The carrier's own books, and its next moods: each is for one request."""

    def __init__(self) -> None:
        self.sold: dict[str, str] = {}
        self.void: set[str] = set()
        self.announced: list[str] = []
        self.seen: list[tuple[str, dict[str, Any]]] = []
        self.moods: list[Mood] = []
        self.release = threading.Event()
        self.url = ""

    def sell(self, key: str) -> str:
        return self.sold.setdefault(key, f"PO{len(self.sold) + 1:09d}")


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def log_message(self, *_: object) -> None:
        """Silence."""

    def do_POST(self) -> None:
        office, key = self.server.office, self.headers["Idempotency-Key"]
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        office.seen.append((self.path, body | {"token": self.headers["Authorization"]}))
        if office.moods and office.moods.pop(0)(self, key):
            return
        if self.path == "/labels":
            self.answer(201, {"tracking_number": office.sell(key), "price": "4.20"})
        else:
            office.announced += body["tracking_numbers"]
            self.answer(200, {})

    def do_GET(self) -> None:
        key = unquote(self.path.removeprefix("/labels/"))
        if self.server.office.moods and self.server.office.moods.pop(0)(self, key):
            return
        number = self.server.office.sold.get(key)
        self.answer(200 if number else 404, {"tracking_number": number})

    def do_DELETE(self) -> None:
        number = unquote(self.path.removeprefix("/labels/"))
        gone = number in self.server.office.void
        self.server.office.void.add(number)
        self.answer(410 if gone else 200, {})

    def answer(self, code: int, body: object) -> None:
        self.raw(code, json.dumps(body).encode())

    def raw(self, code: int, body: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, office: Office) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.office = office


@pytest.fixture
def office() -> Iterator[Office]:
    yield from serve()


def serve() -> Iterator[Office]:
    books = Office()
    with _Server(books) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        books.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield books
        books.release.set()
        server.shutdown()
        thread.join()


def carrier_of(office: Office, timeout: float = 10) -> HttpCarrier:
    url = office.url
    return HttpCarrier(url + "/", code="post", token="T0", timeout=timeout)


def fails(code: int, text: str = "") -> Mood:
    def mood(handler: _Handler, _key: str) -> bool:
        handler.raw(code, text.encode())
        return True

    return mood


def loses_the_answer(handler: _Handler, key: str) -> bool:
    handler.server.office.sell(key)
    handler.close_connection = True
    return True


def never_answers(handler: _Handler, key: str) -> bool:
    handler.server.office.sell(key)
    handler.server.office.release.wait(30)
    handler.close_connection = True
    return True


# --- the contract --------------------------------------------------------------------------------


class TestHttpCarrier(CarrierContract):
    capabilities = frozenset({"finds_keys"})

    @pytest.fixture(autouse=True)
    def _office(self, office: Office) -> None:
        self.office = office

    def make_carrier(self) -> Carrier:
        self.office.sold.clear()
        self.office.void.clear()
        return carrier_of(self.office)


# --- errors --------------------------------------------------------------------------------------


def test_what_is_asked_for_a_label(office: Office) -> None:
    label = carrier_of(office).buy_label(REQUEST)
    assert label == Label("post", "PO000000001")
    (path, body), *_ = office.seen
    assert (path, body["token"], body["reference"]) == ("/labels", "Bearer T0", "A-1-P1")
    assert (body["to"]["city"], body["weight_g"], body["orders"]) == ("Berlin", 450, ["A-1"])


@pytest.mark.parametrize("code", [408, 409, 425, 429, 500, 502, 503])
def test_what_may_pass_is_to_be_tried_again(office: Office, code: int) -> None:
    office.moods = [fails(code, "busy")]
    with pytest.raises(PortFailed, match=rf"post: POST /labels answers {code} busy") as caught:
        carrier_of(office).buy_label(REQUEST)
    assert not isinstance(caught.value, NeedsPerson)


@pytest.mark.parametrize("code", [400, 401, 403, 422])
def test_what_the_carrier_refuses_is_for_a_person(office: Office, code: int) -> None:
    office.moods = [fails(code, "no such street")]
    with pytest.raises(NeedsPerson, match=rf"answers {code} no such street"):
        carrier_of(office).buy_label(REQUEST)


@pytest.mark.parametrize("answer", ["", "<html>", "{}", '{"tracking_number": ""}', "[1]"])
def test_an_answer_that_cannot_be_read_is_no_label(office: Office, answer: str) -> None:
    office.moods = [fails(200, answer)]
    with pytest.raises(PortFailed, match="post: label: "):
        carrier_of(office).buy_label(REQUEST)


def test_an_answer_without_an_end_is_no_label(office: Office) -> None:
    office.moods = [fails(200, json.dumps({"tracking_number": "X1", "more": "x" * 2_000_000}))]
    with pytest.raises(PortFailed, match="post: label: "):
        carrier_of(office).buy_label(REQUEST)


@pytest.mark.parametrize("mood", [loses_the_answer, never_answers])
def test_a_lost_answer_is_found(office: Office, mood: Mood) -> None:
    office.moods = [mood]
    with pytest.raises(PortFailed, match="outcome is unknown"):
        carrier_of(office, timeout=0.3).buy_label(REQUEST)
    assert carrier_of(office).find(REQUEST.key) == Label("post", "PO000000001")


def test_a_carrier_that_is_not_there_is_tried_again() -> None:
    with pytest.raises(PortFailed, match="outcome is unknown"):
        HttpCarrier("http://127.0.0.1:9", code="post", timeout=1).find("k")


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"url: got 'file:///etc/passwd'"):
        HttpCarrier("file:///etc/passwd", code="post")


# --- with an engine ------------------------------------------------------------------------------


def ordered(carrier: Carrier) -> Shop:
    """Mugs are ordered, that go out with this carrier."""
    return Shop(InHouse(carrier=carrier)).place(ship_to=BERLIN)


@pytest.mark.parametrize("mood", [loses_the_answer, fails(503), fails(200, "{}"), never_answers])
def test_one_label_is_bought_whatever_happens_to_the_first_answer(
    office: Office, mood: Mood
) -> None:
    office.moods = [mood]
    shop = ordered(carrier_of(office, timeout=0.3))
    assert shop.order.status == "in_progress"
    shop.passes(minutes=2)
    order = shop.order
    assert order.status == "shipped"
    assert list(office.sold) == ["A-1-P1:label:0"]
    assert office.announced == ["PO000000001"] == [order.state.parcels["A-1-P1"].tracking_number]


def test_a_refused_label_is_a_task_at_once(office: Office) -> None:
    office.moods = [fails(422, "no such street")]
    shop = ordered(carrier_of(office))
    assert [task.name for task in shop.engine.tasks()] == ["label"]
    shop.completes("label", carrier="post", tracking_number="PO77")
    assert shop.order.status == "shipped"


def test_a_manual_carrier_asks_a_person_for_the_number() -> None:
    shop = ordered(ManualCarrier("Parcel Post"))
    (task,) = shop.engine.tasks(role="warehouse")
    assert [field.name for field in task.fields] == ["carrier", "tracking_number"]
    data = {"carrier": "parcel-post", "tracking_number": "PP000000001"}
    shop.engine.complete(task, by="ana", data=data)
    shop.work()
    view = shop.order.state.parcels["A-1-P1"]
    assert (view.carrier, view.tracking_number) == ("parcel-post", "PP000000001")
    assert shop.order.status == "shipped"


def test_a_manual_carrier_has_a_person_void_the_label() -> None:
    carrier = ManualCarrier()
    with pytest.raises(NeedsPerson, match="void the label PP1"):
        carrier.void_label("k", Label("post", "PP1"))
    assert carrier.find("k") is None
