"""Orders with inexact prices or without a currency."""

from decimal import Decimal
from typing import assert_type

from orderflow import Charge, Customer, Line, Money, NewOrder

Line(sku="MUG", quantity=1, unit_price=2.55)  # E: incompatible type "float"; expected "Decimal \| str \| int".*\[arg-type\]
Line(sku="MUG")  # E: Missing named argument "quantity" for "Line".*\[call-arg\]
Line(sku="MUG", quantity="two")  # E: incompatible type "str"; expected "int".*\[arg-type\]
Line("MUG", 2)  # E: Too many positional arguments for "Line".*\[call-arg\]  # E: Missing named argument "quantity" for "Line".*\[call-arg\]  # E: incompatible type "int"; expected "str".*\[arg-type\]
NewOrder(lines=(Line(sku="MUG", quantity=1, unit_price=Decimal("2.55")),))  # E: Missing named argument "currency" for "NewOrder".*\[call-arg\]
NewOrder(currency="GBP", customer="ana")  # E: incompatible type "str"; expected "Customer \| None".*\[arg-type\]
NewOrder(currency="GBP", lines=(Customer(id="ana"),))  # E: incompatible type "tuple\[Customer\]"; expected "list\[Line\] \| tuple\[Line, \.\.\.\]".*\[arg-type\]
Charge(code="POST", amount=2.5)  # E: incompatible type "float"; expected "int".*\[arg-type\]
Money(2.55, "GBP")  # E: incompatible type "float"; expected "int".*\[arg-type\]
Money(255)  # E: Missing positional argument "currency" in call to "Money".*\[call-arg\]
NewOrder(currency="GBP", lines="MUG")  # E: incompatible type "str"; expected "list\[Line\] \| tuple\[Line, \.\.\.\]".*\[arg-type\]

bought = NewOrder(currency="GBP", lines=[Line(sku="MUG", quantity=1, unit_price="2.55")])
assert_type(bought.lines, tuple[Line, ...])
assert_type(bought.lines[0].unit_price, Decimal)
bought.lines.append(bought.lines[0])  # E: "tuple\[Line, \.\.\.\]" has no attribute "append".*\[attr-defined\]
