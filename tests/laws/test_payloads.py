"""What carriers send is read whole, in time that grows as it is long, whatever is wrong in it."""

from __future__ import annotations

import json
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow.carriers import read_tracking
from orderflow.errors import InvalidInput
from orderflow.model.observations import Observation, TrackingReported, UnreadableEvent
from tests.mutants import Law, Mutant, Mutants, Mutate, Patch, law, replace

LONG, SECONDS = 40_000, 2.0


def event(number: str) -> str:
    """An event about a parcel, as JSON."""
    told = {"id": f"e{number}", "tracking_number": number, "code": "delivered"}
    return json.dumps({**told, "occurred_at": "2026-01-05T10:00:00Z"})


def numbers(found: tuple[Observation, ...]) -> list[str]:
    """The parcels that were read of."""
    return [o.body.tracking_number for o in found if isinstance(o.body, TrackingReported)]


PIECES = ['\\"', '"', "\\", "\\\\", "{", "[", "]", '{"a":', '\\"{', '"\\"', '{\\"a\\":1,', "0", " "]
STARTS = ['{"id":"', "{", "[", '{"id":']
ENDS = ["}]}", '"}]}', ""]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("piece", PIECES)
def test_reading_takes_time_as_the_payload_is_long(piece: str, start: str, end: str) -> None:
    sent = f'{{"events":[{event("T1")},{start}{piece * (LONG // len(piece))}{end}'.encode()
    began = time.process_time()
    try:
        found = numbers(read_tracking(sent))
    except InvalidInput:
        found = ["T1"]  # nothing is overlooked in silence
    taken = time.process_time() - began
    assert taken < SECONDS, f"{taken:.1f} seconds were taken for {len(sent)} bytes"
    assert found == ["T1"]


NUMBERS = st.lists(st.sampled_from(["T1", "T2", "T3"]), max_size=3)


@given(st.lists(NUMBERS, min_size=1, max_size=4).filter(any))
def test_each_list_of_events_is_read(lists: list[list[str]]) -> None:
    """A name that comes twice, which JSON allows, hides nothing."""
    told = [number for each in lists for number in each]
    written = [f'"events":[{",".join(map(event, each))}]' for each in lists]
    found = read_tracking(("{" + ",".join(written) + "}").encode())
    assert numbers(found) == told, "events are overlooked"


@pytest.mark.parametrize("other", ["null", "7", "{}", '"x"', event("T2")])
@pytest.mark.parametrize("first", [True, False])
def test_what_is_no_list_is_told(other: str, first: bool) -> None:
    both = [other, f"[{event('T1')}]"][:: 1 if first else -1]
    with pytest.raises(InvalidInput, match="events: got"):
        read_tracking(("{" + ",".join(f'"events":{each}' for each in both) + "}").encode())


@pytest.mark.parametrize("name", ["id", "tracking_number", "code", "occurred_at"])
def test_an_event_that_says_two_things_is_kept_for_a_person(name: str) -> None:
    twice = event("T2").replace(f'"{name}"', f'"{name}": "other", "{name}"')
    sent = f'{{"events":[{event("T1")},{twice},{event("T3")}]}}'
    one, kept, three = (found.body for found in read_tracking(sent.encode()))
    assert isinstance(kept, UnreadableEvent), "it is believed"
    assert (one, three) != (kept, kept)
    assert name in kept.error
    assert '"other"' in kept.payload


def test_an_event_may_say_the_same_twice() -> None:
    twice = event("T2").replace('"id"', '"id": "eT2", "more": 1, "more": 2, "id"')
    assert numbers(read_tracking(f'{{"events":[{twice}]}}'.encode())) == ["T2"]


# --- mutants -------------------------------------------------------------------------------------


def looks_for_an_end_at_each_quote(patch: Patch) -> None:
    """Each quote may begin a string."""
    marks = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]', re.DOTALL)
    replace(patch, "the marks of a payload", marks.finditer)


def believes_the_last_list(patch: Patch) -> None:
    """The last list of events is all there is."""
    replace(patch, "all lists of events", lambda whole: whole)


def believes_the_last_value(patch: Patch) -> None:
    """What an event says last is what it says."""
    replace(patch, "what an event names twice", lambda _event: {})


LAWS: dict[Mutate, Law] = {
    looks_for_an_end_at_each_quote: law(
        test_reading_takes_time_as_the_payload_is_long, '\\"', '{"id":"', "}]}"
    ),
    believes_the_last_list: law(test_each_list_of_events_is_read, [["T1"], ["T2"]]),
    believes_the_last_value: law(test_an_event_that_says_two_things_is_kept_for_a_person, "code"),
}
MUTANTS = Mutants("payloads", LAWS)


@MUTANTS.each
def test_mutant_is_caught(mutant: Mutant[Mutate], monkeypatch: Patch) -> None:
    mutant.how(monkeypatch)
    mutant.breaks(LAWS[mutant.how])
