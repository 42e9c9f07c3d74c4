"""Venn-Abers intervals: two isotonic fits bracket the chance of a row, as if it had the outcome and as if it had not.

Vovk and Petej (2014), "Venn-Abers predictors"; all scores are fitted in one pass over the corners of the cumulative sum diagram,
as in Vovk, Petej and Fedorova (2015). The width says how little the calibration rows know about this score. Own lines, because
the package on the index comes as source only and needs pandas.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Point = tuple[float, float]

STEPS_A_ONE = 10_000
"""Bounds are rounded outward to so many steps: the table stays small, and nobody acts on a hundredth of a percent."""


@dataclass(frozen=True, slots=True)
class VennAbers:
    """Lower and upper chance at rising scores; between two of them the wider answer of both counts, beyond them 0 and 1."""

    scores: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    def __call__(self, score: float) -> tuple[float, float]:
        """Give the interval [p0, p1] of one score; both rise with it."""
        left, right = bisect_right(self.scores, score) - 1, bisect_left(self.scores, score)
        return self.low[left] if left >= 0 else 0.0, self.high[right] if right < len(self.scores) else 1.0

    def all(self, scores: Floats) -> tuple[Floats, Floats]:
        """Give the interval of each score, by the very same look-up."""
        found = np.array([self(score) for score in scores.tolist()], dtype=np.float64).reshape(-1, 2)
        return found[:, 0], found[:, 1]


def fit_venn_abers(scores: Floats, outcomes: Bools, weights: Floats | None = None) -> VennAbers:
    """Fit on cross-fitted scores, rows by weight, the row in question by weight 1. Equal scores are one pool."""
    x, pool = np.unique(scores, return_inverse=True)
    each = np.ones(len(scores)) if weights is None else weights
    sizes = np.bincount(pool, weights=each, minlength=len(x)).tolist()
    wins = np.bincount(pool, weights=each * outcomes, minlength=len(x)).tolist()
    losses = [size - won for size, won in zip(sizes, wins, strict=True)]
    high = list(_upper(sizes, wins))
    # Turned round, a row without the outcome is a row with it.
    low = [1.0 - one for one in _upper(sizes[::-1], losses[::-1])][::-1]
    return _thinned(x.tolist(), np.maximum.accumulate(low).tolist(), np.maximum.accumulate(high).tolist())


def _upper(sizes: Sequence[float], wins: Sequence[float]) -> Iterator[float]:
    """Give for each pool the isotonic fit there, after one more row with the outcome has joined it.

    The fit is the slope of the greatest convex minorant of the points (rows so far, outcomes so far). The added row is a step of
    (1, 1) before all; passing it over one pool after the other moves one point each time, and `corners` follows.
    """
    points = [(-1.0, -1.0), (0.0, 0.0)]
    for size, won in zip(sizes, wins, strict=True):
        points.append((points[-1][0] + size, points[-1][1] + won))
    corners: list[Point] = []
    for point in reversed(points):
        _push(corners, point)
    for place in range(1, len(points) - 1):
        yield _slope(corners[-1], corners[-2])
        before, at, after = points[place - 1 : place + 2]
        points[place] = at = (before[0] + after[0] - at[0], before[1] + after[1] - at[1])
        if _below(at, corners[-1], corners[-2]):
            corners.pop()
            _push(corners, at)


def _push(corners: list[Point], point: Point) -> None:
    """Put a point to the left of all corners, and take away those that are corners no longer."""
    while len(corners) > 1 and not _below(corners[-1], point, corners[-2]):
        corners.pop()
    corners.append(point)


def _slope(left: Point, right: Point) -> float:
    return min(1.0, max(0.0, (right[1] - left[1]) / (right[0] - left[0])))


def _below(point: Point, left: Point, right: Point) -> bool:
    return (point[1] - left[1]) * (right[0] - left[0]) < (right[1] - left[1]) * (point[0] - left[0])


def _thinned(x: list[float], low: list[float], high: list[float]) -> VennAbers:
    """Round outward and leave out the scores inside of runs of equal bounds: no answer changes by that."""
    down, up = [floor(one * STEPS_A_ONE) / STEPS_A_ONE for one in low], [ceil(one * STEPS_A_ONE) / STEPS_A_ONE for one in high]
    same = [False, *(one == two for one, two in pairwise(zip(down, up, strict=True))), False]
    kept = [place for place in range(len(x)) if not (same[place] and same[place + 1])]
    return VennAbers(*(tuple(column[place] for place in kept) for column in (x, down, up)))
