"""What came in: pings, leads, consent records, suppression, keys of idempotency; the settlement of a post.

Not here: bids, prices, sales (auction), copies for advertisers (delivery).
The stages above it (auction, delivery, flow, api) and reporting may import it, its models only itself and reporting.selectors;
it imports core, campaigns, scoring (which gets its counts of repeats) and accounts.
"""
