"""Pure rules of scoring: features, simulator, training, calibration, serving, evaluation.

Everything is a function of its arguments: clock, seeds and data come from the caller. Not here: models, Django, stored files.
It imports other cores only; scoring, exchange and reporting may import it.
"""
