"""Who won, at what price, and what is held for it: auctions, bids, sales; the snapshot, the counters, the journal, the sweeper.

Not here: what came in (intake), what was handed over (delivery), the pure auction (core).
The stages above it (delivery, flow, api) and reporting may import it, its models only itself and reporting.selectors;
it imports intake, core, campaigns, scoring and accounts.
"""
