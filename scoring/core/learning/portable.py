"""Fitted models in the forms they are kept in: LightGBM's text, skops files, and the numbers of a logistic regression to serve.

A skops file holds the scikit-learn pipeline itself. It is read back with a closed list of types; anything else is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import Any
from zipfile import ZIP_DEFLATED

import lightgbm
import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from skops.io import dumps, get_untrusted_types, loads

from scoring.core.columns import CATEGORY, Feature
from scoring.core.learning.candidates import Piped, Predict, Trees
from scoring.core.linear import Levels, Linear, Slope

Floats = NDArray[np.float64]

TRUSTED: tuple[str, ...] = ("numpy.clip", "numpy.dtype")
"""What skops does not trust by itself and our pipelines hold: the function that cuts numbers, types of arrays."""


CANDIDATES_HOLD: tuple[str, ...] = (
    *TRUSTED, "numpy.asarray", "sklearn.tree._tree.Tree", "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
)  # fmt: skip
"""What forests and networks hold, too. Nodes of a tree are numbers that scikit-learn follows unchecked: `revive` checks them."""


class Untrusted(ValueError):
    """A model file with types that no model of ours has; it was not loaded."""


def to_skops(pipeline: Pipeline) -> bytes:
    """Write a pipeline as a skops file: data and names of types, nothing that runs."""
    return bytes(dumps(pipeline, compression=ZIP_DEFLATED))


def from_skops(data: bytes, trusted: tuple[str, ...] = TRUSTED) -> Any:
    """Read a pipeline back; raises Untrusted with the types that are not on the list."""
    strange = sorted(set(get_untrusted_types(data=data)) - set(trusted))
    if strange:
        raise Untrusted(f"the file holds {', '.join(strange)}, which no model of ours does")
    return loads(data, trusted=list(trusted))


@dataclass(frozen=True, slots=True)
class Member:
    """A fitted candidate as it is kept: LightGBM's text, or a skops file."""

    trees: str = ""
    pipeline: bytes = b""


def keep(fitted: Predict) -> Member:
    """Write a fitted candidate down; raises TypeError for what is none of ours."""
    if isinstance(fitted, Trees):
        return Member(trees=fitted.booster.model_to_string(num_iteration=fitted.rounds))
    if isinstance(fitted, Piped):
        return Member(pipeline=to_skops(fitted.pipeline))
    raise TypeError(f"{type(fitted).__name__} has no form in which it could be kept")


def revive(member: Member, columns: int) -> Predict:
    """Read a candidate of so many columns back; raises Untrusted for what no model of ours holds."""
    if member.trees:
        try:
            booster = lightgbm.Booster(model_str=member.trees)
        except lightgbm.basic.LightGBMError as error:
            raise Untrusted(f"its trees cannot be read: {error}") from error
        if booster.num_feature() != columns:
            raise Untrusted(f"its trees read {booster.num_feature()} columns, its list has {columns}")
        return Trees(booster)
    pipeline = from_skops(member.pipeline, CANDIDATES_HOLD)
    for tree in getattr(pipeline[-1], "estimators_", ()):
        _check_nodes(tree.tree_, columns)
    return Piped(pipeline)


def _check_nodes(tree: Any, columns: int) -> None:
    """Hold a tree to what scikit-learn writes: children come after their parent, so every path ends, and columns exist."""
    nodes = np.arange(tree.node_count)
    inner = tree.children_left != -1
    for children in (tree.children_left[inner], tree.children_right[inner]):
        if not ((children > nodes[inner]) & (children < tree.node_count)).all():
            raise Untrusted("a tree of it has nodes that lead nowhere")
    if not ((tree.feature[inner] >= 0) & (tree.feature[inner] < columns)).all():
        raise Untrusted("a tree of it reads columns that are not there")


@dataclass(frozen=True, slots=True)
class _Fitted:
    """The fitted parts of a pipeline."""

    features: tuple[Feature, ...]
    wide: Any
    weights: Floats

    @property
    def places(self) -> tuple[list[int], list[int]]:
        """Give the columns of numbers and those of categories, in the order of the pipeline."""
        kinds = [feature.kind == CATEGORY for feature in self.features]
        return [place for place, one in enumerate(kinds) if not one], [place for place, one in enumerate(kinds) if one]


def linear_of(pipeline: Pipeline, features: tuple[Feature, ...]) -> Linear:
    """Take the numbers out of a pipeline that `candidates.fit_logistic` made."""
    model = pipeline.named_steps["model"]
    fitted = _Fitted(features, pipeline.named_steps["wide"], np.asarray(model.coef_[0], dtype=np.float64))
    return Linear(float(model.intercept_[0]), _slopes(fitted), _levels(fitted))


def _slopes(fitted: _Fitted) -> tuple[Slope, ...]:
    """Numbers come first in the wide table, then one flag for each that was missing in training; all are scaled and cut."""
    numbers, _ = fitted.places
    if not numbers:
        return ()
    filled, scaler = fitted.wide.named_transformers_["numbers"][0], fitted.wide.named_transformers_["numbers"][1]
    weights, flags = fitted.weights, {}
    if filled.indicator_ is not None:
        for number, of in enumerate(filled.indicator_.features_.tolist()):
            column = len(numbers) + number
            flags[of] = [float(weights[column] * _cut((flag - scaler.mean_[column]) / scaler.scale_[column])) for flag in (0, 1)]
    slopes = []
    for number, place in enumerate(numbers):
        mean, scale, weight = float(scaler.mean_[number]), float(scaler.scale_[number]), float(weights[number])
        present, flagged = flags.get(number, (0.0, 0.0))
        slopes.append(
            Slope(place, mean, scale, weight, present, flagged + weight * _cut((_median(filled, number) - mean) / scale))
        )
    return tuple(slopes)


def _levels(fitted: _Fitted) -> tuple[Levels, ...]:
    """Ask the fitted encoder for each level of each category what columns it gives, and add their weights up."""
    _, categories = fitted.places
    if not categories:
        return ()
    encoder, after = fitted.wide.named_transformers_["levels"], fitted.weights
    width = np.asarray(encoder.transform(np.full((1, len(categories)), np.nan)).todense()).shape[1]
    weights, found = after[len(after) - width :], []
    nothing = _added(encoder, np.full((1, len(categories)), np.nan), weights)
    for number, place in enumerate(categories):
        rows = np.full((len(fitted.features[place].levels), len(categories)), np.nan)
        rows[:, number] = np.arange(len(rows))
        # Only this column differs from the row in which all is missing, so the difference is what its level adds.
        found.append(Levels(place, tuple((_added(encoder, rows, weights) - nothing[0]).tolist()), 0.0))
    first = found[0]
    # What a row adds in which all categories are missing stands once, in the first of them.
    base = float(nothing[0])
    return (Levels(first.place, tuple(one + base for one in first.adds), base), *found[1:])


def _added(encoder: Any, rows: Floats, weights: Floats) -> Floats:
    return np.asarray(np.asarray(encoder.transform(rows).todense()) @ weights).ravel()


def _cut(value: float) -> float:
    return float(np.clip(value, -4.0, 4.0))


def _median(filled: Any, number: int) -> float:
    value = float(filled.statistics_[number])
    return 0.0 if isnan(value) else value
