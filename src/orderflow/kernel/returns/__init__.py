"""Returns: announced, received, inspected, closed."""
