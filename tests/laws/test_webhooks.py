"""Web-hooks: signed, replay-safe; repeated, late and reordered payloads end in one state."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderflow.carriers import STATUSES, check_signature, read_tracking, sign
from orderflow.errors import InvalidInput
from orderflow.model.observations import TrackingReported, UnreadableEvent
from orderflow.model.parcel import ParcelStatus
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, replace
from tests.shop import Shop

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
SECRETS = st.binary(min_size=16, max_size=32)
TABLE = {"ACC": ParcelStatus.IN_TRANSIT, "OUT": ParcelStatus.OUT_FOR_DELIVERY}
TABLE["DLV"] = ParcelStatus.DELIVERED


def payload(*events: dict[str, object]) -> bytes:
    return json.dumps({"version": 3, "events": events}).encode()


def event(code: str = "ACC", number: str = "N1", **more: object) -> dict[str, object]:
    moment = (NOW + timedelta(hours=list(TABLE).index(code) if code in TABLE else 0)).isoformat()
    return {
        "id": f"e-{code}",
        "tracking_number": number,
        "code": code,
        "occurred_at": moment,
    } | more


@given(st.binary(max_size=200), SECRETS, SECRETS, st.integers(-300, 300))
def test_what_one_of_our_secrets_signed_passes(
    body: bytes, secret: bytes, other: bytes, seconds: int
) -> None:
    signature = sign(secret, body, NOW)
    now = NOW + timedelta(seconds=seconds)
    check_signature(body, signature, [other, secret], now)
    if other != secret:
        with pytest.raises(InvalidInput, match="none of our secrets"):
            check_signature(body, signature, [other], now)


@given(st.binary(min_size=1, max_size=200), SECRETS, st.data())
def test_a_changed_payload_or_moment_is_noticed(
    body: bytes, secret: bytes, data: st.DataObject
) -> None:
    signature = sign(secret, body, NOW)
    place = data.draw(st.integers(0, len(body) - 1))
    changed = bytearray(body)
    changed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(InvalidInput, match="none of our secrets"):
        check_signature(bytes(changed), signature, [secret], NOW)
    later = signature.replace(f"t={int(NOW.timestamp())}", f"t={int(NOW.timestamp()) + 60}")
    with pytest.raises(InvalidInput, match="none of our secrets"):
        check_signature(body, later, [secret], NOW)


@given(st.integers(301, 10**7), st.sampled_from([-1, 1]))
def test_an_old_payload_is_no_longer_taken(seconds: int, sign_of: int) -> None:
    signature = sign(b"k" * 16, b"{}", NOW)
    with pytest.raises(InvalidInput, match=r"signature: .*older than 0:05:00"):
        check_signature(b"{}", signature, [b"k" * 16], NOW + timedelta(seconds=sign_of * seconds))


@given(st.text(max_size=60))
def test_a_signature_that_is_none_is_an_error_that_names_it(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_signature(b"{}", text, [b"k" * 16], NOW)
    assert [problem.field for problem in caught.value.problems] == ["signature"]


@given(st.binary(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["events", "id", "code", "tracking_number", "occurred_at"]), inner
    ),
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_whatever_comes_is_read_or_is_a_typed_error(body: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_tracking(body)
    assert caught.value.problems


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": "???"}, "events.1.code"),
        ({"code": None}, "events.1.code"),
        ({"tracking_number": " N1"}, "events.1.tracking_number"),
        ({"occurred_at": "2026-01-05T10:00:00"}, "events.1.occurred_at"),
        ({"occurred_at": "yesterday"}, "events.1.occurred_at"),
        ({"place": 7}, "events.1.place"),
        ({"place": "\ud800"}, "events.1.place"),
        ({"code": "\udfff"}, "events.1.code"),
    ],
)
def test_a_bad_event_names_its_field_and_costs_only_itself(
    change: dict[str, object], field: str
) -> None:
    good, bad = read_tracking(payload(event(), event() | change), TABLE)
    assert good == read_tracking(payload(event()), TABLE)[0]
    assert isinstance(bad.body, UnreadableEvent)
    assert bad.body.error.startswith(f"webhook: {field}: got ")
    assert json.loads(bad.body.payload) == event() | change
    with pytest.raises(InvalidInput) as caught:
        read_tracking(payload(event() | change), TABLE)
    assert [p.field for p in caught.value.problems] == [field.replace(".1.", ".0.")]


ODD = (
    st.none()
    | st.integers()
    | st.text(max_size=5)
    | st.just("x\x00")
    | st.sampled_from(["\x1b[2J", "\ud83d"])
)
BAD = st.dictionaries(
    st.sampled_from(["id", "code", "tracking_number", "occurred_at", "place", "to_recipient"]), ODD
)


@given(st.lists(BAD | ODD, min_size=1, max_size=4), st.integers(0, 4))
def test_whatever_stands_beside_it_a_good_event_is_taken_and_the_rest_is_kept(
    others: list[object], place: int
) -> None:
    shop = Shop()
    shop.place()
    good = event("DLV", shop.order.state.parcels["A-1-P1"].tracking_number)
    beside = [event() | other if isinstance(other, dict) else other for other in others]
    beside.insert(place, good)
    found = read_tracking(json.dumps({"events": beside}).encode(), TABLE)
    assert len(found) == len(beside)
    for observation in found:
        shop.engine.observe(observation)
    shop.work()
    assert shop.order.status == "delivered"
    unread = {each.body.payload for each in found if isinstance(each.body, UnreadableEvent)}
    assert {item.payload for item in shop.engine.unmatched() if item.payload} == unread
    asked = [task for task in shop.engine.tasks() if task.name == "exception.unreadable"]
    assert len(asked) == len(unread)


BROKEN = st.sampled_from(
    [
        b'"K\xf6ln"',  # in another encoding
        b'"\xed\xa0\xbd"',  # half of a character
        b'"a\x00b"',
        b"9" * 5000,
        b"-" + b"9" * 5000,
        b"9" * 5000 + b".5",
        b"1e999",
        b"NaN",
        b"[" * 60 + b"]" * 60,
        b"[" * 900 + b"]" * 900,
        b"[" * 9000 + b"]" * 9000,
        b'{"a":' * 9000 + b"1" + b"}" * 9000,
        b'"\\"}]["',
        b"nothing",
        b"",
    ]
)
"""Values that nobody can read, or that are no text."""


@settings(max_examples=60)
@given(
    broken=BROKEN,
    field=st.sampled_from(["place", "id", "code", "tracking_number", "weight", "version"]),
    place=st.integers(0, 2),
    bom=st.booleans(),
)
def test_whatever_is_wrong_in_an_event_it_costs_only_itself(
    broken: bytes, field: str, place: int, bom: bool
) -> None:
    """A good event is read as it is alone, and what cannot be read beside it is kept."""
    good = [json.dumps(event("DLV", "N1", id=f"e{n}")).encode() for n in range(2)]
    bad = json.dumps(event("ACC", "N2") | {field: "?"}).encode().replace(b'"?"', broken)
    events = [*good[:place], bad, *good[place:]]
    sent = b"\xef\xbb\xbf" * bom + b'{"n": 1, "events": [' + b", ".join(events) + b"]}"
    try:
        found = read_tracking(sent, TABLE)
    except InvalidInput as error:
        pytest.fail(f"one event sank all: {error}")
    alone = read_tracking(b'{"events": [' + b",".join(good) + b"]}", TABLE)
    assert len(found) == 3, "each is read, or kept"
    (other,) = (each for each in found if each not in alone)
    assert [each for each in found if each in alone] == list(alone)
    if isinstance(other.body, UnreadableEvent):
        assert '"N2"' in other.body.payload or field == "tracking_number"
        shop = Shop()
        shop.engine.observe(other)
        assert "exception.unreadable" in shop.tasks()
    else:
        assert field != "code"


@given(st.lists(st.sampled_from([b"", b"k" * 16]), max_size=3))
def test_an_empty_secret_is_nobodys(secrets: list[bytes]) -> None:
    signature = sign(b"", b"{}", NOW)
    with pytest.raises(InvalidInput) as caught:
        check_signature(b"{}", signature, secrets, NOW)
    field = "signature" if all(secrets) else "secrets"
    assert [problem.field for problem in caught.value.problems] == [field]


def test_a_code_may_say_nothing() -> None:
    """A code that is mapped to None is read, and nothing comes of it."""
    table = {**TABLE, "INFO": None}
    sent = payload(event(), event("INFO"))
    assert read_tracking(sent, table) == read_tracking(payload(event()), TABLE)
    assert read_tracking(payload(event("INFO")), table) == ()
    (unread,) = read_tracking(payload(event("INFO"), event("???")), table)
    assert isinstance(unread.body, UnreadableEvent)


@given(st.none() | st.binary(max_size=60) | st.integers())
def test_a_header_that_is_missing_or_no_text_is_no_signature(given_: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_signature(b"{}", given_, [b"k" * 16], NOW)  # type: ignore[arg-type]  # that is it
    assert [problem.field for problem in caught.value.problems] == ["signature"]
    check_signature(b"{}", sign(b"k" * 16, b"{}", NOW).encode(), [b"k" * 16], NOW)


@given(st.integers(1, 10**6))
def test_an_event_that_is_dated_anew_is_taken_once_and_what_differs_is_kept(seconds: int) -> None:
    shop = Shop()
    shop.place()
    number = shop.order.state.parcels["A-1-P1"].tracking_number
    fact = TrackingReported(tracking_number=number, status=ParcelStatus.DELIVERED, event="e-1")
    shop.clock.advance(timedelta(days=1))
    for moment in (NOW, NOW + timedelta(seconds=seconds), NOW):
        shop.engine.observe(fact.at(moment, id="e-1"))
        shop.work()
    parcel = shop.store.parcel("A-1-P1")
    assert parcel is not None
    assert [scan.occurred_at for scan in parcel.scans] == [NOW]
    (item,) = shop.engine.unmatched()
    assert "e-1 was used for another content" in item.error


def test_a_carrier_that_speaks_our_language_needs_no_table() -> None:
    found = read_tracking(payload(*(event(code) for code in STATUSES)))
    assert [observation.body.status for observation in found] == list(ParcelStatus)  # type: ignore[union-attr]  # each is TrackingReported


@given(st.permutations(["ACC", "OUT", "DLV"] * 2), st.booleans(), st.booleans())
def test_repeated_late_and_reordered_payloads_end_in_one_state(
    codes: list[str], early: bool, named: bool
) -> None:
    shop, probe = Shop(), Shop()
    for each in (probe,) if early else (probe, shop):
        each.place()
    number = probe.order.state.parcels["A-1-P1"].tracking_number
    more: dict[str, object] = {} if named else {"id": ""}
    shop.clock.advance(timedelta(days=1))
    for code in codes:
        for observation in read_tracking(payload(event(code, number, **more)), TABLE):
            shop.engine.observe(observation)
    if early:  # the scans came before the parcel was known
        shop.place()
    shop.work()
    parcel = shop.store.parcel("A-1-P1")
    assert parcel is not None
    assert [scan.status for scan in sorted(parcel.scans, key=lambda s: s.occurred_at)] == list(
        TABLE.values()
    )
    assert shop.order.status == "delivered"


# --- the mutants ---------------------------------------------------------------------------------


def one_event_sinks_all(patch: Patch) -> None:
    """What is wrong in one event is wrong in its payload."""

    def whole(payload: bytes) -> object:
        raise ValueError(payload)

    replace(patch, "the events of a payload", whole)


LAWS: dict[Mutate, Law] = {
    one_event_sinks_all: law(test_whatever_is_wrong_in_an_event_it_costs_only_itself),
}
MUTANTS = Mutants("webhooks", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
