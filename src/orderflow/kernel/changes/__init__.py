"""Changes after placement: edits, cancellations, triggers."""
