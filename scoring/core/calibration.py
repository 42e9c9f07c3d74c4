"""Calibration maps, fitted on cross-fitted predictions: beta, Platt (beta with a = b) and isotonic steps.

Beta calibration is a logistic regression on [ln p, -ln(1 - p)]: Kull, Silva Filho, Flach (2017). With a = b = 1, c = 0 it changes
nothing; a, b >= 0 keep the order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import exp, log, log1p

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

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


def fit_beta(probabilities: Floats, outcomes: Bools, weights: Floats | None = None) -> Beta:
    """Fit the map, rows by weight; raw is kept where it does not lower the log loss, or with under 20 rows of one outcome."""
    positives = int(outcomes.sum())
    if min(positives, len(outcomes) - positives) < 20:
        return Beta()
    clipped = np.clip(probabilities, EDGE, 1 - EDGE)
    columns = {"a": np.log(clipped), "b": -np.log1p(-clipped)}
    kept = dict(columns)
    while True:
        fitted = _logistic(np.column_stack([*kept.values(), np.ones(len(clipped))]), outcomes.astype(np.float64), weights)
        # A negative weight would turn the order round: drop its column and fit the other alone.
        negative = [name for name, weight in zip(kept, fitted, strict=False) if weight < 0]
        if not negative:
            break
        del kept[negative[0]]
    found = dict(zip(kept, fitted.tolist(), strict=False))
    beta = Beta(found.get("a", 0.0), found.get("b", 0.0), float(fitted[-1]))
    return beta if _loss(beta.all(clipped), outcomes, weights) < _loss(clipped, outcomes, weights) else Beta()


@dataclass(frozen=True, slots=True)
class Steps:
    """An isotonic map: straight lines between points (x, y), both rising; flat outside of them."""

    x: tuple[float, ...]
    y: tuple[float, ...]

    def all(self, probabilities: Floats) -> Floats:
        """Calibrate an array; the answers lie strictly between 0 and 1."""
        return np.clip(np.interp(probabilities, self.x, self.y), EDGE, 1 - EDGE)


Calibration = Beta | Steps
PLATT_BELOW = 200
ISOTONIC_ROWS, ISOTONIC_POSITIVES = 5_000, 500


def fit_platt(probabilities: Floats, outcomes: Bools, weights: Floats | None = None) -> Beta:
    """Fit p -> sigmoid(a logit p + c) with a >= 0; raw is kept where one outcome is missing."""
    if not 0 < outcomes.sum() < len(outcomes):
        return Beta()
    clipped = np.clip(probabilities, EDGE, 1 - EDGE)
    columns = np.column_stack([logit(clipped), np.ones(len(clipped))])
    slope, shift = _logistic(columns, outcomes.astype(np.float64), weights).tolist()
    return Beta(max(0.0, slope), max(0.0, slope), shift) if slope > 0 else Beta()


def fit_isotonic(probabilities: Floats, outcomes: Bools, weights: Floats | None = None) -> Steps:
    """Fit a rising map by pooling neighbours in the wrong order, every row alike; a pool is shrunk to its half row of doubt."""
    order = np.argsort(probabilities, kind="stable")
    pools: list[list[float]] = []  # rows, positives, sum of probabilities
    for p, y in zip(probabilities[order].tolist(), outcomes[order].tolist(), strict=True):
        pools.append([1.0, float(y), p])
        while len(pools) > 1 and pools[-2][1] * pools[-1][0] >= pools[-1][1] * pools[-2][0]:
            last = pools.pop()
            pools[-1] = [a + b for a, b in zip(pools[-1], last, strict=True)]
    x = [total / rows for rows, _, total in pools]
    return Steps(tuple(x), tuple(np.maximum.accumulate([(hits + 0.5) / (rows + 1) for rows, hits, _ in pools]).tolist()))


Fit = Callable[[Floats, Bools, Floats | None], Calibration]
FITS: Mapping[str, Fit] = {
    "raw": lambda probabilities, outcomes, weights: Beta(),
    "platt": fit_platt,
    "beta": fit_beta,
    "isotonic": fit_isotonic,
}


@dataclass(frozen=True, slots=True)
class Choice:
    """The map that was chosen, what each allowed one costs in cross-validated log loss, and its cross-validated answers."""

    method: str
    calibration: Calibration
    losses: Mapping[str, float]
    crossed: Floats


def choose_calibration(
    probabilities: Floats, outcomes: Bools, folds: Ints, weights: Floats | None = None, *, rising: bool = False
) -> Choice:
    """Choose among raw and what so many rows allow by cross-validated log loss; `probabilities` must be cross-fitted themselves.

    Platt below 200 positives, beta from there on, isotonic only from 5,000 rows and 500 positives; raw where nothing beats it.
    `rising` leaves isotonic out: its flat parts would make leads equal that the model tells apart.
    """
    names = [name for name in allowed_fits(outcomes) if not (rising and name == "isotonic")]
    crossed = {name: _crossed(FITS[name], probabilities, outcomes, folds, weights) for name in names}
    losses = {name: _loss(answers, outcomes, weights) for name, answers in crossed.items()}
    method = min(losses, key=lambda name: (losses[name], name != "raw"))
    return Choice(method, FITS[method](probabilities, outcomes, weights), losses, crossed[method])


def allowed_fits(outcomes: Bools) -> tuple[str, ...]:
    """Name the maps that so many rows and positives allow."""
    rows, positives = len(outcomes), int(outcomes.sum())
    if min(positives, rows - positives) < PLATT_BELOW:
        return ("raw", "platt")
    many = rows >= ISOTONIC_ROWS and positives >= ISOTONIC_POSITIVES
    return ("raw", "beta", "isotonic") if many else ("raw", "beta")


def logit(probabilities: Floats) -> Floats:
    """Give ln p - ln(1 - p) of probabilities strictly between 0 and 1."""
    return np.log(probabilities) - np.log1p(-probabilities)


def _crossed(fit: Fit, probabilities: Floats, outcomes: Bools, folds: Ints, weights: Floats | None) -> Floats:
    answers = np.empty(len(probabilities))
    for fold in np.unique(folds):
        inside = folds == fold
        shares = None if weights is None else weights[~inside]
        answers[inside] = fit(probabilities[~inside], outcomes[~inside], shares).all(probabilities[inside])
    return np.clip(answers, EDGE, 1 - EDGE)


def _loss(probabilities: Floats, outcomes: Bools, weights: Floats | None) -> float:
    return float(-np.average(np.where(outcomes, np.log(probabilities), np.log1p(-probabilities)), weights=weights))


def _logistic(columns: Floats, labels: Floats, shares: Floats | None) -> Floats:
    """Fit a logistic regression by Newton's method with a halved step where the loss would rise."""
    # Rows of weight 1 count as they did before weights: multiplying by 1.0 changes no bit.
    each = np.ones(len(labels)) if shares is None else shares
    weights = np.zeros(columns.shape[1])
    loss = _negative_likelihood(columns, labels, weights, each)
    for _ in range(STEPS):
        fitted = 1.0 / (1.0 + np.exp(-np.clip(columns @ weights, -30, 30)))
        gradient = columns.T @ (each * (fitted - labels))
        curvature = (columns * (each * fitted * (1 - fitted))[:, None]).T @ columns + RIDGE * np.eye(columns.shape[1])
        step = np.linalg.solve(curvature, gradient)
        for _halving in range(20):
            moved = weights - step
            moved_loss = _negative_likelihood(columns, labels, moved, each)
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


def _negative_likelihood(columns: Floats, labels: Floats, weights: Floats, each: Floats) -> float:
    logits = columns @ weights
    return float(np.sum(each * (np.logaddexp(0.0, logits) - labels * logits)))
