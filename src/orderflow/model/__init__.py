"""The nouns: what an order, its stock, its parcels and the messages about them are."""
