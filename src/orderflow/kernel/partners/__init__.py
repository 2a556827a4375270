"""Partners: requests to them, and their answers."""
