"""Runtimes for more than one machine; the local worker is in :mod:`orderflow.engine`."""
