"""Decisions: what one is made of, and what all of them ask."""
