"""The upper rungs of the ladder: a campaign's own trees, on top of the vertical's answer or alone, if they prove better.

Above 1,000 labels two models are tried: trees that start from the campaign's affine layer (its logit is LightGBM's init_score),
and trees that know nothing of the vertical. Each must beat the affine layer on log loss on the campaign's
newest fifth, or that stays. Rows that the sentinel refuses, such as copies of leads, grow no trees: what they learn by heart
would win on its own copies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from scoring.core.calibration import EDGE, fit_platt, logit
from scoring.core.ladder import Layer, fit_layer, paired_test
from scoring.core.learning.candidates import PARAMETERS, PATIENCE, ROUNDS_MAX
from scoring.core.learning.findings import Finding, Leaking
from scoring.core.learning.folds import newest, stratified
from scoring.core.learning.learning import Options, watch
from scoring.core.learning.table import Table
from scoring.core.phases import phase_of

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

WIN_Z = 2.0
FOLDS = 5
SETTINGS: Mapping[str, Any] = {**PARAMETERS, "boost_from_average": True, "num_threads": 1, "seed": 0}


@dataclass(frozen=True, slots=True)
class Climbed:
    """A campaign's layer, the trees of the two upper phases as text, else "", and the findings that kept trees from growing.

    The layer carries no trees itself: whoever serves it loads them.
    """

    layer: Layer
    trees: str = ""
    findings: tuple[Finding, ...] = ()


def climb(table: Table, served: Floats, *, prior: float = 0.0) -> Climbed:
    """Fit a campaign's layer from its labels in order of time; `served` (n,) is what the vertical answered."""
    layer = fit_layer(served, table.outcomes, prior=prior)
    if phase_of(layer.labels, layer.positives).step.key != "boosted":
        return Climbed(layer)
    try:
        watch(table, Options())
    except Leaking as leaking:
        return Climbed(layer, findings=leaking.findings)
    best = min(_winners(table, served, prior), default=None)
    if best is None:
        return Climbed(layer)
    _, phase, rounds = best
    start = logit(layer.all(served)) if phase == "boosted" else None
    a, b = (layer.a, layer.b) if phase == "boosted" else (0.0, 0.0)
    trees, slope, shift = _calibrated(table.values, table.outcomes, start, rounds)
    return Climbed(Layer(phase, slope * a, slope * b + shift, layer.labels, layer.positives), trees.model_to_string())


def _winners(table: Table, served: Floats, prior: float) -> Iterator[tuple[float, str, int]]:
    """Give (log loss, phase, rounds) of the trees that beat the affine layer on the newest fifth."""
    held, features, outcomes = newest(len(table)), table.values, table.outcomes
    before = fit_layer(served[~held], outcomes[~held], prior=prior).all(served)
    for phase, start in (("boosted", logit(before)), ("local", None)):
        known = None if start is None else start[~held]
        rounds = _rounds(features[~held], outcomes[~held], known)
        trees = _grow(features[~held], outcomes[~held], known, rounds)
        answers = _answers(trees, features[held], None if start is None else start[held])
        test = paired_test(before[held], answers, outcomes[held])
        if test.z > WIN_Z:
            yield test.second_loss, phase, rounds


def _calibrated(features: Floats, outcomes: Bools, start: Floats | None, rounds: int) -> tuple[lightgbm.Booster, float, float]:
    """Grow on all rows; scale the trees by Platt's slope of cross-fitted answers. Gives them, the slope and the shift."""
    crossed, folds = np.empty(len(outcomes)), stratified(outcomes, FOLDS, seed=0)
    for fold in range(FOLDS):
        inside = folds == fold
        known, asked = (None if start is None else start[rows] for rows in (~inside, inside))
        crossed[inside] = _answers(_grow(features[~inside], outcomes[~inside], known, rounds), features[inside], asked)
    found = fit_platt(crossed, outcomes)
    return _scaled(_grow(features, outcomes, start, rounds), found.a), found.a, found.c


def _scaled(trees: lightgbm.Booster, slope: float) -> lightgbm.Booster:
    """Multiply what every leaf adds to the logit; the average that LightGBM starts from stands in the first tree's leaves."""
    for place, tree in enumerate(trees.dump_model()["tree_info"]):
        for leaf in range(tree["num_leaves"]):
            trees.set_leaf_output(place, leaf, slope * trees.get_leaf_output(place, leaf))
    return trees


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
