"""What every carrier adapter must do: subclass it in your tests."""

from __future__ import annotations

from abc import ABC, abstractmethod

from orderflow.model.document import Address
from orderflow.ports import Carrier, Label, LabelRequest

__all__ = ["CarrierContract"]

_TO = Address(
    name="Änne Øvergård",
    lines=("Straße 1", "東京"),
    city="Berlin",
    postal_code="10623",
    country="DE",
)


class CarrierContract(ABC):
    """The laws of the carrier port, as pytest tests.

    Subclass it, name the class ``Test…``, and give :meth:`make_carrier`: a carrier that sells
    labels (a sandbox, a recorded session), and has not seen these keys.
    """

    prefix = "contract"
    """Begins each key; give each run its own where the carrier remembers."""

    @abstractmethod
    def make_carrier(self) -> Carrier:
        """A carrier that works."""

    def _request(self, key: str) -> LabelRequest:
        return LabelRequest(f"{self.prefix}-{key}", f"P-{key}", (f"A-{key}",), _TO, 450)

    def test_the_same_key_is_one_label(self) -> None:
        """Law: buying again with a key gives what was bought with it."""
        carrier = self.make_carrier()
        first = carrier.buy_label(self._request("1"))
        again = carrier.buy_label(self._request("1"))
        assert first == again, f"the key was sent twice and bought {first} and {again}"

    def test_another_key_is_another_label(self) -> None:
        """Law: two parcels never bear the same tracking number."""
        carrier = self.make_carrier()
        labels = [carrier.buy_label(self._request(key)) for key in ("1", "2", "3")]
        numbers = {label.tracking_number for label in labels}
        assert len(numbers) == len(labels), f"three keys bought {sorted(numbers)}"

    def test_a_label_can_be_told_from_nothing(self) -> None:
        """Law: a label names its carrier, and its number has no spaces around it."""
        label = self.make_carrier().buy_label(self._request("1"))
        assert label.carrier, "the label names no carrier"
        number = label.tracking_number
        assert number, "the label has no tracking number"
        assert number == number.strip(), f"spaces around the tracking number {number!r}"

    def test_find_tells_what_was_bought(self) -> None:
        """Law: ``find`` gives the label of a key, or buying again does (then it may give None)."""
        carrier = self.make_carrier()
        unknown = carrier.find(f"{self.prefix}-never")
        assert unknown is None, f"found {unknown} under a key that bought nothing"
        bought = carrier.buy_label(self._request("1"))
        found: Label | None = carrier.find(f"{self.prefix}-1")
        assert found in (bought, None), f"bought {bought} and found {found}"

    def test_handing_over_twice_is_handing_over(self) -> None:
        """Law: a repeated announcement does no harm."""
        carrier = self.make_carrier()
        label = carrier.buy_label(self._request("1"))
        carrier.hand_over(f"{self.prefix}-over", label)
        carrier.hand_over(f"{self.prefix}-over", label)

    def test_voiding_twice_is_voiding(self) -> None:
        """Law: a label that is void already can be voided again."""
        carrier = self.make_carrier()
        label = carrier.buy_label(self._request("1"))
        carrier.void_label(f"{self.prefix}-void", label)
        carrier.void_label(f"{self.prefix}-void", label)
