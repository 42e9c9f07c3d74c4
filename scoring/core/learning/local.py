"""The upper rungs of the ladder: a campaign's own trees, on top of the vertical's answer or alone, if they prove better.

Above 1,000 labels two models are tried: trees that start from the campaign's affine layer (its logit is LightGBM's init_score),
and trees that know nothing of the vertical. Each must beat the affine layer on log loss on the campaign's
newest fifth, or that stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from scoring.core.calibration import EDGE, logit
from scoring.core.ladder import BOOSTED_LABELS, Layer, fit_layer, paired_test
from scoring.core.learning.candidates import PARAMETERS, PATIENCE, ROUNDS_MAX
from scoring.core.learning.folds import newest

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

WIN_Z = 2.0
SETTINGS: Mapping[str, Any] = {**PARAMETERS, "boost_from_average": True, "num_threads": 1, "seed": 0}


def climb(features: Floats, served: Floats, outcomes: Bools, *, prior: float = 0.0) -> tuple[Layer, str]:
    """Fit a campaign's layer from its labels in order of time; gives the trees of the two upper phases as text, else "".

    The layer that comes back carries no trees itself: whoever serves it loads them.
    """
    layer = fit_layer(served, outcomes, prior=prior)
    if len(outcomes) < BOOSTED_LABELS or layer.phase != "platt":
        return layer, ""
    held = newest(len(outcomes))
    affine = fit_layer(served[~held], outcomes[~held], prior=prior)
    before = affine.all(served)
    winners = []
    for phase, start in (("boosted", logit(before)), ("local", None)):
        rounds = _rounds(features[~held], outcomes[~held], None if start is None else start[~held])
        trees = _grow(features[~held], outcomes[~held], None if start is None else start[~held], rounds)
        answers = _answers(trees, features[held], None if start is None else start[held])
        test = paired_test(before[held], answers, outcomes[held])
        if test.z > WIN_Z:
            winners.append((test.second_loss, phase, rounds))
    if not winners:
        return layer, ""
    _, phase, rounds = min(winners)
    start = logit(layer.all(served)) if phase == "boosted" else None
    text = _grow(features, outcomes, start, rounds).model_to_string()
    a, b = (layer.a, layer.b) if phase == "boosted" else (0.0, 0.0)
    return Layer(phase, a, b, layer.labels, layer.positives), text


def _rounds(features: Floats, outcomes: Bools, start: Floats | None) -> int:
    """Find how many trees give the best log loss on the newest fifth of the rows."""
    held = newest(len(outcomes))
    sets = [_data(features[rows], outcomes[rows], None if start is None else start[rows]) for rows in (~held, held)]
    stop = lightgbm.early_stopping(PATIENCE, first_metric_only=True, verbose=False)
    booster = lightgbm.train(dict(SETTINGS), sets[0], num_boost_round=ROUNDS_MAX, valid_sets=sets[1:], callbacks=[stop])
    return max(1, int(booster.best_iteration))


def _grow(features: Floats, outcomes: Bools, start: Floats | None, rounds: int) -> lightgbm.Booster:
    return lightgbm.train(dict(SETTINGS), _data(features, outcomes, start), num_boost_round=rounds)


def _data(features: Floats, outcomes: Bools, start: Floats | None) -> lightgbm.Dataset:
    names = [f"f{place}" for place in range(features.shape[1])]
    return lightgbm.Dataset(features, outcomes.astype(np.float64), init_score=start, feature_name=names, params=dict(SETTINGS))


def _answers(trees: lightgbm.Booster, features: Floats, start: Floats | None) -> Floats:
    raw = np.asarray(trees.predict(features, raw_score=True), dtype=np.float64) + (0.0 if start is None else start)
    return np.clip(1.0 / (1.0 + np.exp(-raw)), EDGE, 1 - EDGE)
