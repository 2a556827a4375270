"""Money: payments, reminders, refunds."""
