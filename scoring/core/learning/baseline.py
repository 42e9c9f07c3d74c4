"""The usual recipe, to stand beside ours: XGBoost, depth 6, rate .1, subsample and colsample .8, stopped on AUC, uncalibrated."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from scoring.core.learning.candidates import Predict, in_chunks
from scoring.core.learning.folds import stratified

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ROUNDS_MAX, PATIENCE = 1_000, 50
SETTINGS = {
    "objective": "binary:logistic",
    "eval_metric": "auc",
    "max_depth": 6,
    "eta": 0.1,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
}


def usual_recipe(xgboost: ModuleType, seed: int, threads: int) -> Callable[[Floats, Bools, Floats | None], Predict]:
    """Give the usual recipe as (rows, outcomes, weights) -> predict; the package, which may be absent, is handed in."""

    def learn(x: Floats, y: Bools, weights: Floats | None) -> Predict:
        stopping = stratified(y, 5, seed) == 0
        booster = xgboost.train(
            {**SETTINGS, "seed": seed, "nthread": threads},
            xgboost.DMatrix(x[~stopping], y[~stopping], weight=None if weights is None else weights[~stopping]),
            num_boost_round=ROUNDS_MAX,
            evals=[(xgboost.DMatrix(x[stopping], y[stopping]), "stopping")],
            early_stopping_rounds=PATIENCE,
            verbose_eval=False,
        )
        best = (0, booster.best_iteration + 1)

        def predict(rows: Floats) -> Floats:
            return np.asarray(booster.predict(xgboost.DMatrix(rows), iteration_range=best), dtype=np.float64)

        return lambda rows: in_chunks(rows, predict)

    return learn
