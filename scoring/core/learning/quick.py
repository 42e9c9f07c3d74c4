"""A quick model for the sentinel: what could be learned from these columns at all?"""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from scoring.core.columns import CATEGORY
from scoring.core.evaluation import auc
from scoring.core.learning.candidates import PARAMETERS
from scoring.core.learning.folds import stratified
from scoring.core.learning.table import Table

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Every tree sees every column: of two that tell the outcome only together a fraction would hide one.
SETTINGS = {**PARAMETERS, "learning_rate": 0.1, "min_data_in_leaf": 20, "feature_fraction": 1.0}
ROUNDS = 80
FOLDS = 3
ROWS_MAX = 30_000


def quick_model(table: Table, rows: Ints, seed: int, threads: int) -> lightgbm.Booster:
    """Learn from some rows, at most ROWS_MAX of them."""
    if len(rows) > ROWS_MAX:
        rows = np.sort(np.random.default_rng(seed).permutation(rows)[:ROWS_MAX])
    categories = [place for place, feature in enumerate(table.features) if feature.kind == CATEGORY]
    settings: dict[str, Any] = {**SETTINGS, "seed": seed, "num_threads": threads}
    data = lightgbm.Dataset(
        table.values[rows],
        table.outcomes[rows].astype(np.float64),
        feature_name=[f"f{place}" for place in range(len(table.features))],
        categorical_feature=categories,
        params=settings,
    )
    return lightgbm.train(settings, data, num_boost_round=ROUNDS)


def sample_of(table: Table, seed: int) -> Table:
    """Give at most ROWS_MAX rows, in their order."""
    if len(table) <= ROWS_MAX:
        return table
    return table.rows(np.sort(np.random.default_rng(seed).permutation(len(table))[:ROWS_MAX]))


def strength_of(table: Table, seed: int, threads: int) -> tuple[float, Floats]:
    """Give the AUC out of three folds, and how much each column contributed."""
    folds = stratified(table.outcomes, FOLDS, seed)
    answers, gains = np.empty(len(table)), np.zeros(len(table.features))
    for fold in range(FOLDS):
        booster = quick_model(table, np.flatnonzero(folds != fold), seed, threads)
        answers[folds == fold] = booster.predict(table.values[folds == fold])
        gains += booster.feature_importance("gain")
    return auc(answers, table.outcomes), gains
