"""Schema of deliveries."""
