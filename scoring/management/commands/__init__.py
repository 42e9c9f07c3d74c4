"""Commands of scoring, one a file."""
