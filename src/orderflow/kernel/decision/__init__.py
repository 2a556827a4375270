"""Decisions: what one is made of, the rules that it follows, and what all of them ask."""
