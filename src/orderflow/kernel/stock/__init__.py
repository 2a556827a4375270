"""Stock: units are routed, allocated to fulfillment orders, or backordered."""
