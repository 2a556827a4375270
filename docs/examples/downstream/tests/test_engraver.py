"""The engraver keeps the laws of a fulfillment strategy, and one of its own."""

from engravings import Engraver
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from orderflow import Line, NewOrder
from orderflow.testing import FulfillmentStrategyContract, History, law, lines, orders

TEXTS = st.fixed_dictionaries({"engraving": st.sampled_from(["Anna", "", "x" * 40])})


class TestEngraver(FulfillmentStrategyContract):
    def make_strategy(self) -> Engraver:
        return Engraver()

    def line(self) -> SearchStrategy[Line]:
        return lines(["RING-1", "RING-2", "MUG"])

    def order(self) -> SearchStrategy[NewOrder]:
        ways = st.sampled_from(sorted(Engraver.deliveries))
        return orders(line=self.line(), delivery=ways, attributes=TEXTS)

    @law(why="a ring without its engraving is worth nothing to its buyer")
    def nothing_leaves_unengraved(self, life: History) -> None:
        """What left was engraved before."""
        assert life.went_through("engraving") or not life.shipped_units
