"""How good served probabilities were on rows whose outcome is known, in figures that one report holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scoring.core.evaluation import Bin, Metrics, calibration_table, evaluate, lift
from scoring.core.level import level_z

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LIFT_SHARES = (0.10, 0.25, 0.50)
BAND_EDGES = (0.0, 0.02, 0.05, 0.10, 0.20, 0.40, 1.0)
CURVE_POINTS = 40
WINDOW_ROWS = 500
SHARES = 20


@dataclass(frozen=True, slots=True)
class Level:
    """What happened beside what was said: `z` = (observed - expected) / sqrt(sum p (1 - p))."""

    rows: int
    observed: int
    expected: float
    z: float


@dataclass(frozen=True, slots=True)
class Lift:
    """How many times the base rate the best `share` of the rows reaches."""

    share: float
    lift: float


@dataclass(frozen=True, slots=True)
class Point:
    """One point of the precision-recall curve: taking every row from `threshold` on."""

    threshold: float
    recall: float
    precision: float


@dataclass(frozen=True, slots=True)
class Band:
    """Rows with `low` <= p < `high`; `spend` in the unit it was given in, `cost` the spend of one outcome, None without one.

    The spend of a band is None while that of any of its rows is not known: a part of it would make outcomes look cheap.
    """

    low: float
    high: float
    rows: int
    positives: int
    expected: float
    spend: float | None
    cost: float | None


@dataclass(frozen=True, slots=True)
class Window:
    """One run of rows in order: from which to which moment (ms), its level, and its metrics where it has both outcomes."""

    from_ms: int
    until_ms: int
    level: Level
    metrics: Metrics | None


@dataclass(frozen=True, slots=True)
class Quality:
    """Everything about one set of rows with outcomes; `metrics`, `lifts` and `curve` need rows of both outcomes."""

    level: Level
    metrics: Metrics | None
    lifts: tuple[Lift, ...]
    table: tuple[Bin, ...]
    curve: tuple[Point, ...]
    bands: tuple[Band, ...]


def level_of(probabilities: Floats, outcomes: Bools) -> Level:
    """Compare the number of outcomes with the expected one."""
    return Level(
        len(outcomes), int(outcomes.sum()), float(probabilities.sum()), level_z(probabilities, outcomes) if len(outcomes) else 0.0
    )


def metrics_of(probabilities: Floats, outcomes: Bools) -> Metrics | None:
    """Give the figures of `evaluate`, None where all rows have one outcome."""
    return evaluate(probabilities, outcomes) if 0 < int(outcomes.sum()) < len(outcomes) else None


def quality_of(probabilities: Floats, outcomes: Bools, spend: Floats | None = None) -> Quality:
    """Compute a report's figures; `spend` is what each row cost its buyer, in one unit."""
    metrics = metrics_of(probabilities, outcomes)
    judged = metrics is not None
    return Quality(
        level=level_of(probabilities, outcomes),
        metrics=metrics,
        lifts=tuple(Lift(share, lift(probabilities, outcomes, share)) for share in LIFT_SHARES) if judged else (),
        table=calibration_table(probabilities, outcomes.astype(np.float64)) if len(outcomes) else (),
        curve=precision_recall(probabilities, outcomes) if judged else (),
        bands=bands_of(probabilities, outcomes, spend),
    )


def windows_of(probabilities: Floats, outcomes: Bools, at_ms: NDArray[np.int64], rows: int = WINDOW_ROWS) -> tuple[Window, ...]:
    """Cut rows in order into windows of `rows`, the newest last and full; a first part below half of that is left out."""
    edges = list(range(len(outcomes), 0, -rows))[::-1]
    starts = [max(0, edge - rows) for edge in edges]
    parts = [slice(start, edge) for start, edge in zip(starts, edges, strict=True) if edge - start >= rows / 2]
    return tuple(
        Window(
            int(at_ms[part][0]),
            int(at_ms[part][-1]),
            level_of(probabilities[part], outcomes[part]),
            metrics_of(probabilities[part], outcomes[part]),
        )
        for part in parts
    )


def precision_recall(probabilities: Floats, outcomes: Bools, points: int = CURVE_POINTS) -> tuple[Point, ...]:
    """Give at most `points` points of the curve, from the best hundredth of the rows on; rows of equal p are taken together."""
    order = np.argsort(-probabilities, kind="stable")
    chances, hits = probabilities[order], outcomes[order].cumsum()
    last_of_tie = np.flatnonzero(np.append(chances[1:] != chances[:-1], True))
    last_of_tie = last_of_tie[last_of_tie >= len(chances) // 100]
    chosen = last_of_tie[np.unique(np.linspace(0, len(last_of_tie) - 1, points).round().astype(int))]
    total = int(outcomes.sum())
    return tuple(Point(float(chances[end]), float(hits[end] / total), float(hits[end] / (end + 1))) for end in chosen)


def bands_of(
    probabilities: Floats, outcomes: Bools, spend: Floats | None = None, edges: Sequence[float] = BAND_EDGES
) -> tuple[Band, ...]:
    """Sum up rows by bands of p; the last band holds its upper edge, bands without rows are left out."""
    places = np.clip(np.searchsorted(edges, probabilities, side="right") - 1, 0, len(edges) - 2)
    return tuple(
        _band(edges[place], edges[place + 1], probabilities[inside], outcomes[inside], None if spend is None else spend[inside])
        for place in range(len(edges) - 1)
        if (inside := places == place).any()
    )


def _band(low: float, high: float, probabilities: Floats, outcomes: Bools, spend: Floats | None) -> Band:
    positives, paid = int(outcomes.sum()), None if spend is None or np.isnan(spend).any() else float(spend.sum())
    cost = paid / positives if paid is not None and positives else None
    return Band(low, high, len(outcomes), positives, float(probabilities.sum()), paid, cost)


def distribution(probabilities: Floats, shares: int = SHARES) -> tuple[float, ...]:
    """Give the share of rows in each of `shares` parts of [0, 1] of equal width."""
    if not len(probabilities):
        return ()
    counts, _ = np.histogram(probabilities, bins=shares, range=(0.0, 1.0))
    return tuple(float(count) / len(probabilities) for count in counts)
