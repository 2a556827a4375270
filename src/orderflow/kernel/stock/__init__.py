"""Stock: units are routed, allocated to fulfillment orders, or wait for goods."""
