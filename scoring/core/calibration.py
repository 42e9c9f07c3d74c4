"""Beta calibration: a logistic regression on [ln p, -ln(1 - p)], fitted on cross-fitted predictions.

Kull, Silva Filho, Flach (2017), "Beta calibration". With a = b = 1, c = 0 it changes nothing; a, b >= 0 keep the order.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, log1p

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

EDGE = 1e-9
"""Probabilities are kept this far from 0 and 1: no model knows anything for certain."""
STEPS = 60
RIDGE = 1e-6


@dataclass(frozen=True, slots=True)
class Beta:
    """The map p -> sigmoid(a ln p - b ln(1 - p) + c)."""

    a: float = 1.0
    b: float = 1.0
    c: float = 0.0

    def __call__(self, probability: float) -> float:
        """Calibrate one probability; the answer lies strictly between 0 and 1."""
        raw = min(1.0 - EDGE, max(EDGE, probability))
        logit = self.a * log(raw) - self.b * log1p(-raw) + self.c
        return min(1.0 - EDGE, max(EDGE, 1.0 / (1.0 + exp(-logit)) if logit > -700 else 0.0))

    def all(self, probabilities: Floats) -> Floats:
        """Calibrate an array with the very same arithmetic as one probability."""
        return np.array([self(probability) for probability in probabilities.tolist()])


def fit_beta(probabilities: Floats, outcomes: Bools) -> Beta:
    """Fit the map; raw is kept where it does not lower the log loss or where there are fewer than 20 rows of one outcome."""
    positives = int(outcomes.sum())
    if min(positives, len(outcomes) - positives) < 20:
        return Beta()
    clipped = np.clip(probabilities, EDGE, 1 - EDGE)
    columns = {"a": np.log(clipped), "b": -np.log1p(-clipped)}
    kept = dict(columns)
    while True:
        weights = _logistic(np.column_stack([*kept.values(), np.ones(len(clipped))]), outcomes.astype(np.float64))
        # A negative weight would turn the order round: drop its column and fit the other alone.
        negative = [name for name, weight in zip(kept, weights, strict=False) if weight < 0]
        if not negative:
            break
        del kept[negative[0]]
    found = dict(zip(kept, weights.tolist(), strict=False))
    beta = Beta(found.get("a", 0.0), found.get("b", 0.0), float(weights[-1]))
    return beta if _loss(beta.all(clipped), outcomes) < _loss(clipped, outcomes) else Beta()


def _loss(probabilities: Floats, outcomes: Bools) -> float:
    return float(-np.mean(np.where(outcomes, np.log(probabilities), np.log1p(-probabilities))))


def _logistic(columns: Floats, labels: Floats) -> Floats:
    """Fit a logistic regression by Newton's method with a halved step where the loss would rise."""
    weights = np.zeros(columns.shape[1])
    loss = _negative_likelihood(columns, labels, weights)
    for _ in range(STEPS):
        fitted = 1.0 / (1.0 + np.exp(-np.clip(columns @ weights, -30, 30)))
        gradient = columns.T @ (fitted - labels)
        curvature = (columns * (fitted * (1 - fitted))[:, None]).T @ columns + RIDGE * np.eye(columns.shape[1])
        step = np.linalg.solve(curvature, gradient)
        for _halving in range(20):
            moved = weights - step
            moved_loss = _negative_likelihood(columns, labels, moved)
            if moved_loss <= loss:
                break
            step = step / 2
        else:
            break
        done = loss - moved_loss < 1e-10 * len(labels)
        weights, loss = moved, moved_loss
        if done:
            break
    return weights


def _negative_likelihood(columns: Floats, labels: Floats, weights: Floats) -> float:
    logits = columns @ weights
    return float(np.sum(np.logaddexp(0.0, logits) - labels * logits))
