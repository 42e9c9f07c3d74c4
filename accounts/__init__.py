"""Who takes part, and the doors to their rows: organizations, users, memberships, API keys, tenancy, audit; money in `ledger`.

Not here: anything about leads, campaigns or models. Everybody above may import it; it imports nobody above.
"""
