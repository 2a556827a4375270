"""Money: payments, dunning, refunds."""
