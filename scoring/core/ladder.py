"""What a campaign adds to its vertical's answer, by how many of its own outcomes are known: the hand-over ladder.

A layer works on the vertical's logit: p = sigmoid(a logit(p_vertical) + b). Few labels move it little, because every step is
shrunk to the step below. docs/algorithms/ladder.md has formulas and worked numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, log1p
from types import MappingProxyType
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from scoring.core.calibration import EDGE, fit_platt
from scoring.core.level import PRIOR_STRENGTH, fit_intercept, moved
from scoring.core.phases import phase_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Layer:
    """A campaign's map of its vertical's probability. `phase` is a key of `phases.LADDER`; `trees` give one more logit.

    `columns` is the width of the features that the trees want, 0 without trees.
    """

    phase: str
    a: float = 1.0
    b: float = 0.0
    labels: int = 0
    positives: int = 0
    trees: Callable[[Sequence[float]], float] | None = None
    columns: int = 0

    def __call__(self, probability: float, features: Sequence[float] = ()) -> float:
        """Give the campaign's chance from the vertical's; strictly between 0 and 1, and rising with it without trees."""
        total = self.a * (log(probability) - log1p(-probability)) + self.b
        if self.trees is not None:
            total += self.trees(features)
        return min(1.0 - EDGE, max(EDGE, 1.0 / (1.0 + exp(-max(-700.0, min(700.0, total))))))

    def all(self, probabilities: Floats) -> Floats:
        """Map many probabilities, without trees."""
        return np.array([self(one) for one in probabilities.tolist()])


Layers = Mapping[UUID, Layer]
NO_LAYERS: Layers = MappingProxyType({})


def fit_layer(served: Floats, outcomes: Bools, *, prior: float = 0.0) -> Layer:
    """Fit the highest affine step that the labels allow, on what the vertical served; `prior` is the shift of the step above.

    The intercept is shrunk towards `prior` with the strength of 300 labels. Platt's slope and shift are shrunk the same way: 300
    more labels say that the intercept's layer was right.
    """
    labels, positives = len(outcomes), int(outcomes.sum())
    phase = phase_of(labels, positives).step.key
    if phase == "prior":
        return Layer(phase, 1.0, prior, labels, positives)
    shift = fit_intercept(served, outcomes, prior=prior)
    if phase == "intercept":
        return Layer(phase, 1.0, shift, labels, positives)
    a, b = _shrunk_platt(served, outcomes, shift)
    return Layer("platt", a, b, labels, positives)


def _shrunk_platt(served: Floats, outcomes: Bools, shift: float) -> tuple[float, float]:
    """Fit Platt on the labels and on the same leads once more, weighing 300 in all, with the intercept's answers as outcomes."""
    below, share = moved(served, shift), PRIOR_STRENGTH / len(outcomes)
    rows = np.concatenate([served, served, served])
    labels = np.concatenate([outcomes, np.ones(len(below), dtype=bool), np.zeros(len(below), dtype=bool)])
    weights = np.concatenate([np.ones(len(outcomes)), share * below, share * (1 - below)])
    found = fit_platt(rows, labels, weights)
    return found.a, found.c


@dataclass(frozen=True, slots=True)
class Effect:
    """The shift of one place in the hierarchy from the place above it, the sum down to it, and the labels it rests on."""

    own: float
    total: float
    labels: int


def pool_intercepts(
    served: Floats, outcomes: Bools, paths: Sequence[tuple[str, ...]], *, strength: float = PRIOR_STRENGTH
) -> Mapping[tuple[str, ...], Effect]:
    """Fit a shift for every place of a hierarchy, each shrunk to the place above it: partial pooling of intercepts.

    `paths` name the places of each row from the top, such as ("TX", "advertiser", "campaign"). Every place gets
    the shift under which its own labels and `strength` more at the level above are together as expected.
    """
    totals, effects = np.zeros(len(outcomes)), {}
    for depth in range(1, 1 + max((len(path) for path in paths), default=0)):
        places: dict[tuple[str, ...], list[int]] = {}
        for row, path in enumerate(paths):
            if len(path) >= depth:
                places.setdefault(path[:depth], []).append(row)
        above = totals.copy()
        for place, rows in places.items():
            prior = float(above[rows[0]])
            total = fit_intercept(served[rows], outcomes[rows], prior=prior, strength=strength)
            effects[place] = Effect(total - prior, total, len(rows))
            totals[rows] = total
    return effects


@dataclass(frozen=True, slots=True)
class Paired:
    """Two series of answers on the same labels: the second's mean gain in log loss, and its z."""

    rows: int
    positives: int
    first_loss: float
    second_loss: float
    gain: float
    z: float


def paired_test(
    first: Floats, second: Floats, outcomes: Bools, weights: Floats | None = None, groups: Ints | None = None
) -> Paired:
    """Compare log losses row by row; z is the mean gain over its standard error, 0 where both say the same.

    Rows of one of the `groups` (0, 1, ...) are one observation: a lead sold three times tells its story once.
    """
    losses = [
        -np.where(outcomes, np.log(one), np.log1p(-one))
        for one in (np.clip(first, EDGE, 1 - EDGE), np.clip(second, EDGE, 1 - EDGE))
    ]
    share = np.ones(len(outcomes)) if weights is None else weights
    share = share / share.sum()
    gains = losses[0] - losses[1]
    gain = float(share @ gains)
    deviations = share * (gains - gain)
    if groups is not None:
        deviations = np.bincount(groups, weights=deviations)
    error = float(np.sqrt(np.sum(deviations**2)))
    z = gain / error if error > 0 else 0.0
    return Paired(len(outcomes), int(outcomes.sum()), float(share @ losses[0]), float(share @ losses[1]), gain, z)
