"""Parcels: their own decisions, and the units that follow them."""
