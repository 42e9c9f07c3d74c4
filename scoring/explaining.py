"""Why a score is what it is, read from what was served: interval, completeness and factors. Nothing of it is on the ping path."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from math import ceil, floor, nan

from accounts.core.errors import Problem
from scoring.core.calibration import EDGE
from scoring.core.factors import Explainer, Factors, logit_of
from scoring.core.parts import Completeness, completeness_of
from scoring.core.serving import Unservable, at_level, unpack
from scoring.native import load_library
from scoring.selectors import get_stored_model

log = logging.getLogger(__name__)
LOADED_MAX = 8
STEPS_A_ONE = 1_000
"""The interval is told to a tenth of a percent, outward."""


@dataclass(frozen=True, slots=True)
class ServedScore:
    """What was kept of a score: the version that made it, its vector (None is NaN), and its chances with and without level."""

    version: str
    features: Sequence[float | None]
    probability: float
    base_probability: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """A score in words: what it is the chance of, whose badge it bears, its interval [low, high] if there is one, and why.

    `low` <= the served probability <= `high`, to a tenth of a percent; None for versions from before there were intervals.
    """

    outcome: str
    horizon_days: int
    badge: str
    low: float | None
    high: float | None
    completeness: Completeness
    factors: Factors


@dataclass(frozen=True, slots=True)
class _Loaded:
    explainer: Explainer
    badge: str


def served_values(score: ServedScore, names: Sequence[str]) -> tuple[float | None, ...]:
    """Give columns of a score as they were served; None for what the ping did not say, or can no longer be read."""
    try:
        columns = [one.name for one in _load(score.version).explainer.features]
    except (Unservable, Problem):
        return (None,) * len(names)
    known = dict(zip(columns, score.features, strict=True)) if len(columns) == len(score.features) else {}
    return tuple(known.get(name) for name in names)


def explain(score: ServedScore, *, told: Collection[str] | None = None) -> Explanation | None:
    """Explain a score by the version that served it; None where that can no longer be read.

    Factors say what the ping said only of the parts that may be `told`, of the others their names; None: of all.
    """
    try:
        loaded = _load(score.version)
    except (Unservable, Problem) as error:
        log.info("%s cannot explain its scores: %s", score.version, error)
        return None
    explainer, row = loaded.explainer, [nan if value is None else value for value in score.features]
    if len(row) != len(explainer.features):
        return None
    spec = explainer.artifact.spec
    low, high = _interval(explainer, score)
    return Explanation(
        outcome=spec.outcome, horizon_days=spec.horizon_days, badge=loaded.badge, low=low, high=high,
        completeness=completeness_of(explainer.features, row),
        factors=explainer.factors(row, score.base_probability, told=told),
    )  # fmt: skip


@lru_cache(maxsize=LOADED_MAX)
def _load(version: str) -> _Loaded:
    """Load a version; what fails is not kept, for a version may be stored a moment later."""
    stored = get_stored_model(version)
    if sha256(stored.artifact).hexdigest() != stored.artifact_sha256:
        raise Unservable(f"the stored bytes of {version} are not what was trained")
    return _Loaded(Explainer(load_library(), unpack(stored.artifact), version), stored.badge)


def forget() -> None:
    """Drop the versions that are loaded."""
    _load.cache_clear()


def _interval(explainer: Explainer, score: ServedScore) -> tuple[float | None, float | None]:
    """Give the bounds of a score at the level at which it was served; they always hold the score itself."""
    bounds = explainer.artifact.bounds
    if bounds is None:
        return None, None
    low, high = (min(1 - EDGE, max(EDGE, bound)) for bound in bounds(score.base_probability))
    shift = logit_of(score.probability) - logit_of(score.base_probability)
    low, high = min(at_level(low, shift), score.probability), max(at_level(high, shift), score.probability)
    return floor(low * STEPS_A_ONE) / STEPS_A_ONE, ceil(high * STEPS_A_ONE) / STEPS_A_ONE
