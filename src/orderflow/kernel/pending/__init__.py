"""Pending work: what an order or a parcel waits for, and how it ends."""
