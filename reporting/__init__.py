"""What it meant: who may read which part of a ping, a lead, a sale; the state of the exchange; the live feed.

Owns no truth: the rows belong to the stages of exchange, whose models only `selectors` imports. It reads. The faces of
experiments stand here, because their results join everything; they call the services of scoring to write. Not here: decisions,
money, writes of its own. Only config imports it.
"""
