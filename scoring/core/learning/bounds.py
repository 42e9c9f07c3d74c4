"""Venn-Abers intervals: two isotonic fits bracket the chance of a row, as if it had the outcome and as if it had not.

Vovk and Petej (2014), "Venn-Abers predictors". The width says how little the calibration rows know about this score. We fit at
a grid of scores and look up between them; the package on the index comes as source only and needs pandas for the same lines.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import isotonic_regression

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

GRID = 64
ROWS_MAX = 20_000


@dataclass(frozen=True, slots=True)
class VennAbers:
    """Lower and upper chance at a grid of scores; between two of them the wider answer of both counts."""

    scores: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    def all(self, scores: Floats) -> tuple[Floats, Floats]:
        """Give the interval [p0, p1] of each score."""
        grid = np.array(self.scores)
        right = np.clip(np.searchsorted(grid, scores), 0, len(grid) - 1)
        left = np.clip(np.searchsorted(grid, scores, side="right") - 1, 0, len(grid) - 1)
        return np.array(self.low)[left], np.array(self.high)[right]


def fit_venn_abers(scores: Floats, outcomes: Bools) -> VennAbers:
    """Fit on cross-fitted scores; at most 20,000 of them, equally spaced in order of score."""
    order = np.argsort(scores, kind="stable")
    order = order[np.linspace(0, len(order) - 1, min(len(order), ROWS_MAX)).astype(np.int64)]
    x, y = scores[order], outcomes[order].astype(np.float64)
    grid = np.unique(np.quantile(x, np.linspace(0, 1, GRID)))
    low = [_fitted(x, y, score, 0.0) for score in grid]
    high = [_fitted(x, y, score, 1.0) for score in grid]
    return VennAbers(
        tuple(grid.tolist()), tuple(np.maximum.accumulate(low).tolist()), tuple(np.maximum.accumulate(high).tolist())
    )


def _fitted(x: Floats, y: Floats, score: float, label: float) -> float:
    """Put one more row of this score and label among the others, and read its isotonic fit; equal scores are one pool."""
    place = int(np.searchsorted(x, score))
    labels = np.insert(y, place, label)
    _, pool, sizes = np.unique(np.insert(x, place, score), return_inverse=True, return_counts=True)
    means = np.bincount(pool, weights=labels) / sizes
    return float(isotonic_regression(means, sample_weight=sizes.astype(np.float64))[pool[place]])
