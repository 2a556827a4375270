"""Orders: placed, held, confirmed, substituted, reviewed."""
