"""The commands of the market: `journal` runs the journal with its sweeper, `reconcile` compares the counters with the books."""
