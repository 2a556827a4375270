"""Names that are misspelt, and arguments of the wrong kind."""

import orderflow
from orderflow import Engine, InHouse, Line, Phase, State, TaskFor, Transition
from orderflow.stores import MemoryStore

orderflow.no_such_name  # E: Module has no attribute "no_such_name".*\[attr-defined\]
Engine(MemoryStore(), [InHouse()], stepps=orderflow.MANUAL)  # E: Unexpected keyword argument "stepps" for "Engine"; did you mean "steps"\?.*\[call-arg\]
Engine(MemoryStore(), [InHouse()], {})  # E: Too many positional arguments for "Engine".*\[call-arg\]
InHouse(carier=None)  # E: Unexpected keyword argument "carier" for "InHouse"; did you mean "carrier"\?.*\[call-arg\]
Line(sku="MUG", quantty=2)  # E: Unexpected keyword argument "quantty" for "Line"; did you mean "quantity"\?.*\[call-arg\]
Line(sku="MUG", quantity=2).skuu  # E: "Line" has no attribute "skuu"; maybe "sku"\?.*\[attr-defined\]
State("engraving", Phase.WORKING, wait_for=TaskFor("engraver"))  # E: Unexpected keyword argument "wait_for" for "State"; did you mean "waits_for"\?.*\[call-arg\]
State("engraving", "working")  # E: incompatible type "str"; expected "OrderPhase \| Phase \| ReturnPhase".*\[arg-type\]
Transition("picked", "picking", "packing", guard=[])  # E: Unexpected keyword argument "guard" for "Transition"; did you mean "guards"\?.*\[call-arg\]
Transition("picked", "picking", "packing", moves=("allocated", "picked"))  # E: incompatible type "tuple\[str, str\]"; expected "tuple\[Bucket, Bucket\] \| tuple\[\(\)\] \| None".*\[arg-type\]
orderflow.IN_HOUSE.extend(name="mine", transitons=[])  # E: Unexpected keyword argument "transitons" for "extend" of "Workflow"; did you mean "transitions"\?.*\[call-arg\]
orderflow.IN_HOUSE.extend(states=[])  # E: Missing named argument "name" for "extend" of "Workflow".*\[call-arg\]
