"""The way of a message: read, prepared, decided, committed, followed up."""
