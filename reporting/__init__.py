"""What it meant: who may read which part of a ping, a lead, a sale; the state of the exchange; the live feed.

Reads only and owns no truth: the rows belong to the stages of exchange, whose models only `selectors` imports. Not here:
decisions, money, writes. Only config imports it.
"""
