"""Commands without their envelope, facts without their time."""

from datetime import datetime

from orderflow import Engine, InHouse, NewOrder, Order
from orderflow.model.commands import Cancel, Confirm, Pick, ReceiveStock
from orderflow.model.observations import TrackingReported
from orderflow.model.parcel import ParcelStatus
from orderflow.stores import MemoryStore

engine = Engine(MemoryStore(), [InHouse()])
order = engine.order("A-1")

engine.submit(Confirm())  # E: incompatible type "Confirm"; expected "Command".*\[arg-type\]
engine.submit("confirm")  # E: incompatible type "str"; expected "Command".*\[arg-type\]
engine.submit(Confirm().to(order))  # E: incompatible type "Order"; expected "str".*\[arg-type\]
engine.submit(Confirm().to("A-1", actor="ana"))  # E: Unexpected keyword argument "actor" for "to" of "CommandBody".*\[call-arg\]
engine.submit(Cancel(lines=["1"]).to("A-1"))  # E: incompatible type "list\[str\]"; expected "dict\[str, int\] \| None".*\[arg-type\]
engine.submit(Cancel(line={"1": 1}).to("A-1"))  # E: Unexpected keyword argument "line" for "Cancel"; did you mean "lines"\?.*\[call-arg\]
engine.submit(Pick(units={"1": 1}).to("A-1"))  # E: Missing named argument "fo" for "Pick".*\[call-arg\]
engine.place(order)  # E: incompatible type "Order"; expected "NewOrder".*\[arg-type\]
engine.place(NewOrder(currency="GBP"), "checkout-1")  # E: Too many positional arguments for "place" of "Engine".*\[call-arg\]
engine.change_stock(ReceiveStock(sku="MUG", quantity=1))  # E: incompatible type "ReceiveStock"; expected "Command".*\[arg-type\]
engine.observe(TrackingReported(tracking_number="T1", status=ParcelStatus.LOST))  # E: incompatible type "TrackingReported"; expected "Observation".*\[arg-type\]
engine.observe(TrackingReported(tracking_number="T1", status="lost").at(datetime.now()))  # E: incompatible type "str"; expected "ParcelStatus".*\[arg-type\]
engine.complete("task")  # E: Missing named argument "by" for "complete" of "Engine".*\[call-arg\]
engine.fire(order, "pick")  # E: incompatible type "Order"; expected "str".*\[arg-type\]
engine.journal(order)  # E: incompatible type "Order"; expected "str".*\[arg-type\]
answer: Order | None = engine.submit(Confirm().to("A-1"))
found: str = engine.level("MUG")  # E: Incompatible types in assignment \(expression has type "StockLevel", variable has type "str"\).*\[assignment\]
