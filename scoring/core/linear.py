"""A logistic regression as plain numbers: what serving needs of one, without scikit-learn, in some microseconds a row.

A column adds one number to the logit: a bent line of its value where it is a number, an entry of a list where it is a category,
and a number of its own where it is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp, isnan

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
CUT = 4.0
"""Numbers further than so many standard deviations from their mean count as if they lay there."""


@dataclass(frozen=True, slots=True)
class Slope:
    """What a number adds: `weight` times its distance from `mean` in `scale`, cut at CUT, and `present`; `missing` if absent."""

    place: int
    mean: float
    scale: float
    weight: float
    present: float
    missing: float

    def __call__(self, value: float) -> float:
        """Say what a value adds to the logit."""
        if isnan(value):
            return self.missing
        return self.present + self.weight * min(CUT, max(-CUT, (value - self.mean) / self.scale))


@dataclass(frozen=True, slots=True)
class Levels:
    """What a category adds: one number a level, and `missing` where it is absent or unknown."""

    place: int
    adds: tuple[float, ...]
    missing: float

    def __call__(self, value: float) -> float:
        """Say what a value adds to the logit."""
        known = 0 <= value < len(self.adds)  # False for NaN
        return self.adds[int(value)] if known else self.missing


@dataclass(frozen=True, slots=True)
class Linear:
    """A logistic regression over a feature vector; calling it gives the chance of one row.

    `means` is what each column added on average in training; empty where that was not kept.
    """

    intercept: float
    slopes: tuple[Slope, ...]
    levels: tuple[Levels, ...]
    means: tuple[float, ...] = ()

    def __call__(self, row: Sequence[float]) -> float:
        """Give the chance of one row; NaN is missing."""
        # The arithmetic of `Slope` and `Levels` once more: a call for each column would cost every ping microseconds.
        total = self.intercept
        for slope in self.slopes:
            value = row[slope.place]
            if isnan(value):
                total += slope.missing
            else:
                total += slope.present + slope.weight * min(CUT, max(-CUT, (value - slope.mean) / slope.scale))
        for level in self.levels:
            value = row[level.place]
            known = 0 <= value < len(level.adds)  # False for NaN
            total += level.adds[int(value)] if known else level.missing
        return 1.0 / (1.0 + exp(-max(-700.0, min(700.0, total))))

    def adds(self, row: Sequence[float]) -> list[float]:
        """Say what each column adds to the logit of a row, beside the intercept; they add up to what calling computes."""
        found = [0.0] * len(row)
        for slope in self.slopes:
            found[slope.place] = slope(row[slope.place])
        for level in self.levels:
            found[level.place] = level(row[level.place])
        return found

    def centred(self, rows: Floats) -> Linear:
        """Keep what each column adds on average over rows (n, columns); the answers stay what they are."""
        return replace(self, means=tuple(np.mean([self.adds(row) for row in rows.tolist()], axis=0).tolist()))

    def all(self, rows: Floats) -> Floats:
        """Give the chance of each row, by the very same arithmetic."""
        return np.array([self(row) for row in rows.tolist()])

    def strengths(self, columns: int) -> Floats:
        """Say how far each column moves the logit: the weight of a standard deviation, or the spread of its levels."""
        found = np.zeros(columns)
        for slope in self.slopes:
            found[slope.place] = abs(slope.weight)
        for level in self.levels:
            found[level.place] = float(np.std([*level.adds, level.missing]))
        return found
