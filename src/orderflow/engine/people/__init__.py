"""People: their tasks, and their tours through the shelves."""
