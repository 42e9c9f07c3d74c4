"""The kinds of model that compete: LightGBM, logistic regression, random forest, a small neural network, and their mean logit.

Each learner is fitted on a matrix with NaN for missing and codes for categories, and gives a function from such rows to chances.
Class weights stay off: they would spoil the level, and calibration would have to mend it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import lightgbm
import numpy as np
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from scoring.core.calibration import EDGE, logit
from scoring.core.columns import CATEGORY, Feature

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Predict = Callable[[Floats], Floats]

PARAMETERS: Mapping[str, Any] = {
    "objective": "binary",
    "metric": "binary_logloss",
    "learning_rate": 0.03,
    "num_leaves": 15,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.7,
    "lambda_l2": 5.0,
    # The usual 10 lets rare levels, states above all, take gain by noise.
    "cat_smooth": 50.0,
    "cat_l2": 50.0,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
ROUNDS_MAX, ROUNDS_MIN, PATIENCE = 1_500, 20, 50
ROWS_MAX = 50_000
"""Only LightGBM reads more rows than this; the others learn from a sample, which costs them nothing that could be measured."""
CHUNK_ROWS = 50_000
PENALTIES, PENALTY_ROWS = (0.003, 0.02, 0.1, 0.5), 9_000
EPOCHS, EPOCH_PATIENCE = 40, 4
STOPPING_SHARE = 0.15
FLOAT32_MAX = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True)
class Trees:
    """Fitted trees of LightGBM as a function of rows; the first `rounds` of them answer, all for -1."""

    booster: lightgbm.Booster
    rounds: int = -1

    def __call__(self, rows: Floats) -> Floats:
        """Give the chances of rows (n, features)."""
        return in_chunks(rows, partial(_trees, self.booster, self.rounds))


@dataclass(frozen=True, slots=True)
class Piped:
    """A fitted pipeline of scikit-learn as a function of rows."""

    pipeline: Pipeline

    def __call__(self, rows: Floats) -> Floats:
        """Give the chances of rows (n, features)."""
        return in_chunks(rows, lambda part: np.asarray(self.pipeline.predict_proba(part)[:, 1], dtype=np.float64))


class Learner(Protocol):
    """Something that learns from rows: `cross_fit` predicts every row by a model that has not seen it, `fit` learns from all.

    `weights` say how much a row counts; None is all alike.
    """

    name: str

    def cross_fit(self, x: Floats, y: Bools, folds: Ints, weights: Floats | None = None) -> Floats:
        """Give one probability a row."""

    def fit(self, x: Floats, y: Bools, weights: Floats | None = None) -> Predict:
        """Learn from all rows."""


@dataclass(slots=True)
class Boosting:
    """LightGBM with native categories. `cross_fit` stops each fold early on log loss; the median number of trees serves all."""

    features: tuple[Feature, ...]
    seed: int
    threads: int = 1
    rounds_max: int = ROUNDS_MAX
    rounds: int = 0
    name: str = "lightgbm"

    def cross_fit(self, x: Floats, y: Bools, folds: Ints, weights: Floats | None = None) -> Floats:
        """Predict every row by the trees of the other folds; sets `rounds`."""
        data = self.dataset(x, y, weights)
        boosters = [self._stopped(data, folds == fold) for fold in np.unique(folds)]
        self.rounds = max(ROUNDS_MIN, int(np.median([booster.best_iteration for booster in boosters])))
        answers = np.empty(len(y))
        for fold, booster in zip(np.unique(folds), boosters, strict=True):
            answers[folds == fold] = Trees(booster, self.rounds)(x[folds == fold])
        return answers

    def fit(self, x: Floats, y: Bools, weights: Floats | None = None) -> Predict:
        """Grow the trees on all rows, as many as `cross_fit` found."""
        return Trees(self.booster(x, y, weights), self.rounds)

    def booster(self, x: Floats, y: Bools, weights: Floats | None = None) -> lightgbm.Booster:
        """Grow the trees on all rows and give LightGBM's own object."""
        return lightgbm.train(self._settings(), self.dataset(x, y, weights), num_boost_round=self.rounds or ROUNDS_MIN)

    def dataset(self, x: Floats, y: Bools, weights: Floats | None = None) -> lightgbm.Dataset:
        """Bin the rows once; folds are subsets of it."""
        categories = [place for place, feature in enumerate(self.features) if feature.kind == CATEGORY]
        names = [f"f{place}" for place in range(len(self.features))]
        data = lightgbm.Dataset(
            x,
            y.astype(np.float64),
            weight=weights,
            feature_name=names,
            categorical_feature=categories,
            params=self._settings(),
            free_raw_data=True,
        )
        return data.construct()

    def _stopped(self, data: lightgbm.Dataset, inside: Bools) -> lightgbm.Booster:
        return lightgbm.train(
            self._settings(),
            data.subset(np.flatnonzero(~inside).tolist()),
            num_boost_round=self.rounds_max,
            valid_sets=[data.subset(np.flatnonzero(inside).tolist())],
            callbacks=[lightgbm.early_stopping(PATIENCE, first_metric_only=True, verbose=False)],
        )

    def _settings(self) -> dict[str, Any]:
        return {**PARAMETERS, "seed": self.seed, "num_threads": self.threads}


@dataclass(slots=True)
class Sampled:
    """A learner made by a function that fits it once; many rows are sampled down to `rows_max` for it."""

    name: str
    learn: Callable[[Floats, Bools, Floats | None], Predict]
    seed: int
    rows_max: int = ROWS_MAX

    def cross_fit(self, x: Floats, y: Bools, folds: Ints, weights: Floats | None = None) -> Floats:
        """Predict every row by a model of the other folds."""
        answers = np.empty(len(y))
        for fold in np.unique(folds):
            inside = folds == fold
            shares = None if weights is None else weights[~inside]
            answers[inside] = self.fit(x[~inside], y[~inside], shares)(x[inside])
        return answers

    def fit(self, x: Floats, y: Bools, weights: Floats | None = None) -> Predict:
        """Learn from all rows, or from a sample of `rows_max` (0 is no limit)."""
        if 0 < self.rows_max < len(y):
            chosen = np.sort(np.random.default_rng(self.seed).permutation(len(y))[: self.rows_max])
            x, y = x[chosen], y[chosen]
            weights = None if weights is None else weights[chosen]
        return self.learn(x, y, weights)


def learners(features: tuple[Feature, ...], *, seed: int, threads: int = 1, names: Sequence[str] = ()) -> list[Learner]:
    """List the learners of a table, LightGBM first; `names` chooses some."""
    known: list[Learner] = [
        Boosting(features, seed, threads),
        Sampled("logistic", lambda x, y, weights: Piped(fit_logistic(features, x, y, weights, seed)), seed),
        Sampled("forest", lambda x, y, weights: _forest(x, y, weights, seed, threads), seed),
        Sampled("network", lambda x, y, weights: _network(features, x, y, seed), seed),
    ]
    return [learner for learner in known if not names or learner.name in names]


def mean_logit(answers: Sequence[Floats]) -> Floats:
    """Give the probability whose logit is the mean of the logits."""
    mean = np.mean([logit(np.clip(one, EDGE, 1 - EDGE)) for one in answers], axis=0)
    return np.asarray(1.0 / (1.0 + np.exp(-mean)))


def _wide(features: tuple[Feature, ...], rows: int) -> ColumnTransformer:
    """Turn columns into what a linear model can read: numbers in standard deviations, flags for missing, one column a level."""
    numbers = [place for place, feature in enumerate(features) if feature.kind != CATEGORY]
    categories = [place for place, feature in enumerate(features) if feature.kind == CATEGORY]
    level = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=min(10, max(1, rows // 100)))
    cut = FunctionTransformer(np.clip, kw_args={"a_min": -4.0, "a_max": 4.0})
    filled = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    known = SimpleImputer(strategy="constant", fill_value=-1.0, keep_empty_features=True)
    return ColumnTransformer(
        [("numbers", make_pipeline(filled, StandardScaler(), cut), numbers), ("levels", make_pipeline(known, level), categories)],
        sparse_threshold=0.0,
    )


def fit_logistic(features: tuple[Feature, ...], x: Floats, y: Bools, weights: Floats | None, seed: int) -> Pipeline:
    """Fit with the penalty that does best on a slice of at most PENALTY_ROWS rows."""
    wide = _wide(features, len(y))
    columns = np.asarray(wide.fit_transform(x))
    chosen = np.random.default_rng(seed).permutation(len(y))[:PENALTY_ROWS]
    held, rest = chosen[: len(chosen) // 3], chosen[len(chosen) // 3 :]
    shares = None if weights is None else weights[rest]
    losses = (
        {c: _loss(_regression(c).fit(columns[rest], y[rest], shares), columns[held], y[held]) for c in PENALTIES}
        if y[rest].any()
        else {}
    )
    model = _regression(min(losses, key=lambda c: losses[c]) if losses else PENALTIES[1]).fit(columns, y, weights)
    return Pipeline([("wide", wide), ("model", model)])


def _regression(c: float) -> LogisticRegression:
    return LogisticRegression(C=c, solver="newton-cholesky")


def _loss(model: LogisticRegression | MLPClassifier, columns: NDArray[Any], y: Bools) -> float:
    p = np.clip(np.asarray(model.predict_proba(columns)[:, 1], dtype=np.float64), EDGE, 1 - EDGE)
    return float(-np.mean(np.where(y, np.log(p), np.log1p(-p))))


def _forest(x: Floats, y: Bools, weights: Floats | None, seed: int, threads: int) -> Piped:
    leaf = int(np.clip(len(y) // 1_000, 5, 20))
    model = RandomForestClassifier(200, min_samples_leaf=leaf, max_features="sqrt", random_state=seed, n_jobs=threads)
    # Forests read 32 bits: what is larger is cut to the largest, for infinities are refused.
    cut = FunctionTransformer(np.clip, kw_args={"a_min": -FLOAT32_MAX, "a_max": FLOAT32_MAX})
    return Piped(Pipeline([("cut", cut), ("model", model.fit(cut.transform(x).astype(np.float32), y, weights))]))


def _network(features: tuple[Feature, ...], x: Floats, y: Bools, seed: int) -> Piped:
    """Train epoch by epoch and keep the number of epochs that gives the best log loss on a slice, then train on all rows."""
    wide, narrow = _wide(features, len(y)), FunctionTransformer(np.asarray, kw_args={"dtype": "float32"})
    columns = narrow.transform(wide.fit_transform(x))
    held = np.random.default_rng(seed).permutation(len(y)) < STOPPING_SHARE * len(y)
    epochs = _best_epoch(columns, y, held, seed)
    model = _perceptron(seed)
    for _ in range(epochs):
        model.partial_fit(columns, y, classes=[False, True])
    return Piped(Pipeline([("wide", wide), ("narrow", narrow), ("model", model)]))


def _best_epoch(columns: NDArray[np.float32], y: Bools, held: Bools, seed: int) -> int:
    model, losses = _perceptron(seed), [np.inf]
    for _ in range(EPOCHS):
        model.partial_fit(columns[~held], y[~held], classes=[False, True])
        losses.append(_loss(model, columns[held], y[held]))
        if len(losses) - int(np.argmin(losses)) > EPOCH_PATIENCE:
            break
    return max(1, int(np.argmin(losses)))


def _perceptron(seed: int) -> MLPClassifier:
    return MLPClassifier((32,), alpha=1e-2, batch_size=128, learning_rate_init=1e-3, random_state=seed)


def _trees(booster: lightgbm.Booster, rounds: int, rows: Floats) -> Floats:
    return np.asarray(booster.predict(rows, num_iteration=rounds), dtype=np.float64)


def in_chunks(rows: Floats, predict: Predict) -> Floats:
    """Ask for CHUNK_ROWS rows at a time."""
    parts = [predict(rows[start : start + CHUNK_ROWS]) for start in range(0, len(rows), CHUNK_ROWS)]
    return np.concatenate(parts) if parts else np.empty(0)
