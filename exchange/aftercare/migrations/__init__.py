"""Schema of aftercare."""
