"""The local worker: batches, performers of effects, and calls with a time limit."""
