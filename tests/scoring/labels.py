"""Labelled leads of a simulated world, as a champion served them: what learning is handed once outcomes are reported."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import numpy as np

from scoring.core.examples import Labelled
from scoring.core.features import FEATURES_VERSION, FeatureSpec, extractor_of
from scoring.core.serving import Champion, at_level
from scoring.core.simulator import draw, make_world
from scoring.core.simulator_leads import Leads

STARTS_AT = datetime(2026, 1, 5, tzinfo=UTC)
CAMPAIGNS = (UUID(int=101), UUID(int=102))
ADVERTISERS = (UUID(int=201), UUID(int=202))


def labels_of(
    spec: FeatureSpec, champion: Champion, *, count: int, world: int = 9, seed: int = 5, days: float = 60.0
) -> Labelled:
    """Draw leads of a world, let a champion serve them at its level, and label all of them, maturely and in order."""
    leads = Leads(draw(make_world(spec, seed=world), count=count, seed=seed, starts_at=STARTS_AT, days=days))
    extract = extractor_of(spec)
    vectors = np.array([extract(ping, leads.at(place)) for place, ping in enumerate(leads)])
    base = np.array([champion.base(row) for row in vectors.tolist()])
    served = np.array([at_level(one, champion.shift) for one in base.tolist()])
    at = np.round(leads.draw.at * 1000).astype(np.int64)
    return Labelled(
        vertical=spec.vertical,
        features_version=FEATURES_VERSION,
        ping_ids=tuple(UUID(int=place + 1) for place in range(count)),
        features=vectors,
        base=base,
        served=served,
        outcomes=leads.draw.outcome,
        weights=np.ones(count),
        mature=np.ones(count, dtype=bool),
        served_at_ms=at,
        known_at_ms=at + 86_400_000,
        versions=(champion.version,) * count,
        sources=tuple(UUID(int=1 + place % 3) for place in range(count)),
        states=tuple(ping["lead"]["state"] for ping in leads),
        advertisers=tuple(ADVERTISERS[place % 2] for place in range(count)),
        campaigns=tuple(CAMPAIGNS[place % 2] for place in range(count)),
        shares=np.ones(count),
        prices=np.full(count, np.nan),
    )
