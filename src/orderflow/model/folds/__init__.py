"""The folds: what each event makes of an order, or of a parcel."""
