"""Pages of scoring: models, how well they do, and experiments."""
