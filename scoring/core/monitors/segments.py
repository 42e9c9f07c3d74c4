"""The same figures for each source, state, campaign and device: where a model is wrong, though right on the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from scoring.core.evaluation import Metrics
from scoring.core.monitors.quality import Level, level_of, metrics_of

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ROWS_LEAST = 50
SEGMENTS_MAX = 40
CHANCE = 0.0027  # of |z| > 3


@dataclass(frozen=True, slots=True)
class Segment:
    """One source, state, campaign or device; amber when its z is too large for one of so many segments."""

    kind: str
    key: str
    level: Level
    metrics: Metrics | None
    amber: bool


def segments_of(probabilities: Floats, outcomes: Bools, groups: Mapping[str, Sequence[str]]) -> tuple[Segment, ...]:
    """Judge each value of each grouping ("state" -> one value a row), the SEGMENTS_MAX largest with ROWS_LEAST rows or more.

    Rows without a value ("") are in no segment. The limit of |z| is Bonferroni's over all segments of the report.
    """
    found = [
        (kind, key, np.asarray(inside))
        for kind, values in groups.items()
        for key, inside in _largest(np.asarray(values, dtype=object))
    ]
    limit = NormalDist().inv_cdf(1 - CHANCE / 2 / max(1, len(found)))
    return tuple(_segment(kind, key, probabilities[inside], outcomes[inside], limit) for kind, key, inside in found)


def _largest(values: NDArray[np.object_]) -> list[tuple[str, Bools]]:
    keys, counts = np.unique(values.astype(str), return_counts=True)
    ordered = sorted(zip(keys.tolist(), counts.tolist(), strict=True), key=lambda one: (-one[1], one[0]))
    kept = [key for key, count in ordered if key and count >= ROWS_LEAST]
    return [(key, np.asarray(values == key)) for key in kept[:SEGMENTS_MAX]]


def _segment(kind: str, key: str, probabilities: Floats, outcomes: Bools, limit: float) -> Segment:
    level = level_of(probabilities, outcomes)
    return Segment(kind, key, level, metrics_of(probabilities, outcomes), abs(level.z) > limit)
