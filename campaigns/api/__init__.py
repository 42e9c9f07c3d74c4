"""REST face of supply and demand: /sources and /campaigns. Not here: rules. Imported by config only."""
