"""Whether leads look otherwise than before, without labels: PSI and KS column by column, and a classifier of old against new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from scoring.core.columns import CATEGORY, Feature
from scoring.core.evaluation import auc

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

PSI_LIMIT = 0.2
PSI_BINS = 10
CHANCE = 0.001  # of one amber column in a whole report where nothing has changed
DOMAIN_FOLDS = 4
DOMAIN_SIGMAS = 4.0
DOMAIN_LEAST = 0.55
RIDGE = 10.0
LEVELS_MAX = 12
CALENDAR_NAMES = frozenset({"consent.age_minutes", "events.quiet_minutes", "touchpoints.span_days"})
OWN_FAMILY = "source."
"""What the exchange itself has counted of a source; each hour it has counted more."""


def moves_by_itself(feature: Feature) -> bool:
    """Say whether a column differs between any two windows, and that is no news: it follows the clock, or our own counting."""
    return feature.calendar or feature.name in CALENDAR_NAMES or feature.name.startswith(OWN_FAMILY)


@dataclass(frozen=True, slots=True)
class Shift:
    """One column before and after: PSI beside its limit, KS distance with its chance if nothing has changed, shares of absent."""

    name: str
    words: str
    psi: float
    psi_limit: float
    ks: float
    chance: float
    absent_before: float
    absent_after: float
    amber: bool


@dataclass(frozen=True, slots=True)
class Domain:
    """How well old and new rows are told apart, cross-validated; beyond `limit` that is no chance."""

    auc: float
    limit: float

    @property
    def amber(self) -> bool:
        """Say whether somebody should look."""
        return self.auc > self.limit


@dataclass(frozen=True, slots=True)
class Inputs:
    """What drift monitors saw: rows before and after, columns with the largest change first, and the classifier."""

    before: int
    after: int
    columns: tuple[Shift, ...]
    domain: Domain

    @property
    def amber(self) -> bool:
        """Say whether somebody should look."""
        return self.domain.amber or any(column.amber for column in self.columns)


def compare_inputs(features: Sequence[Feature], before: Floats, after: Floats, *, seed: int = 1, among: int = 1) -> Inputs:
    """Compare two sets of rows (n, columns) of the same features; columns that move by themselves are left out.

    `among` is how many such comparisons one report makes: every limit allows for their number.
    """
    kept = [place for place, feature in enumerate(features) if not moves_by_itself(feature)]
    shifts = [_shift(features[place], before[:, place], after[:, place], len(kept) * among) for place in kept]
    shifts.sort(key=lambda one: (-one.amber, -one.psi, one.name))
    domain = tell_apart([features[place] for place in kept], before[:, kept], after[:, kept], seed=seed, among=among)
    return Inputs(len(before), len(after), tuple(shifts), domain)


def _shift(feature: Feature, before: Floats, after: Floats, columns: int) -> Shift:
    index, bins = psi(before, after, category=feature.kind == CATEGORY)
    limit = max(PSI_LIMIT, _psi_by_chance(bins, len(before), len(after), CHANCE / columns))
    distance, chance = ks(before, after)
    absent = float(np.isnan(before).mean()), float(np.isnan(after).mean())
    amber = index > limit or chance < CHANCE / columns
    return Shift(feature.name, feature.words, index, limit, distance, chance, *absent, amber)


def psi(before: Floats, after: Floats, *, category: bool = False) -> tuple[float, int]:
    """Give the population stability index, sum (a - b) ln(a / b) over deciles of `before` (or levels), and how many bins it has.

    Levels are those of either side, absent is a bin of its own. Half a row is added to each bin, so that one without rows counts
    and stays finite.
    """
    edges = _edges(before, after, category)
    counted = [_counts(values, edges) for values in (before, after)]
    used = (counted[0] + counted[1]) > 0
    old, new = ((counts[used] + 0.5) / (counts[used] + 0.5).sum() for counts in counted)
    return float(((new - old) * np.log(new / old)).sum()), int(used.sum())


def _psi_by_chance(bins: int, before: int, after: int, chance: float) -> float:
    # PSI / (1 / n + 1 / m) is about chi-squared with bins - 1 degrees; its quantile by Wilson and Hilferty (1931).
    degrees = max(1, bins - 1)
    part = 2 / (9 * degrees)
    quantile = degrees * (1 - part + NormalDist().inv_cdf(1 - chance) * sqrt(part)) ** 3
    return float(quantile * (1 / before + 1 / after))


def _edges(before: Floats, after: Floats, category: bool) -> Floats:
    old, both = (values[~np.isnan(values)] for values in (before, np.concatenate([before, after])))
    levels = np.unique(both)
    if category or len(levels) <= PSI_BINS:
        return levels
    few = np.unique(old)
    return few if len(few) <= PSI_BINS else np.unique(np.quantile(old, np.linspace(0, 1, PSI_BINS + 1)[1:-1]))


def _counts(values: Floats, edges: Floats) -> Floats:
    places = np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="right"))
    return np.bincount(places.astype(np.int64), minlength=len(edges) + 2).astype(np.float64)


def ks(before: Floats, after: Floats) -> tuple[float, float]:
    """Give Kolmogorov's and Smirnov's largest distance and its chance (asymptotic; ties make it cautious); absent is lowest."""
    old, new = (np.sort(np.nan_to_num(values, nan=-np.inf)) for values in (before, after))
    both = np.concatenate([old, new])
    shares = [np.searchsorted(values, both, side="right") / len(values) for values in (old, new)]
    distance = float(np.abs(shares[0] - shares[1]).max())
    root = sqrt(len(old) * len(new) / (len(old) + len(new)))
    return distance, _kolmogorov(distance * (root + 0.12 + 0.11 / root))


def _kolmogorov(value: float) -> float:
    # Stephens (1970) makes the asymptotic series good for small samples; below .2 it is 1 to all digits.
    if value < 0.2:
        return 1.0
    terms = (exp(-2 * k * k * value * value) * (1 if k % 2 else -1) for k in range(1, 101))
    return min(1.0, max(0.0, 2 * sum(terms)))


def tell_apart(features: Sequence[Feature], before: Floats, after: Floats, *, seed: int = 1, among: int = 1) -> Domain:
    """Cross-validate Fisher's discriminant of old against new rows and give its AUC beside the limit.

    Under "nothing has changed" the AUC has mean .5 and variance (n + m + 1) / (12 n m) (Mann and Whitney); the limit is that of
    four standard deviations (more where it is one `among` many), and at least .55, because less is nothing to look at.
    """
    rows = np.concatenate([before, after])
    new = np.arange(len(rows)) >= len(before)
    design = _design(features, rows)
    fold = np.random.default_rng(seed).permutation(len(rows)) % DOMAIN_FOLDS
    answers = np.zeros(len(rows))
    for number in range(DOMAIN_FOLDS):
        held = fold == number
        answers[held] = _ranked(design[held] @ _discriminant(design[~held], new[~held]))
    spread = sqrt((len(rows) + 1) / (12 * len(before) * len(after)))
    sigmas = NormalDist().inv_cdf(1 - (1 - NormalDist().cdf(DOMAIN_SIGMAS)) / among)
    return Domain(auc(answers, new), max(DOMAIN_LEAST, 0.5 + sigmas * spread))


def _ranked(scores: Floats) -> Floats:
    # Each fold has a discriminant of its own; ranks within the fold make them comparable.
    return np.argsort(np.argsort(scores)) / max(1, len(scores))


def _discriminant(design: Floats, new: Bools) -> Floats:
    centred = design - design.mean(axis=0)
    penalty = RIDGE * np.eye(design.shape[1])
    return np.asarray(np.linalg.solve(centred.T @ centred + penalty, centred.T @ (new - new.mean())))


def _design(features: Sequence[Feature], rows: Floats) -> Floats:
    """Write rows for a linear model: absent or not, rank and its square, levels as flags; standardized, constants gone."""
    columns: list[Floats] = []
    for place, feature in enumerate(features):
        values = rows[:, place]
        columns.append(np.isnan(values).astype(np.float64))
        if feature.kind == CATEGORY:
            columns += [(values == level).astype(np.float64) for level in range(min(LEVELS_MAX, len(feature.levels)))]
        else:
            middle = _middled(values)
            columns += [middle, middle**2]
    found = np.column_stack(columns)
    spread = found.std(axis=0)
    moving = spread > 1e-9
    return np.asarray((found[:, moving] - found[:, moving].mean(axis=0)) / spread[moving])


def _middled(values: Floats) -> Floats:
    """Give the rank of each value among those present, from -1/2 to 1/2, ties in the middle of theirs and absent at 0."""
    present = np.sort(values[~np.isnan(values)])
    if not len(present):
        return np.zeros(len(values))
    below, upto = (np.searchsorted(present, values, side=side) for side in ("left", "right"))
    return np.where(np.isnan(values), 0.0, (below + upto) / (2 * len(present)) - 0.5)
