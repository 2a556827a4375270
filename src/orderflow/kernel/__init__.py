"""Pure decisions: what a command or an observation changes on an order. No clock, I/O, chance."""
