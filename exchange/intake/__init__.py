"""What came in: pings, leads, consent records, suppression, keys of idempotency; the settlement of a post.

Not here: bids, prices, sales (auction), copies for advertisers (delivery).
"""
