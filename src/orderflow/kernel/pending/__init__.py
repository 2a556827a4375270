"""Pending work: what an order or a parcel waits for, and what ends it."""
