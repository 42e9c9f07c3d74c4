"""Train one version that can serve, from rows in time order: the engine of `core.learning`, and what serving can answer.

The oldest 80 % of the rows train, the newest 20 % only judge. Candidates are LightGBM, a logistic regression and the mean of
both: what serves must answer one row in microseconds. Steps and settings follow measured facts (docs/algorithms/scoring.md). The
caller has called `scoring.native.load_library` before the first import of this module: on slim machines that lends LightGBM its
OpenMP runtime.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import lightgbm
import numpy as np
from numpy.typing import NDArray

from scoring.core.bounds import VennAbers, fit_venn_abers
from scoring.core.calibration import EDGE, Beta
from scoring.core.columns import Feature
from scoring.core.evaluation import Bin, Metrics, percentiles_of
from scoring.core.examples import TooLittle
from scoring.core.learning.candidates import Boosting, Learner, fit_logistic, mean_logit
from scoring.core.learning.folds import JUDGE_SHARE, grouped
from scoring.core.learning.learning import Entry, Options, choose, entrant_of, entries_of, judge
from scoring.core.learning.portable import linear_of, to_skops
from scoring.core.learning.report import Entrant, Judged, engine_words
from scoring.core.learning.table import Table
from scoring.core.linear import Linear
from scoring.core.progress import Progress, silent

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

SERVABLE = ("lightgbm", "logistic")
FOLDS = 4
ROWS_MIN = 500
POSITIVES_MIN = 20


@dataclass(frozen=True, slots=True)
class Rows:
    """Examples in order of time: `features` (n, columns) with NaN for absent, `outcomes` (n,), `at_ms` (n,) Unix milliseconds.

    `weights` say how much a row counts, None is all alike. Rows of one of `groups` never judge each other; None is each alone.
    """

    features: Floats
    outcomes: Bools
    at_ms: Ints
    weights: Floats | None = None
    groups: Ints | None = None

    def part(self, start: int, stop: int) -> Rows:
        """Give the rows from `start` up to `stop`."""
        cut = slice(start, stop)
        weights = None if self.weights is None else self.weights[cut]
        groups = None if self.groups is None else self.groups[cut]
        return Rows(self.features[cut], self.outcomes[cut], self.at_ms[cut], weights, groups)

    def table(self, features: tuple[Feature, ...]) -> Table:
        """Give the rows as the table that the engine and its sentinel read."""
        filled = {feature.name: ~np.isnan(self.features[:, place]) for place, feature in enumerate(features)}
        values, at = np.asfortranarray(self.features), self.at_ms / 1000.0
        return Table(features, values, self.outcomes, at=at, clock=True, filled=filled, weights=self.weights)

    def __len__(self) -> int:
        return len(self.outcomes)


@dataclass(frozen=True, slots=True)
class Trained:
    """A model ready to serve, and how it did on rows it has not seen.

    `booster` is LightGBM's text ("" where it is no part), `linear` the logistic regression; with both, their mean logit counts.
    `pipeline` is the skops file of the latter. `percentiles` and `bounds` are of the cross-fitted answers; `judged` and `answers`
    belong to the newest rows, from `judged_from_ms` on; `importance` has one share a column.
    """

    engine: str
    booster: str
    linear: Linear | None
    pipeline: bytes
    calibration: Beta
    percentiles: tuple[float, ...]
    bounds: VennAbers
    judged: Judged
    answers: Floats
    entrants: tuple[Entrant, ...]
    reason: str
    importance: tuple[float, ...]
    rounds: int
    rows: int
    positives: int
    from_ms: int
    until_ms: int
    judged_from_ms: int

    @property
    def metrics(self) -> Metrics:
        """Give the figures on the newest rows."""
        return self.judged.metrics

    @property
    def table(self) -> tuple[Bin, ...]:
        """Give the calibration table of the newest rows."""
        return self.judged.table


def train(
    rows: Rows,
    features: tuple[Feature, ...],
    *,
    seed: int = 0,
    threads: int = 1,
    candidates: Sequence[str] = SERVABLE,
    progress: Progress = silent,
) -> Trained:
    """Train, calibrate, choose and judge; raises TooLittle, or ValueError for rows out of order or of another width.

    Bit-equal for equal rows, seed and threads.
    """
    _check(rows, features)
    border = judged_from(len(rows))
    known, holdout = rows.part(0, _trained_until(rows.groups, border)), rows.part(border, len(rows))
    for name, part in (("older 80 %", known), ("newest 20 %", holdout)):
        found = int(part.outcomes.sum())
        if found < POSITIVES_MIN or len(part) - found < POSITIVES_MIN:
            raise TooLittle(
                f"the {name} of the rows hold {found} outcomes in {len(part)} rows; at least {POSITIVES_MIN} of each kind"
            )
    table, options = known.table(features), Options(FOLDS, seed, threads, candidates=candidates, rising=True)
    groups = np.arange(len(known)) if known.groups is None else known.groups
    entries = entries_of(table, grouped(groups, known.outcomes, FOLDS, seed), options, progress)
    best, reason = choose(entries)
    progress(75, f"fitting: {engine_words(best.name)}")
    parts = _fitted(best, table, seed)
    calibration = best.choice.calibration
    assert isinstance(calibration, Beta), "`rising` allows no other"
    progress(90, "judging on the newest rows")
    answers = calibration.all(parts.answers(holdout.features))
    crossed = calibration.all(best.crossed)
    return Trained(
        engine=best.name,
        booster="" if parts.booster is None else parts.booster.model_to_string(),
        linear=parts.linear,
        pipeline=parts.pipeline,
        calibration=calibration,
        percentiles=percentiles_of(crossed),
        bounds=fit_venn_abers(crossed, known.outcomes, known.weights),
        judged=judge(answers, holdout.outcomes),
        answers=answers,
        entrants=tuple(entrant_of(entry, known.outcomes) for entry in entries),
        reason=reason,
        importance=parts.importance(len(features)),
        rounds=0 if parts.booster is None else parts.booster.num_trees(),
        rows=len(rows),
        positives=int(rows.outcomes.sum()),
        from_ms=int(rows.at_ms[0]),
        until_ms=int(rows.at_ms[-1]),
        judged_from_ms=int(holdout.at_ms[0]),
    )


def judged_from(count: int) -> int:
    """Give the place of the first of so many rows that only judges."""
    return round(count * (1 - JUDGE_SHARE))


def _trained_until(groups: Ints | None, border: int) -> int:
    """Give the border, or where its group begins if it lies on both sides: rows beside those that judge train nothing."""
    return border if groups is None else min(border, int(np.argmax(groups == groups[border])))


@dataclass(slots=True)
class _Parts:
    """The fitted members of what was chosen."""

    booster: lightgbm.Booster | None = None
    linear: Linear | None = None
    pipeline: bytes = b""

    def answers(self, features: Floats) -> Floats:
        """Give the raw chances, by the arithmetic that serves."""
        found = [] if self.booster is None else [np.asarray(self.booster.predict(features), dtype=np.float64)]
        if self.linear is not None:
            found.append(self.linear.all(features))
        return found[0] if len(found) == 1 else np.clip(mean_logit(found), EDGE, 1 - EDGE)

    def importance(self, columns: int) -> tuple[float, ...]:
        """Give each column's share: of the gain of the trees, of the strength of the weights, or the mean of both."""
        gains = [] if self.booster is None else [self.booster.feature_importance("gain").astype(np.float64)]
        if self.linear is not None:
            gains.append(self.linear.strengths(columns))
        return tuple(np.mean([gain / max(gain.sum(), 1e-12) for gain in gains], axis=0).tolist())


def _fitted(best: Entry, table: Table, seed: int) -> _Parts:
    parts = _Parts()
    for member in best.members:
        _fit(member, parts, table, seed)
    return parts


def _fit(member: Learner, parts: _Parts, table: Table, seed: int) -> None:
    if isinstance(member, Boosting):
        parts.booster = member.booster(table.values, table.outcomes, table.weights)
    else:
        pipeline = fit_logistic(table.features, table.values, table.outcomes, table.weights, seed)
        parts.linear, parts.pipeline = linear_of(pipeline, table.features).centred(table.values), to_skops(pipeline)


def _check(rows: Rows, features: tuple[Feature, ...]) -> None:
    if len(rows) < ROWS_MIN:
        raise TooLittle(f"{len(rows)} rows; a model needs at least {ROWS_MIN}")
    if rows.features.shape != (len(rows), len(features)):
        raise ValueError(f"rows have {rows.features.shape[1]} columns, the feature list has {len(features)}")
    if np.any(np.diff(rows.at_ms) < 0):
        raise ValueError("rows must come in order of time: the split between training and judging is a moment")
