"""What each event makes of an order's state, by what the events are about."""
