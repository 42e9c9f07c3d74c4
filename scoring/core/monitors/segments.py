"""The same monitors for each source, state, campaign and device: where a model is wrong, though right on the whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import copysign, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from scoring.core.columns import Feature
from scoring.core.evaluation import Metrics, lift
from scoring.core.level import fit_intercept, moved
from scoring.core.monitors.alarms import Cusum
from scoring.core.monitors.drift import Inputs, compare_inputs
from scoring.core.monitors.quality import Level, level_of, metrics_of

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ROWS_LEAST = 50
SEGMENTS_MAX = 40
CHANCE = 0.001
"""That any segment of a report is amber where nothing is wrong; a look an hour at windows that overlap makes more of it."""
LEVEL_ROWS, LEVEL_STRENGTH = 500, 50.0
"""The level of the whole is fitted anew on so many rows in a row, as if so many more said that it is that of all of them."""
LIFT_SHARE = 0.25
INPUTS_LEAST, RECENT_MAX = 600, 1_000
INPUTS_MAX = 6
Groups = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Segment:
    """One source, state, campaign or device, and how far it stands `apart` from the whole, in standard deviations.

    `level` compares with what was served; `apart` and `cusum` (the sum that rang, 0 for none) with the level of all rows of the
    same days together, so that a move of the whole makes no segment amber. `lift` is the best quarter's, None where all outcomes
    are alike.
    """

    kind: str
    key: str
    level: Level
    metrics: Metrics | None
    lift: float | None
    apart: float
    cusum: float
    limit: float

    @property
    def amber(self) -> bool:
        """Say whether somebody should look."""
        return abs(self.apart) > self.limit or self.cusum != 0


@dataclass(frozen=True, slots=True)
class SegmentInputs:
    """What the drift monitors saw in one segment of what was served."""

    kind: str
    key: str
    inputs: Inputs


def segments_of(probabilities: Floats, outcomes: Bools, groups: Groups) -> tuple[Segment, ...]:
    """Judge each value of each grouping ("state" -> one value a row), the SEGMENTS_MAX largest with ROWS_LEAST rows or more.

    Rows come in order of time.
    Rows without a value ("") are in no segment. The limit is Bonferroni's over all segments of the report.
    """
    found = list(_segments(groups, ROWS_LEAST, SEGMENTS_MAX))
    limit = NormalDist().inv_cdf(1 - CHANCE / 2 / max(1, len(found)))
    whole = _at_level_of_whole(probabilities, outcomes) if found else probabilities
    return tuple(
        Segment(
            kind,
            key,
            level_of(probabilities[inside], outcomes[inside]),
            metrics := metrics_of(probabilities[inside], outcomes[inside]),
            None if metrics is None else lift(probabilities[inside], outcomes[inside], LIFT_SHARE),
            apart(whole[inside], outcomes[inside]),
            _cusum(whole[inside], outcomes[inside]),
            limit,
        )
        for kind, key, inside in found
    )


def _at_level_of_whole(probabilities: Floats, outcomes: Bools) -> Floats:
    """Move all rows to the level that they had together, which may itself have moved since the first of them."""
    usual, found = fit_intercept(probabilities, outcomes, strength=0.0), np.empty(len(probabilities))
    for place in range(0, len(probabilities), LEVEL_ROWS):
        part = slice(place, place + LEVEL_ROWS)
        shift = fit_intercept(probabilities[part], outcomes[part], prior=usual, strength=LEVEL_STRENGTH)
        found[part] = moved(probabilities[part], shift)
    return found


def apart(expected: Floats, outcomes: Bools) -> float:
    """Give the signed root of the likelihood ratio of "its level is another one" over "it is as expected".

    Standard normal where nothing is wrong, also in the tails and where few outcomes are expected, where z is not.
    """
    shift = fit_intercept(expected, outcomes, strength=0.0)
    gain = _log_likelihood(moved(expected, shift), outcomes) - _log_likelihood(expected, outcomes)
    return copysign(sqrt(max(0.0, 2 * gain)), shift)


def segment_inputs(columns: Sequence[Feature], features: Floats, groups: Groups) -> tuple[SegmentInputs, ...]:
    """Compare the newest rows of each large segment with those before them, (n, columns) in order of time.

    A segment needs INPUTS_LEAST rows, the INPUTS_MAX largest of a grouping are looked at, and all limits allow for their number.
    """
    found = list(_segments(groups, INPUTS_LEAST, INPUTS_MAX))
    reports = []
    for kind, key, inside in found:
        rows = features[inside]
        border = len(rows) - min(RECENT_MAX, len(rows) // 3)
        reports.append(SegmentInputs(kind, key, compare_inputs(columns, rows[:border], rows[border:], among=len(found))))
    return tuple(reports)


def _log_likelihood(chances: Floats, outcomes: Bools) -> float:
    return float(np.log(np.where(outcomes, chances, 1 - chances)).sum())


def _cusum(expected: Floats, outcomes: Bools) -> float:
    chart, rang = Cusum(), 0.0
    for probability, outcome in zip(expected.tolist(), outcomes.tolist(), strict=True):
        if chart.learn(probability, outcome):
            rang = chart.reached
    return rang


def _segments(groups: Groups, least: int, most: int) -> Iterator[tuple[str, str, Bools]]:
    for kind, values in groups.items():
        for key, inside in _largest(np.asarray(values, dtype=object), least, most):
            yield kind, key, inside


def _largest(values: NDArray[np.object_], least: int, most: int) -> list[tuple[str, Bools]]:
    keys, counts = np.unique(values.astype(str), return_counts=True)
    ordered = sorted(zip(keys.tolist(), counts.tolist(), strict=True), key=lambda one: (-one[1], one[0]))
    kept = [key for key, count in ordered if key and count >= least]
    return [(key, np.asarray(values == key)) for key in kept[:most]]
