"""The nouns: orders, stock, parcels, and the messages about them."""
