"""Stock: units are allocated to fulfillment orders, or wait for goods."""
