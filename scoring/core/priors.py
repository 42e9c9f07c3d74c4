"""Synthetic priors: models trained on the simulator, so that a new vertical can rank leads before its first outcome.

They carry a badge, are never proven, and no money follows them. Equal spec, versions and seed give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from scoring.core.card import card_of, kinds_of
from scoring.core.context import DAY, NOTHING, REPEAT_DAYS, Context, SourceQuality, quality_of
from scoring.core.features import FEATURES_VERSION, FeatureSpec, extractor_of, features_of
from scoring.core.serving import ARTIFACT_FORMAT, Artifact, pack
from scoring.core.simulator import SIMULATOR_VERSION, Draw, draw, make_world
from scoring.core.simulator_leads import Leads
from scoring.core.training import Rows, Trained, judged_from, train

BADGE = "synthetic prior, 0 real outcomes"
PROTOCOL = "the newest fifth of the simulated leads, a whole year, after training on the four years before"
SENTINEL = "not asked: the columns of simulated leads are those of pings by construction"
ROWS = 16_000
SEED = 1
STARTS_AT = datetime(2025, 1, 6, tzinfo=UTC)
DAYS = 5 * 364.0
QUARTER, YEAR = 91 * DAY, 364 * DAY
"""Whole years: four to train on and one to judge, so that seasons cancel out; the same window on every installation."""

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Prior:
    """A trained prior: what to store and how it did on simulated leads it had not seen."""

    spec: FeatureSpec
    recipe: str
    artifact: bytes
    trained: Trained
    card: dict[str, Any]


def recipe_of(spec: FeatureSpec, *, rows: int = ROWS, seed: int = SEED) -> str:
    """Name what a prior is made of: equal recipes give equal priors."""
    stored = tuple(field.name for field in fields(Artifact))
    parts = (ARTIFACT_FORMAT, stored, FEATURES_VERSION, SIMULATOR_VERSION, rows, seed, spec)
    return sha256(msgspec.json.encode(parts)).hexdigest()


def simulated_rows(spec: FeatureSpec, *, rows: int = ROWS, seed: int = SEED) -> Rows:
    """Draw leads of the vertical's world and turn each into features by the function that serves pings."""
    leads = Leads(draw(make_world(spec), count=rows, seed=seed, starts_at=STARTS_AT, days=DAYS))
    extract = extractor_of(spec)
    vectors = np.array([extract(facts, at, context) for facts, at, context in seen(leads)])
    return Rows(vectors, leads.draw.outcome, np.round(leads.draw.at * 1000).astype(np.int64))


def seen(leads: Leads) -> Iterator[tuple[Mapping[str, Any], datetime, Context]]:
    """Give what a score sees of each lead: facts, arrival, and what was known of its source when its quarter began.

    That is the mature outcomes of the year before and the repeats of the last 90 days. Every other lead comes from a source
    nobody knows: so begins every exchange.
    """
    draw, repeated = leads.draw, leads.repeats(REPEAT_DAYS)
    quarters = np.floor((draw.at - STARTS_AT.timestamp()) / QUARTER).astype(np.int64).tolist()
    begins = {quarter: STARTS_AT.timestamp() + quarter * QUARTER for quarter in set(quarters)}
    known = {quarter: Context(quality=_quality(draw, at), repeats=_repeats(draw, repeated, at)) for quarter, at in begins.items()}
    for place, (ping, publisher) in enumerate(zip(leads, draw.publisher.tolist(), strict=True)):
        yield {**ping, "source": str(publisher)}, leads.at(place), known[quarters[place]] if place % 2 else NOTHING


def _quality(draw: Draw, at: float) -> SourceQuality:
    until = at - draw.world.spec.horizon_days * DAY
    return _standings(draw, draw.outcome, (draw.at < until) & (draw.at >= until - YEAR))


def _repeats(draw: Draw, repeated: Bools, at: float) -> SourceQuality:
    return _standings(draw, repeated, (draw.at < at) & (draw.at >= at - REPEAT_DAYS * DAY))


def _standings(draw: Draw, counted: Bools, window: Bools) -> SourceQuality:
    leads, found = (np.bincount(draw.publisher[window], weights=weights) for weights in (None, counted[window]))
    vertical = draw.world.spec.vertical
    return quality_of((vertical, source, "", int(n), int(k)) for source, (n, k) in enumerate(zip(leads, found, strict=True)))


def make_prior(spec: FeatureSpec, *, rows: int = ROWS, seed: int = SEED) -> Prior:
    """Train the prior of a vertical on simulated leads."""
    features = features_of(spec)
    simulated = simulated_rows(spec, rows=rows, seed=seed)
    trained = train(simulated, features, seed=seed, candidates=("lightgbm",))
    judged = slice(judged_from(len(simulated)), None)
    card = card_of(
        trained, features, simulated.outcomes[judged], protocol=PROTOCOL, sentinel=SENTINEL,
        kinds=kinds_of(features, simulated.features[judged]),
    )  # fmt: skip
    return Prior(spec, recipe_of(spec, rows=rows, seed=seed), pack(artifact_of(spec, trained)), trained, card)


def artifact_of(spec: FeatureSpec, trained: Trained) -> Artifact:
    """Put together what is stored of a trained model."""
    return Artifact(
        format=ARTIFACT_FORMAT,
        features_version=FEATURES_VERSION,
        spec=spec,
        names=tuple(feature.name for feature in features_of(spec)),
        booster=trained.booster,
        linear=trained.linear,
        calibration=trained.calibration,
        percentiles=trained.percentiles,
        bounds=trained.bounds,
    )
