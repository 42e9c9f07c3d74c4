"""How good probabilities are: ranking (AUC), log loss, Brier, calibration error and its noise floor, observed / expected."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

BINS = 15
PERCENTILES = 1000
EPSILON = 1e-15


@dataclass(frozen=True, slots=True)
class Metrics:
    """Figures of one set of rows. `ece` compares with `ece_floor`: what a perfect model would show on so few rows.

    `skill` is 1 - log loss / log loss of the constant base rate, `oe` observed / expected, `oe_z` its z value.
    """

    rows: int
    positives: int
    auc: float
    auc_low: float
    auc_high: float
    log_loss: float
    skill: float
    brier: float
    ece: float
    ece_floor: float
    oe: float
    oe_z: float


@dataclass(frozen=True, slots=True)
class Bin:
    """One line of a calibration table: rows of similar probability, their mean and what came of them."""

    rows: int
    predicted: float
    observed: float


@dataclass(frozen=True, slots=True)
class Gain:
    """Nats a row by which a log loss lies below that of a constant, and the 95 % interval of this mean."""

    mean: float
    low: float
    high: float


def percentiles_of(probabilities: Floats) -> tuple[float, ...]:
    """Give the equidistant quantiles that `scoring.core.serving.percentile_of` reads a percentile from."""
    return tuple(np.quantile(probabilities, np.arange(1, PERCENTILES) / PERCENTILES).tolist())


def evaluate(probabilities: Floats, outcomes: Bools) -> Metrics:
    """Compute all figures; needs rows of both outcomes (ValueError)."""
    rows, positives = len(outcomes), int(outcomes.sum())
    if positives in {0, rows}:
        raise ValueError("figures of a model need rows with and without the outcome")
    ranking = auc(probabilities, outcomes)
    error = _auc_error(ranking, positives, rows - positives)
    loss = log_loss(probabilities, outcomes)
    base = log_loss(np.full(rows, positives / rows), outcomes)
    expected, variance = float(probabilities.sum()), float((probabilities * (1 - probabilities)).sum())
    return Metrics(
        rows=rows,
        positives=positives,
        auc=ranking,
        auc_low=max(0.0, ranking - 1.96 * error),
        auc_high=min(1.0, ranking + 1.96 * error),
        log_loss=loss,
        skill=1.0 - loss / base,
        brier=float(np.mean((probabilities - outcomes) ** 2)),
        ece=calibration_error(probabilities, outcomes.astype(np.float64)),
        ece_floor=ece_floor(probabilities),
        oe=positives / expected if expected > 0 else 0.0,
        oe_z=(positives - expected) / sqrt(variance) if variance > 0 else 0.0,
    )


def auc(probabilities: Floats, outcomes: Bools) -> float:
    """Give the chance that a row with the outcome ranks above one without; ties count half."""
    _, inverse, counts = np.unique(probabilities, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    positives = int(outcomes.sum())
    negatives = len(outcomes) - positives
    return float((ranks[outcomes].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def log_loss(probabilities: Floats, outcomes: Bools) -> float:
    """Give the mean negative log likelihood in nats."""
    return float(np.mean(_losses(probabilities, outcomes)))


def gain_over_base_rate(probabilities: Floats, outcomes: Bools) -> Gain:
    """Compare log losses row by row (n,) with those of the rows' own base rate; needs two rows, of both outcomes.

    That constant is known in hindsight only, so nobody could have said a better one beforehand.
    """
    gains = _losses(np.full(len(outcomes), outcomes.mean()), outcomes) - _losses(probabilities, outcomes)
    mean, error = float(gains.mean()), float(gains.std(ddof=1)) / sqrt(len(gains))
    return Gain(mean, mean - 1.96 * error, mean + 1.96 * error)


def _losses(probabilities: Floats, outcomes: Bools) -> Floats:
    clipped = np.clip(probabilities, EPSILON, 1 - EPSILON)
    return np.asarray(-np.where(outcomes, np.log(clipped), np.log1p(-clipped)))


def lift(probabilities: Floats, outcomes: Bools, share: float) -> float:
    """Give how many times the base rate the best `share` of the rows reaches; ties at the border count by their mean."""
    wanted = share * len(outcomes)
    return _hits_among(probabilities, outcomes, wanted) / wanted / float(outcomes.mean())


def top_hits(probabilities: Floats, outcomes: Bools, share: float) -> tuple[int, int]:
    """Count the outcomes among the best `share` of the rows, and those rows; ties are taken in the order of the rows."""
    count = round(share * len(outcomes))
    order = np.argsort(-probabilities, kind="stable")[:count]
    return int(outcomes[order].sum()), count


def _hits_among(probabilities: Floats, outcomes: Bools, wanted: float) -> float:
    """Count outcomes among the best rows; of the rows that tie at the border a fair part counts."""
    values, inverse = np.unique(-probabilities, return_inverse=True)
    rows = np.bincount(inverse, minlength=len(values)).astype(np.float64)
    hits = np.bincount(inverse, weights=outcomes, minlength=len(values))
    return float(np.interp(wanted, np.concatenate([[0.0], rows.cumsum()]), np.concatenate([[0.0], hits.cumsum()])))


def calibration_table(probabilities: Floats, truth: Floats, bins: int = BINS) -> tuple[Bin, ...]:
    """Cut rows into bins of equal size by probability; `truth` holds outcomes (0 or 1) or true chances."""
    order = np.argsort(probabilities, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return tuple(Bin(len(part), float(probabilities[part].mean()), float(truth[part].mean())) for part in parts)


def calibration_error(probabilities: Floats, truth: Floats, bins: int = BINS) -> float:
    """Give the ECE: mean distance of predicted and observed over bins of equal size, weighted by rows."""
    table = calibration_table(probabilities, truth, bins)
    return sum(line.rows * abs(line.predicted - line.observed) for line in table) / len(probabilities)


def ece_floor(probabilities: Floats, bins: int = BINS) -> float:
    """Give the ECE a perfect model shows by chance: .8 sqrt(mean p(1-p) bins / n), .8 being the mean of |normal|."""
    return 0.8 * sqrt(float(np.mean(probabilities * (1 - probabilities))) * bins / len(probabilities))


def _auc_error(ranking: float, positives: int, negatives: int) -> float:
    # Hanley and McNeil (1982), "The meaning and use of the area under a ROC curve".
    first, second = ranking / (2 - ranking), 2 * ranking**2 / (1 + ranking)
    spread = ranking * (1 - ranking) + (positives - 1) * (first - ranking**2) + (negatives - 1) * (second - ranking**2)
    return sqrt(max(0.0, spread) / (positives * negatives))
