"""The folds: how each event changes an order or a parcel."""
