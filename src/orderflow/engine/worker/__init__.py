"""The local worker, its batches, who performs effects, and calls that may never return."""
