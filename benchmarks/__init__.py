"""Measures and replays: scripts that talk to a running exchange through its public API, as a customer would.

Lives here: the bench of `make bench`, the replay of CSV files with its mappings, the client they share. Not here: anything the
product needs to run. Only tests may import it.
"""
