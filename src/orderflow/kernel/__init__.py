"""The pure decisions: what a command or a fact makes of an order. No clock, no I/O, no chance."""
