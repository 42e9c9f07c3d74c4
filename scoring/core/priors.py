"""Synthetic priors: models trained on the simulator, so that a new vertical can rank leads before its first outcome.

They carry a badge, are never proven, and no money follows them. Equal spec, versions and seed give the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

import msgspec
import numpy as np

from scoring.core.context import DAY, Context, quality_of
from scoring.core.features import FEATURES_VERSION, FeatureSpec, extractor_of
from scoring.core.serving import ARTIFACT_FORMAT, Artifact, pack
from scoring.core.simulator import SIMULATOR_VERSION, Draw, draw, make_world
from scoring.core.simulator_leads import Leads
from scoring.core.training import Rows, Trained, train

BADGE = "synthetic prior, 0 real outcomes"
ROWS = 16_000
SEED = 1
STARTS_AT = datetime(2025, 1, 6, tzinfo=UTC)
DAYS = 5 * 364.0
QUARTER, YEAR = 91 * DAY, 364 * DAY
"""Whole years: four to train on and one to judge, so that seasons cancel out; the same window on every installation."""


@dataclass(frozen=True, slots=True)
class Prior:
    """A trained prior: what to store and how it did on simulated leads it had not seen."""

    spec: FeatureSpec
    recipe: str
    artifact: bytes
    trained: Trained


def recipe_of(spec: FeatureSpec, *, rows: int = ROWS, seed: int = SEED) -> str:
    """Name what a prior is made of: equal recipes give equal priors."""
    parts = (ARTIFACT_FORMAT, FEATURES_VERSION, SIMULATOR_VERSION, rows, seed, spec)
    return sha256(msgspec.json.encode(parts)).hexdigest()


def simulated_rows(spec: FeatureSpec, *, rows: int = ROWS, seed: int = SEED) -> Rows:
    """Draw leads of the vertical's world and turn each into features by the function that serves pings."""
    leads = Leads(draw(make_world(spec), count=rows, seed=seed, starts_at=STARTS_AT, days=DAYS))
    extract, contexts = extractor_of(spec), simulated_contexts(leads.draw, spec)
    vectors = np.array(
        [
            extract({**ping, "source": str(publisher)}, leads.at(place), context)
            for place, (ping, publisher, context) in enumerate(zip(leads, leads.draw.publisher.tolist(), contexts, strict=True))
        ]
    )
    return Rows(vectors, leads.draw.outcome, np.round(leads.draw.at * 1000).astype(np.int64))


def simulated_contexts(draw: Draw, spec: FeatureSpec) -> list[Context]:
    """Give each lead what was known of the sources when its quarter began: the mature outcomes of the year before."""
    quarters = np.floor((draw.at - STARTS_AT.timestamp()) / QUARTER).astype(np.int64)
    known: dict[int, Context] = {}
    for quarter in np.unique(quarters).tolist():
        until = STARTS_AT.timestamp() + quarter * QUARTER - spec.horizon_days * DAY
        old = (draw.at < until) & (draw.at >= until - YEAR)
        leads, wins = (np.bincount(draw.publisher[old], weights=weights) for weights in (None, draw.outcome[old]))
        known[quarter] = Context(
            quality=quality_of(
                (spec.vertical, source, "", int(n), int(w)) for source, (n, w) in enumerate(zip(leads, wins, strict=True))
            )
        )
    return [known[quarter] for quarter in quarters.tolist()]


def make_prior(spec: FeatureSpec, *, rows: int = ROWS, seed: int = SEED) -> Prior:
    """Train the prior of a vertical on simulated leads."""
    features = extractor_of(spec).features
    trained = train(simulated_rows(spec, rows=rows, seed=seed), features, seed=seed)
    artifact = Artifact(
        format=ARTIFACT_FORMAT,
        features_version=FEATURES_VERSION,
        spec=spec,
        names=tuple(feature.name for feature in features),
        booster=trained.booster,
        calibration=trained.calibration,
        percentiles=trained.percentiles,
    )
    return Prior(spec, recipe_of(spec, rows=rows, seed=seed), pack(artifact), trained)
