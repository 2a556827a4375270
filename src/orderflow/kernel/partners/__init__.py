"""Partners: what they are asked for, and what they say."""
