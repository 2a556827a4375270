"""Decisions: their draft, the rules that they follow, and the checks that they share."""
