"""The local worker: takes what is due from the outbox and does it."""
