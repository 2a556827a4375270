"""The extended workflow and the hooks keep their laws."""

from engravings import COUNTED, Engraver, engraved, hooks
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from orderflow import Engine, Hooks, NewOrder, Step, Workflow
from orderflow.model.document import Delivery
from orderflow.ports import Store
from orderflow.testing import HookContract, WorkflowContract, lines, orders

RINGS = lines(["RING-1"]).map(
    lambda line: line.model_copy(update={"ships": True, "not_before": None})
)
CARRIED = st.just(Delivery.CARRIER)
TEXTS = st.fixed_dictionaries({"engraving": st.sampled_from(["Anna", "x" * 99])})


class TestEngraved(WorkflowContract):
    capabilities = frozenset({"cancels_anywhere"})
    declined = {"work_on_it_comes_to_an_end": "a text that is too long waits for a new one"}

    def make_workflow(self) -> Workflow[Step]:
        return engraved()

    def order(self) -> SearchStrategy[NewOrder]:
        return orders(line=RINGS, delivery=CARRIED, attributes=TEXTS)


class TestHooks(HookContract):
    capabilities = frozenset({"counts_once"})

    def make_hooks(self) -> Hooks:
        return hooks()

    def make_engine(self, store: Store, hooks: Hooks) -> Engine:
        return Engine(store, [Engraver()], hooks=hooks)

    def order(self) -> SearchStrategy[NewOrder]:
        return orders(line=RINGS, delivery=CARRIED)

    def did(self) -> int:
        return len(COUNTED)
