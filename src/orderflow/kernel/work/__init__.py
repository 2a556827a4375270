"""Work on fulfillment orders: picking, packing, shipping, put-away."""
