"""What we learn: features of a ping, models with calibrated probabilities, and the examples they learn from.

Lives here: the feature function, simulator, training, serving, the registry of models. Not here: bids, campaigns,
auctions, money. The exchange and reporting may import its services, selectors and core; scoring imports accounts only.
"""
