"""The path of a message: load, prepare, decide, commit, follow up."""
