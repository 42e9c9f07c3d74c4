"""Pages of suppression lists."""
