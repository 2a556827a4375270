"""Values that somebody tries to change."""

from orderflow import IN_HOUSE, Engine, InHouse, Money, OrderPhase, Phase, Refusal, State
from orderflow.model.ledger import Bucket, Slot
from orderflow.stores import MemoryStore

order = Engine(MemoryStore(), [InHouse()]).order("A-1")

order.state = order.state  # E: Property "state" defined in "Order" is read-only.*\[misc\]
order.status = "shipped"  # E: Property "status" defined in "Order" is read-only.*\[misc\]
order.state.lifecycle = "completed"  # E: Property "lifecycle" defined in "OrderState" is read-only.*\[misc\]
order.state.lines["1"] = None  # E: Unsupported target for indexed assignment \("Mapping\[str, LineState\]"\).*\[index\]
order.state.lines["1"].ordered = 3  # E: Property "ordered" defined in "LineState" is read-only.*\[misc\]
order.fulfillment_orders.clear()  # E: "Mapping\[str, FulfillmentOrder\]" has no attribute "clear".*\[attr-defined\]
order.ledger[Slot("1", Bucket.OPEN)] = 3  # E: Unsupported target for indexed assignment \("Ledger"\).*\[index\]
order.lines.append(order.lines[0])  # E: "tuple\[Line, \.\.\.\]" has no attribute "append".*\[attr-defined\]
order.attributes["gift"] = True  # E: Unsupported target for indexed assignment \("Mapping\[str, Any\]"\).*\[index\]
IN_HOUSE.version = 2  # E: Property "version" defined in "Workflow" is read-only.*\[misc\]
IN_HOUSE.states[0].phase = Phase.DONE  # E: Property "phase" defined in "State" is read-only.*\[misc\]
State("new", OrderPhase.PLACED).name = "old"  # E: Property "name" defined in "State" is read-only.*\[misc\]
Money(1, "GBP").minor = 2  # E: Property "minor" defined in "Money" is read-only.*\[misc\]
Refusal("a", "b").code = "c"  # E: Property "code" defined in "Refusal" is read-only.*\[misc\]
