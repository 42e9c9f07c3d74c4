"""Experiments: who gets which arm, and what may be said of the arms at any moment, however often somebody looks.

The intervals are confidence sequences: over the whole life of an experiment the truth leaves one of them with a chance of at most
`alpha`. Stopping at a good moment costs nothing. docs/algorithms/experiments.md has the proofs' names and worked numbers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf, lgamma, log, sqrt

ALPHA = 0.05
# Where the sequence of means is tightest: units per arm after which most experiments are decided.
TIGHT_AT = 2_000
# A mean's sequence needs a variance that was seen: so many units, and so many of them that brought anything at all.
MEAN_UNITS_MIN, MEAN_VALUED_MIN = 200, 60
_BISECTIONS = 60


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a quantity lies, with the confidence of the sequence it comes from."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError("an interval begins where it ends, or before")


@dataclass(frozen=True, slots=True)
class Tally:
    """One arm so far: units that saw it, the sum of what they brought, of its squares, and how many brought anything but 0."""

    units: int
    total: float
    squares: float = 0.0
    valued: int = 0

    def __post_init__(self) -> None:
        if self.units < 0:
            raise ValueError("an arm has no fewer than 0 units")


def arm_of(unit: str, salt: str, weights: Mapping[str, int]) -> str:
    """Give the arm of a unit: the same for ever, by a hash and nothing else, as often as the weights say.

    Another salt is another, independent draw. Raises ValueError for weights that name no arm.
    """
    whole = sum(weights.values())
    if whole <= 0 or min(weights.values()) < 0:
        raise ValueError("weights are whole numbers of 0 or more, and one of them at least is above 0")
    drawn = int.from_bytes(hashlib.sha256(f"{salt}:{unit}".encode()).digest()[:8], "big") * whole >> 64
    for arm, weight in weights.items():
        drawn -= weight
        if drawn < 0:
            return arm
    raise AssertionError("the draw lies below the sum of the weights")


def rate_interval(successes: int, units: int, alpha: float = ALPHA) -> Interval:
    """Say where a rate lies: the rates against which the evidence has never reached 1 / alpha. Exact at any moment.

    The evidence is a beta-binomial mixture with a uniform prior, so it is a martingale under the true rate.
    """
    if not 0 <= successes <= units:
        raise ValueError("successes lie between 0 and the units")
    if units == 0:
        return Interval(0.0, 1.0)
    mixed = lgamma(successes + 1) + lgamma(units - successes + 1) - lgamma(units + 2)
    seen, limit = successes / units, -log(alpha)

    def excluded(rate: float) -> bool:
        return mixed - _log_likelihood(rate, successes, units) >= limit

    return Interval(_border(excluded, seen, 0.0), _border(excluded, seen, 1.0))


def _log_likelihood(rate: float, successes: int, units: int) -> float:
    failures = units - successes
    if (rate == 0 and successes) or (rate == 1 and failures):
        return -inf
    return (successes * log(rate) if successes else 0.0) + (failures * log(1 - rate) if failures else 0.0)


def _border(excluded: Callable[[float], bool], inside: float, outside: float) -> float:
    """Find the last rate on the way from one that is inside to the end of the scale that is not excluded, rounded outwards."""
    if not excluded(outside):
        return outside
    for _ in range(_BISECTIONS):
        middle = (inside + outside) / 2
        inside, outside = (inside, middle) if excluded(middle) else (middle, outside)
    return outside


def mean_interval(arm: Tally, alpha: float = ALPHA) -> Interval:
    """Say where a mean lies, such as revenue per unit; anywhere while too few units, or too few with a value, are counted.

    The sequence is asymptotic: where hardly a unit brings anything, the variance seen is too small, and none is 0.
    """
    if arm.units < MEAN_UNITS_MIN or arm.valued < MEAN_VALUED_MIN:
        return Interval(-inf, inf)
    mean = arm.total / arm.units
    deviation = sqrt(max(0.0, arm.squares / arm.units - mean**2))
    rho_squared = (-2 * log(alpha) + log(-2 * log(alpha) + 1)) / TIGHT_AT
    grown = arm.units * rho_squared + 1
    half = deviation * sqrt(2 * grown / (arm.units**2 * rho_squared) * log(sqrt(grown) / alpha))
    return Interval(mean - half, mean + half)


def rate_difference(control: Tally, treatment: Tally, alpha: float = ALPHA) -> Interval:
    """Say where the difference of two rates lies (treatment less control); `total` counts successes."""
    before, after = (rate_interval(round(arm.total), arm.units, alpha / 2) for arm in (control, treatment))
    return Interval(after.low - before.high, after.high - before.low)


def mean_difference(control: Tally, treatment: Tally, alpha: float = ALPHA) -> Interval:
    """Say where the difference of two means lies (treatment less control)."""
    before, after = (mean_interval(arm, alpha / 2) for arm in (control, treatment))
    return Interval(after.low - before.high, after.high - before.low)


def verdict(difference: Interval, harm_max: float = 0.0) -> str:
    """Say what an interval allows to decide: better, worse (for a guardrail: by more than `harm_max`), or open."""
    if difference.low > 0:
        return "better"
    return "worse" if difference.high < -harm_max else "open"
