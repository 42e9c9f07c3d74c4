"""What a model card says beside the figures: intervals, segments, importance, candidates, and whether the skill is proven."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.core.calibration import EDGE
from scoring.core.columns import Feature, levels_of
from scoring.core.evaluation import Metrics, evaluate
from scoring.core.ladder import paired_test
from scoring.core.learning.findings import Finding
from scoring.core.learning.report import findings_json
from scoring.core.training import Trained

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SEGMENT_ROWS_MIN, SEGMENT_EACH_MIN, SEGMENTS_MAX = 100, 5, 12
FACTORS = 15
PROVEN_Z = 3.0
"""So many standard errors must the log loss lie below that of the base rate before money may follow a score."""


@dataclass(frozen=True, slots=True)
class Segment:
    """How the model did on the rows of one kind, such as state TX."""

    kind: str
    name: str
    metrics: Metrics


def segments(answers: Floats, outcomes: Bools, kinds: Mapping[str, Sequence[str]]) -> tuple[Segment, ...]:
    """Judge the largest groups of each kind, at most 12, with 100 rows and 5 of each outcome at least; "" is no group."""
    found = []
    for kind, names in kinds.items():
        rows = defaultdict(list)
        for place, name in enumerate(names):
            if name:
                rows[name].append(place)
        large = sorted(rows.items(), key=lambda item: (-len(item[1]), item[0]))[:SEGMENTS_MAX]
        for name, places in large:
            hits = int(outcomes[places].sum())
            if len(places) >= SEGMENT_ROWS_MIN and min(hits, len(places) - hits) >= SEGMENT_EACH_MIN:
                found.append(Segment(kind, name, evaluate(answers[places], outcomes[places])))
    return tuple(found)


def kinds_of(features: Sequence[Feature], rows: Floats) -> dict[str, Sequence[str]]:
    """Read state and device of each row, "" where they are absent: what every vertical can be split by."""
    return {kind: levels_of(features, rows, name) for kind, name in (("state", "lead.state"), ("device", "behaviour.device"))}


def intervals(answers: Floats, outcomes: Bools) -> dict[str, tuple[float, float]]:
    """Give 95 % intervals of means over rows: log loss, Brier, and observed / expected (from the variance p (1 - p))."""
    clipped = np.clip(answers, EDGE, 1 - EDGE)
    losses = -np.where(outcomes, np.log(clipped), np.log1p(-clipped))
    expected, variance = float(answers.sum()), float((answers * (1 - answers)).sum())
    oe, error = float(outcomes.sum()) / expected, sqrt(variance) / expected
    return {
        "log_loss": _around(losses),
        "brier": _around((answers - outcomes) ** 2),
        "oe": (oe - 1.96 * error, oe + 1.96 * error),
    }


def _around(values: Floats) -> tuple[float, float]:
    mean, error = float(values.mean()), float(values.std() / sqrt(len(values)))
    return mean - 1.96 * error, mean + 1.96 * error


def is_proven(answers: Floats, outcomes: Bools, groups: Ints | None = None) -> bool:
    """Say whether the log loss on rows the model has not seen lies clearly below that of knowing the base rate only.

    Rows of one group are entries of one ping.
    """
    constant = np.full(len(outcomes), float(outcomes.mean()))
    return paired_test(constant, answers, outcomes, groups=groups).z > PROVEN_Z


def factors(features: Sequence[Feature], importance: Sequence[float]) -> list[dict[str, Any]]:
    """List the columns that count most, in words, with their share."""
    order = sorted(range(len(features)), key=lambda place: -importance[place])[:FACTORS]
    return [
        {"name": features[one].name, "words": features[one].words, "share": importance[one]} for one in order if importance[one]
    ]


def card_of(
    trained: Trained,
    features: Sequence[Feature],
    outcomes: Bools,
    *,
    protocol: str,
    kinds: Mapping[str, Sequence[str]],
    suspicions: Sequence[Finding] = (),
    sentinel: str = "",
) -> dict[str, Any]:
    """Put the card together as JSON; `outcomes` and `kinds` belong to the rows that judged."""
    parts = segments(trained.answers, outcomes, kinds)
    return {
        "protocol": protocol,
        "reason": trained.reason,
        "candidates": [asdict(entrant) for entrant in trained.entrants],
        "intervals": intervals(trained.answers, outcomes),
        "lifts": list(trained.judged.lifts),
        "segments": [{"kind": one.kind, "name": one.name, **asdict(one.metrics)} for one in parts],
        "factors": factors(features, trained.importance),
        "sentinel": {"said": sentinel, "suspicions": findings_json(tuple(suspicions))},
    }
