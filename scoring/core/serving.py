"""Score one ping: features, the model, calibration, level, 0-100 and percentile. About 90 us, no lock, no copy.

A `Champion` is immutable after construction and may be used by many threads at once: each call has its own row and answer, and
LightGBM's prepared call guards its own buffers.
"""

from __future__ import annotations

import copy
import ctypes
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from math import exp, floor, log, log1p
from typing import Any
from weakref import finalize

import msgspec

from scoring.core.bounds import VennAbers
from scoring.core.calibration import EDGE, Beta
from scoring.core.context import NOTHING, Context
from scoring.core.features import FEATURES_VERSION, Extractor, FeatureSpec, extractor_of
from scoring.core.ladder import NO_LAYERS, Layers
from scoring.core.linear import Linear

ARTIFACT_FORMAT = 2
FLOAT64, PREDICT_NORMAL, PREDICT_RAW = 1, 0, 1

Check = Callable[[int], None]


class Unservable(ValueError):
    """A stored model this code cannot serve: damaged, or made for other features."""


@dataclass(frozen=True, slots=True)
class Score:
    """What one ping is worth believing: chance of the outcome within the horizon, floor(100 p), percentile in the vertical.

    `percentile` is the share of the vertical's leads, 0 to 100 in steps of .1, that score lower. `proven` is False for synthetic
    priors: money may not follow the probability. `base_probability` is what the version itself said, before the vertical's level;
    the percentile follows it, for a level moves all leads alike. `layers` turn the chance into that of a campaign.
    """

    probability: float
    score: int
    percentile: float
    model_version: str
    badge: str
    features: tuple[float, ...]
    proven: bool
    base_probability: float
    layers: Layers = field(default_factory=lambda: NO_LAYERS, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Artifact:
    """Everything a stored model consists of; `names` repeats the columns so that a difference is found at loading.

    `booster` is LightGBM's text or "", `linear` a logistic regression or None; with both their mean logit counts. `bounds` give
    the interval of each base probability; None in artifacts from before there were any, which serve as they did.
    """

    format: int
    features_version: int
    spec: FeatureSpec
    names: tuple[str, ...]
    booster: str
    linear: Linear | None
    calibration: Beta
    percentiles: tuple[float, ...]
    bounds: VennAbers | None = None


def pack(artifact: Artifact) -> bytes:
    """Write an artifact as compressed JSON: nothing in it is executed when it is read."""
    return zlib.compress(msgspec.json.encode(artifact), 6)


def unpack(data: bytes) -> Artifact:
    """Read an artifact; raises Unservable."""
    try:
        return msgspec.json.decode(zlib.decompress(data), type=Artifact)
    except (zlib.error, msgspec.MsgspecError) as error:
        raise Unservable(f"the stored model cannot be read: {error}") from error


class FastBooster:
    """LightGBM's C API for one row at a time, set up once. `predict(row)` equals Booster.predict bit by bit."""

    def __init__(self, library: ctypes.CDLL, text: str, columns: int, *, raw: bool = False) -> None:
        """Load the model's text; `raw` gives logits. Raises Unservable with LightGBM's own words."""
        self.columns = columns
        self._check, booster = open_booster(self, library, text, columns)
        config = ctypes.c_void_p()
        self._check(
            library.LGBM_BoosterPredictForMatSingleRowFastInit(
                booster,
                PREDICT_RAW if raw else PREDICT_NORMAL,
                0,
                -1,
                FLOAT64,
                columns,
                b"num_threads=1 verbosity=-1",
                ctypes.byref(config),
            )
        )
        # The youngest finalizer runs first, so the prepared call goes before its booster.
        finalize(self, library.LGBM_FastConfigFree, config).atexit = False
        self._config = config
        self._predict = library.LGBM_BoosterPredictForMatSingleRowFast

    def predict(self, row: Sequence[float]) -> float:
        """Predict one row of `columns` floats; a row of another width raises ValueError."""
        values = array("d", row)
        address, width = values.buffer_info()
        if width != self.columns:
            raise ValueError(f"a row of {width} values for a model of {self.columns}")
        count, answer = ctypes.c_int64(), ctypes.c_double()
        self._check(self._predict(self._config, ctypes.c_void_p(address), ctypes.byref(count), ctypes.byref(answer)))
        return answer.value


def open_booster(owner: object, library: ctypes.CDLL, text: str, columns: int) -> tuple[Check, ctypes.c_void_p]:
    """Load a model's text for as long as `owner` lives; raises Unservable with LightGBM's own words."""
    check = _checker(library)
    booster, trees = ctypes.c_void_p(), ctypes.c_int()
    check(library.LGBM_BoosterLoadModelFromString(text.encode(), ctypes.byref(trees), ctypes.byref(booster)))
    # Not at exit: another thread may be inside a prediction then, and the process gives everything back anyway.
    finalize(owner, library.LGBM_BoosterFree, booster).atexit = False
    width = ctypes.c_int()
    check(library.LGBM_BoosterGetNumFeature(booster, ctypes.byref(width)))
    if width.value != columns:
        raise Unservable(f"the model has {width.value} columns, its feature list {columns}")
    return check, booster


def extractor_for(artifact: Artifact, version: str) -> Extractor:
    """Give the feature function an artifact was made for; raises Unservable for another version of the features or columns."""
    extractor = extractor_of(artifact.spec)
    if artifact.format != ARTIFACT_FORMAT:
        raise Unservable(f"{version} is stored in format {artifact.format}, this code reads {ARTIFACT_FORMAT}")
    if artifact.features_version != FEATURES_VERSION:
        raise Unservable(f"{version} was made for features {artifact.features_version}, this code computes {FEATURES_VERSION}")
    if tuple(feature.name for feature in extractor.features) != artifact.names:
        raise Unservable(f"{version} was trained on other columns than this code computes")
    return extractor


class Champion:
    """A loaded model version: `score(facts, at)` is everything the ping path needs of it."""

    def __init__(self, library: ctypes.CDLL, artifact: Artifact, *, version: str, badge: str, proven: bool) -> None:
        """Prepare the model; raises Unservable for another version of the features or other columns."""
        self.version, self.badge, self.proven = version, badge, proven
        self.spec, self.width = artifact.spec, len(artifact.names)
        self._extract = extractor_for(artifact, version)
        self._raw = _raw_of(library, artifact, version)
        self._calibrate = artifact.calibration
        self._percentiles = artifact.percentiles
        self.shift, self._layers = 0.0, NO_LAYERS

    def placed(self, shift: float, layers: Layers) -> Champion:
        """Give the same model at another level and with other layers, those whose trees want our columns; nothing is loaded."""
        other = copy.copy(self)
        other.shift = shift
        other._layers = {campaign: layer for campaign, layer in layers.items() if layer.columns in {0, self.width}}
        return other

    def base(self, row: Sequence[float]) -> float:
        """Give what the version itself says of a feature vector, before the level."""
        return self._calibrate(self._raw(row))

    def score(self, facts: Mapping[str, Any], at: datetime, context: Context = NOTHING) -> Score:
        """Score a validated ping that arrived at `at` (aware); `context` is what is known beside it."""
        row = self._extract(facts, at, context)
        base = self.base(row)
        probability = base if self.shift == 0 else at_level(base, self.shift)
        return Score(
            probability=probability,
            score=score_of(probability),
            percentile=percentile_of(base, self._percentiles),
            model_version=self.version,
            badge=self.badge,
            features=row,
            proven=self.proven,
            base_probability=base,
            layers=self._layers,
        )


def at_level(probability: float, shift: float) -> float:
    """Add the vertical's level to the logit of a probability."""
    return min(1.0 - EDGE, max(EDGE, 1.0 / (1.0 + exp(-(log(probability) - log1p(-probability) + shift)))))


def _raw_of(library: ctypes.CDLL, artifact: Artifact, version: str) -> Callable[[Sequence[float]], float]:
    """Prepare the model's arithmetic: trees, weights, or the mean logit of both."""
    linear = artifact.linear
    if not artifact.booster:
        if linear is None:
            raise Unservable(f"{version} holds no model")
        return linear
    trees = FastBooster(library, artifact.booster, len(artifact.names)).predict
    return trees if linear is None else partial(_mean_logit, trees, linear)


def _mean_logit(trees: Callable[[Sequence[float]], float], linear: Linear, row: Sequence[float]) -> float:
    one, two = (min(1 - EDGE, max(EDGE, p)) for p in (trees(row), linear(row)))
    return 1.0 / (1.0 + exp(-(log(one) - log1p(-one) + log(two) - log1p(-two)) / 2))


def score_of(probability: float) -> int:
    """Give floor(100 p): 80 means 80 %. The tiny addition lets .29, which no float holds exactly, be 29."""
    return floor(100 * probability + 1e-9)


def percentile_of(probability: float, percentiles: Sequence[float]) -> float:
    """Give the share of the vertical's leads that score lower or equal, 0.0 to 100.0, from a table of equidistant quantiles."""
    return round(100 * bisect_right(percentiles, probability) / (len(percentiles) + 1), 1)


def _checker(library: ctypes.CDLL) -> Check:
    words = library.LGBM_GetLastError
    words.restype = ctypes.c_char_p

    def check(status: int) -> None:
        if status != 0:
            raise Unservable((words() or b"LightGBM failed").decode(errors="replace"))

    return check
