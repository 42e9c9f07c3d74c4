"""Schema of campaigns."""
