"""The commands of accounts: `rate_limit` says how many requests a second a key may send."""
