"""Pure rules of the exchange: reasons, the auction, normal forms, duplicates, privacy, consent, retries, quotes and records.

Lives here: decisions as functions of their arguments. Not here: a clock, randomness, a store, a network, an ORM row.
Every stage of the exchange and reporting may import it; it imports campaigns.core and accounts.core.
"""
