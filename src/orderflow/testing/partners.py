"""The contracts of carriers, suppliers and logistics providers."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import partial
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from orderflow.errors import PortFailed
from orderflow.model.document import Address
from orderflow.model.observations import (
    CancellationAnswered,
    GoodsShipped,
    InvoiceReceived,
    ObservationBody,
    PartnerObservation,
    RequestAnswered,
)
from orderflow.ports import (
    Carrier,
    Label,
    LabelRequest,
    Partner,
    PartnerCancellation,
    PartnerRequest,
    RequestLine,
)
from orderflow.renamed import takes_old_overrides
from orderflow.testing.contract import Contract, law
from orderflow.testing.data import SKUS, addresses

__all__ = ["CarrierContract", "PartnerContract", "ProviderContract", "SupplierContract"]

T = TypeVar("T")
_TRIES = 8
_LONGEST = 64


def _insist(ask: Callable[[], T]) -> T:
    """The answer, retried as by the worker: with the same key while the port fails."""
    for _ in range(_TRIES - 1):
        try:
            return ask()
        except PortFailed:
            continue
    return ask()


class CarrierContract(Contract):
    """The laws of a carrier. Implement ``make_carrier``, best with a fake client.

    Capabilities:
        finds_keys: ``find`` returns the label bought with a key.
    """

    @abstractmethod
    def make_carrier(self) -> Carrier:
        """A new carrier, which has sold nothing."""

    def request(self) -> SearchStrategy[LabelRequest]:
        """The label requests to test."""
        where, grams = st.none() | addresses(), st.integers(0, 30_000)
        return st.builds(LabelRequest, st.just("P1:label:0"), st.just("P1"), _ORDERS, where, grams)

    @law(since="0.1", why="the number is what tracking and people know the parcel by")
    def a_label_can_be_kept(self, request: LabelRequest) -> None:
        """A label names the carrier and a tracking number, without blanks, up to 64 long."""
        label = _insist(lambda: self.make_carrier().buy_label(request))
        assert isinstance(label, Label), f"buy_label gave {label!r}, not a Label"
        for part in (label.carrier, label.tracking_number):
            fits = part == part.strip() and 0 < len(part) <= _LONGEST
            assert fits, f"{part!r} should have 1 to {_LONGEST} letters, none blank at its ends"

    @law(since="0.1", why="an answer may get lost, and the label is paid for")
    def the_same_key_buys_one_label(self, request: LabelRequest) -> None:
        """Bought again with the same key, it is the same label."""
        carrier = self.make_carrier()
        first = _insist(lambda: carrier.buy_label(request))
        again = _insist(lambda: carrier.buy_label(request))
        assert again == first, f"{request.key} bought {first}, and then {again}"

    @law(since="0.1", why="scans of one parcel would be taken for scans of another")
    def other_keys_buy_other_labels(self, request: LabelRequest) -> None:
        """Another key buys a label with another number."""
        carrier = self.make_carrier()
        other = LabelRequest("P2:label:0", "P2", ("A-2",), request.ship_to, request.weight_g)
        labels = [_insist(partial(carrier.buy_label, one)) for one in (request, other)]
        numbers = [label.tracking_number for label in labels]
        assert numbers[0] != numbers[1], f"two parcels have the number {numbers[0]}"

    @law(since="0.1", why="a label that nobody bought would be put on a parcel")
    def it_finds_nothing_that_was_not_bought(self, request: LabelRequest) -> None:
        """With a key that was never used nothing is found."""
        found = _insist(lambda: self.make_carrier().find(request.key))
        assert found is None, f"nothing was bought with {request.key}, and it finds {found}"

    @law(needs="finds_keys", since="0.1", why="it is asked before a second label is bought")
    def it_finds_what_was_bought(self, request: LabelRequest) -> None:
        """With the key of a label it finds this label."""
        carrier = self.make_carrier()
        bought = _insist(lambda: carrier.buy_label(request))
        found = _insist(lambda: carrier.find(request.key))
        assert found == bought, f"{request.key} bought {bought}, and find gives {found}"

    @law(since="0.1", why="every request is sent again where its answer got lost")
    def a_request_may_be_repeated(self, request: LabelRequest) -> None:
        """A hand-over and a void may come again with the same key."""
        for effect in ("hand_over", "void_label"):
            carrier = self.make_carrier()
            label = _insist(partial(carrier.buy_label, request))
            for _ in range(2):
                call = getattr(carrier, effect)
                try:
                    _insist(partial(call, "P1:x:0", label))
                except Exception as error:
                    raise AssertionError(f"{effect} came again and raised {error!r}") from error


_ORDERS = st.just(("A-1",))


class PartnerContract(Contract):
    """The laws of a partner that ships for us. Implement ``make_partner``.

    Capabilities:
        tells: ``told`` returns the partner's later observations, so that they are checked.
    """

    def __init_subclass__(cls) -> None:
        takes_old_overrides(cls, "PartnerContract")
        super().__init_subclass__()

    @abstractmethod
    def make_partner(self) -> Partner:
        """A new partner, without any request."""

    def told(self, party: Partner) -> Iterable[ObservationBody]:
        """All observations that the partner sends itself; needs the capability ``tells``."""
        del party
        return ()

    def request(self) -> SearchStrategy[PartnerRequest]:
        """The requests to test."""
        return _requests(st.none() | st.just(Decimal("2.50")))

    def _answers(self, party: Partner, request: PartnerRequest) -> list[ObservationBody]:
        """Its answers to a repeated request, and its own observations."""
        said = [_insist(lambda: party.submit(request)) for _ in range(2)]
        return [*(fact for fact in said[:1] if fact is not None), *self.told(party)]

    @law(since="0.1", why="an answer is applied to what it names, whatever was asked")
    def its_answers_name_what_it_was_asked(self, request: PartnerRequest) -> None:
        """It answers with observations of the request's number and lines, or None for later."""
        party, lines = self.make_partner(), {line.line for line in request.lines}
        said = _insist(lambda: party.submit(request))
        known = said is None or isinstance(said, ObservationBody)
        assert known, (
            f"submit gave {said!r}; give an observation, or None where the answer comes later"
        )
        for fact in [said, *self.told(party)]:
            if isinstance(fact, PartnerObservation):
                assert fact.fo == request.number, f"asked for {request.number}, it says {fact!r}"
            if isinstance(fact, RequestAnswered | GoodsShipped | InvoiceReceived):
                named = {ln if isinstance(ln, str) else ln.line for ln in fact.lines}
                assert named <= lines, f"lines {sorted(named - lines)} were not asked for: {fact!r}"

    @law(since="0.1", why="a request is sent again where its confirmation got lost")
    def the_same_key_is_the_same_request(self, request: PartnerRequest) -> None:
        """A request that comes again is answered as before, and shipped once."""
        party = self.make_partner()
        said = [_insist(lambda: party.submit(request)) for _ in range(2)]
        assert said[0] == said[1], f"asked twice, it says {said[0]!r}, and then {said[1]!r}"
        shipped, asked = _shipped(self.told(party)), _asked(request)
        over = shipped - asked
        assert not over, f"{dict(asked)} were asked for, twice; {dict(over)} too many were shipped"

    @law(since="0.1", why="units that it cancels are shipped by somebody else")
    def it_answers_a_cancellation_once(self, request: PartnerRequest) -> None:
        """Asked to cancel units, it cancels at most these, and does not ship them."""
        party, back = self.make_partner(), {request.lines[0].line: 1}
        _insist(lambda: party.submit(request))
        ask = PartnerCancellation("C1:ask_back:0", request.number, back, "customer")
        said = _insist(lambda: party.cancel(ask))
        later = list(self.told(party))
        answers = [f for f in (said, *later) if isinstance(f, CancellationAnswered)]
        given = Counter(answers[0].lines if answers else {})
        assert not given - Counter(back), f"asked for {back}, it gives up {dict(given)}"
        over = (_shipped(later) + given) - _asked(request)
        assert not over, f"it gave up {dict(given)}, and shipped {dict(over)} of it all the same"

    @law(since="0.1", why="a message is sent again like everything else")
    def chasing_changes_nothing(self, request: PartnerRequest) -> None:
        """Chased twice, it ships no more than it was asked for."""
        party = self.make_partner()
        _insist(lambda: party.submit(request))
        for _ in range(2):
            _insist(lambda: party.chase(f"{request.number}:remind:0", request.number))
        over = _shipped(self.told(party)) - _asked(request)
        assert not over, f"reminded twice, it shipped {dict(over)} too many"

    @law(needs="tells", since="0.1", why="every difference to what was agreed is somebody's task")
    def it_charges_what_was_agreed(self, request: PartnerRequest) -> None:
        """An invoice charges agreed costs for units that were asked for, and nothing else."""
        costs = {line.line: line.unit_cost for line in request.lines}
        for fact in self._answers(self.make_partner(), request):
            for line in fact.lines if isinstance(fact, InvoiceReceived) else ():
                agreed = costs.get(line.line)
                told = f"line {line.line} costs {line.unit_cost}, and {agreed} was agreed"
                assert line.unit_cost == agreed, told


class SupplierContract(PartnerContract):
    """A supplier ships from its own stock, at the costs of the purchase order."""

    def request(self) -> SearchStrategy[PartnerRequest]:
        """Purchase orders: every line has its cost, and none of our locations is named."""
        return _requests(st.integers(0, 900).map(lambda cents: Decimal(cents).scaleb(-2)))


class ProviderContract(PartnerContract):
    """A logistics provider ships our stock from one of its locations, without unit costs."""

    def request(self) -> SearchStrategy[PartnerRequest]:
        """Warehouse orders: without costs, from a named location."""
        return _requests(st.none(), location="rotterdam")


def _shipped(facts: Iterable[ObservationBody]) -> Counter[str]:
    """The units of the shipment notices; a repeated notice counts once."""
    notices = {fact.notice: fact for fact in facts if isinstance(fact, GoodsShipped)}
    total: Counter[str] = Counter()
    for fact in notices.values():
        total.update(fact.lines)
    return total


def _asked(request: PartnerRequest) -> Counter[str]:
    return Counter({line.line: line.quantity for line in request.lines})


def _requests(
    costs: SearchStrategy[Decimal | None], location: str = ""
) -> SearchStrategy[PartnerRequest]:
    line = st.tuples(st.sampled_from(SKUS), st.integers(1, 4), costs)

    def asked(found: list[tuple[str, int, Decimal | None]], to: Address | None) -> PartnerRequest:
        lines = tuple(
            RequestLine(str(number), sku, units, unit_cost=cost)
            for number, (sku, units, cost) in enumerate(found, start=1)
        )
        return PartnerRequest("A-1-F1:submit:0", "A-1-F1", "A-1", lines, to, "EUR", location)

    return st.builds(asked, st.lists(line, min_size=1, max_size=3), st.none() | addresses())
