"""Strategies that answer with something else."""

from orderflow import Engine, FulfillmentStrategy, InHouse, Line, Order, Refusal
from orderflow.ports import EffectAttempt, Label, LabelRequest, EffectAnswer
from orderflow.stores import MemoryStore


class Yes(InHouse):
    def accepts(self, line: Line) -> bool:  # E: Return type "bool" of "accepts" incompatible with return type "Refusal \| None".*\[override\]
        return True


class ByOrder(InHouse):
    def accepts(self, order: Order) -> Refusal | None:  # E: Argument 1 of "accepts" is incompatible.*\[override\]
        return None


class Nothing(FulfillmentStrategy):
    code = "nothing"


class Number(InHouse):
    code = 7  # E: Incompatible types in assignment \(expression has type "int", base class "InHouse" defined the type as "str"\).*\[assignment\]
    workflow = "in_house"  # E: Incompatible types in assignment \(expression has type "str", base class "InHouse" defined the type as "Workflow\[Step\]"\).*\[assignment\]
    locations = None  # E: Incompatible types in assignment \(expression has type "None", base class "FulfillmentStrategy" defined the type as "Sequence\[str\]"\).*\[assignment\]


class Says(InHouse):
    def perform(self, effect: EffectAttempt) -> str:  # E: Return type "str" of "perform" incompatible with return type "CommandBody \| ObservationBody \| None".*\[override\]
        return "done"


class HalfACarrier:
    def buy_label(self, request: LabelRequest) -> Label:
        return Label("half", "1")


Nothing()  # E: Cannot instantiate abstract class "Nothing" with abstract attribute "accepts".*\[abstract\]
InHouse(carrier=HalfACarrier())  # E: incompatible type "HalfACarrier"; expected "Carrier \| None".*\[arg-type\]
Engine(MemoryStore(), InHouse())  # E: incompatible type "InHouse"; expected "Sequence\[FulfillmentStrategy\]".*\[arg-type\]
Engine(MemoryStore(), [InHouse])  # E: incompatible type "type\[InHouse\]"; expected "FulfillmentStrategy".*\[list-item\]
