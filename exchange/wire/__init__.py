"""Outbound HTTP: one door to the internet with a guard in it, and the signature of what leaves.

Lives here: which addresses may be reached, deadlines and size limits, Standard Webhooks. Not here: models, retries, what is sent.
Stages above core may import it; nothing else in the project opens a connection to an address that a customer chose.
"""
