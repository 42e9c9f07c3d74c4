"""Train one LightGBM model of calibrated probabilities from rows in time order. Pure: rows and seed in, a text model out.

Settings and order of steps follow measured facts (docs/algorithms/scoring.md): stop early on log loss, never on AUC; calibrate on
cross-fitted predictions of the whole training set, never on a slice of it; judge on the newest rows only. The caller has called
`scoring.native.load_library` before the first import of this module: on slim machines that lends LightGBM its OpenMP runtime.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from scoring.core.calibration import Beta, fit_beta
from scoring.core.columns import CATEGORY, Feature
from scoring.core.evaluation import Bin, Metrics, calibration_table, evaluate

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

PARAMETERS: Mapping[str, Any] = {
    "objective": "binary",
    "metric": "binary_logloss",
    "learning_rate": 0.03,
    "num_leaves": 15,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.7,
    "lambda_l2": 5.0,
    "cat_smooth": 50.0,
    "cat_l2": 50.0,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
ROUNDS_MAX = 600
PATIENCE = 40
HOLDOUT_SHARE = 0.2
STOPPING_SHARE = 0.2
FOLDS = 4
PERCENTILES = 1000
POSITIVES_MIN = 20


class TooLittle(ValueError):
    """Not enough rows or outcomes to train on; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Examples in order of time: `features` (n, columns) with NaN for absent, `outcomes` (n,), `at_ms` (n,) Unix milliseconds."""

    features: Floats
    outcomes: Bools
    at_ms: Ints

    def part(self, start: int, stop: int) -> Rows:
        """Give the rows from `start` up to `stop`."""
        return Rows(self.features[start:stop], self.outcomes[start:stop], self.at_ms[start:stop])

    def __len__(self) -> int:
        return len(self.outcomes)


@dataclass(frozen=True, slots=True)
class Trained:
    """A model ready to serve: LightGBM's text, the calibration, the percentile table, and how it did on rows it has not seen."""

    booster: str
    calibration: Beta
    percentiles: tuple[float, ...]
    metrics: Metrics
    table: tuple[Bin, ...]
    rounds: int
    rows: int
    positives: int
    from_ms: int
    until_ms: int


def train(rows: Rows, features: tuple[Feature, ...], *, seed: int = 0, threads: int = 1) -> Trained:
    """Train, calibrate and judge; raises TooLittle, or ValueError for rows out of order or of another width.

    The oldest 80 % of the rows train, the newest 20 % judge. Bit-equal for equal rows, seed and threads.
    """
    _check(rows, features)
    known = rows.part(0, round(len(rows) * (1 - HOLDOUT_SHARE)))
    holdout = rows.part(len(known), len(rows))
    for name, part in (("older 80 %", known), ("newest 20 %", holdout)):
        found = int(part.outcomes.sum())
        if found < POSITIVES_MIN or len(part) - found < POSITIVES_MIN:
            raise TooLittle(
                f"the {name} of the rows hold {found} outcomes in {len(part)} rows; at least {POSITIVES_MIN} of each kind"
            )
    settings = {**PARAMETERS, "seed": seed, "num_threads": threads}
    data = _dataset(known, features, settings)
    rounds = _rounds(known, data, settings)
    crossed = _cross_fitted(known, data, settings, rounds, seed)
    calibration = fit_beta(crossed, known.outcomes)
    booster = lightgbm.train(settings, data, num_boost_round=rounds)
    judged = calibration.all(_predict(booster, holdout.features))
    return Trained(
        booster=booster.model_to_string(),
        calibration=calibration,
        percentiles=_quantiles(calibration.all(crossed)),
        metrics=evaluate(judged, holdout.outcomes),
        table=calibration_table(judged, holdout.outcomes.astype(np.float64)),
        rounds=rounds,
        rows=len(rows),
        positives=int(rows.outcomes.sum()),
        from_ms=int(rows.at_ms[0]),
        until_ms=int(rows.at_ms[-1]),
    )


def _check(rows: Rows, features: tuple[Feature, ...]) -> None:
    if len(rows) < 500:
        raise TooLittle(f"{len(rows)} rows; a model needs at least 500")
    if rows.features.shape != (len(rows), len(features)):
        raise ValueError(f"rows have {rows.features.shape[1]} columns, the feature list has {len(features)}")
    if np.any(np.diff(rows.at_ms) < 0):
        raise ValueError("rows must come in order of time: the split between training and judging is a moment")


def _dataset(rows: Rows, features: tuple[Feature, ...], settings: Mapping[str, Any]) -> lightgbm.Dataset:
    return lightgbm.Dataset(
        rows.features,
        rows.outcomes.astype(np.float64),
        # LightGBM's text form allows no JSON signs in names; places are enough, the artifact keeps the names.
        feature_name=[f"f{place}" for place in range(len(features))],
        categorical_feature=[place for place, feature in enumerate(features) if feature.kind == CATEGORY],
        params=dict(settings),
        free_raw_data=False,
    ).construct()


def _rounds(rows: Rows, data: lightgbm.Dataset, settings: Mapping[str, Any]) -> int:
    """Find how many trees give the best log loss on the newest fifth of the training rows."""
    border = round(len(rows) * (1 - STOPPING_SHARE))
    booster = lightgbm.train(
        dict(settings),
        data.subset(list(range(border))),
        num_boost_round=ROUNDS_MAX,
        valid_sets=[data.subset(list(range(border, len(rows))))],
        callbacks=[lightgbm.early_stopping(PATIENCE, first_metric_only=True, verbose=False)],
    )
    return max(20, int(booster.best_iteration))


def _cross_fitted(rows: Rows, data: lightgbm.Dataset, settings: Mapping[str, Any], rounds: int, seed: int) -> Floats:
    """Predict each row by a model that has not seen it."""
    fold = np.random.default_rng(seed).permutation(len(rows)) % FOLDS
    predicted = np.empty(len(rows))
    for number in range(FOLDS):
        inside = fold == number
        booster = lightgbm.train(dict(settings), data.subset(np.flatnonzero(~inside).tolist()), num_boost_round=rounds)
        predicted[inside] = _predict(booster, rows.features[inside])
    return predicted


def _predict(booster: lightgbm.Booster, features: Floats) -> Floats:
    return np.asarray(booster.predict(features), dtype=np.float64)


def _quantiles(probabilities: Floats) -> tuple[float, ...]:
    return tuple(np.quantile(probabilities, np.arange(1, PERCENTILES) / PERCENTILES).tolist())
