"""Labelled and served rows of a simulated vertical, as serving would have left them; the model is the truth without the shock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import numpy as np

from scoring import watching
from scoring.core.examples import Labelled, TooLittle
from scoring.core.features import FEATURES_VERSION, FeatureSpec, FieldSpec, extractor_of
from scoring.core.level import fit_intercept
from scoring.core.monitors.look import Served
from scoring.core.places import STATES
from scoring.core.simulator import Draw, draw, make_world
from scoring.core.simulator_leads import Leads

STARTS_AT = datetime(2026, 3, 2, tzinfo=UTC)
VERSION = "home.test/1"
STATE_NAMES = tuple(STATES)


def drawn(spec: FeatureSpec, count: int, *, seed: int = 1, shock: float = 0.0) -> tuple[Draw, np.ndarray]:
    """Draw leads, and what a perfect model that knows of no shock says of them."""
    world = make_world(spec)
    shown = draw(world, count=count, seed=seed, starts_at=STARTS_AT, shock=shock)
    return shown, draw(world, count=count, seed=seed, starts_at=STARTS_AT).p_true


def labelled_of(spec: FeatureSpec, count: int, *, seed: int = 1, shock: float = 0.0, version: str = VERSION) -> Labelled:
    """Give sold leads that become known a day after they were served, in order, all of them mature."""
    shown, said = drawn(spec, count, seed=seed, shock=shock)
    at_ms = (shown.at * 1000).astype(np.int64)
    publishers, rows = [UUID(int=1 + one) for one in range(12)], np.arange(count)
    return Labelled(
        vertical=spec.vertical,
        features_version=FEATURES_VERSION,
        ping_ids=tuple(UUID(int=10_000 + place) for place in range(count)),
        features=features_of_draw(spec, shown),
        base=said,
        served=said,
        outcomes=shown.outcome,
        weights=np.ones(count),
        mature=np.ones(count, dtype=np.bool_),
        served_at_ms=at_ms,
        known_at_ms=at_ms + 86_400_000,
        versions=(version,) * count,
        sources=tuple(publishers[place] for place in shown.publisher),
        states=tuple(STATE_NAMES[place] for place in shown.state),
        advertisers=(UUID(int=50),) * count,
        campaigns=tuple(UUID(int=60 + int(row) % 3) for row in rows),
        shares=np.ones(count),
        prices=np.full(count, np.nan),
    )


def features_of_draw(spec: FeatureSpec, shown: Draw) -> np.ndarray:
    extract, leads = extractor_of(spec), Leads(shown)
    return np.array([extract(ping, leads.at(place)) for place, ping in enumerate(leads)])


def served_of(labelled: Labelled, spec: FeatureSpec, version: str = VERSION) -> Served:
    """Give the same rows as pings that were served."""
    columns = extractor_of(spec).features
    return Served(labelled.vertical, version, columns, labelled.features, labelled.served, labelled.served_at_ms)


def part(labelled: Labelled, places: slice | Sequence[int]) -> Labelled:
    """Take some of the rows."""
    return labelled.rows(np.arange(len(labelled))[places])


@dataclass
class Answers:
    """Responses that note what was asked of them; `wins` says how a challenge ends, `refuses` that nothing can be trained."""

    wins: bool = True
    refuses: bool = False
    asked: list[str] = field(default_factory=list)

    def fit_level(self, vertical: str, labelled: Labelled, **caller: Any) -> float:
        self.asked.append("level")
        return fit_intercept(labelled.base[-400:], labelled.outcomes[-400:])

    def train_challenger(self, vertical: str, labelled: Labelled, *, progress: Any, **caller: Any) -> Any:
        self.asked.append("train")
        if self.refuses:
            raise TooLittle("Training needs 500 rows.")
        progress(100, "done")
        return SimpleNamespace(name="home.test/2")

    def challenge(self, vertical: str, labelled: Labelled, **caller: Any) -> Any:
        self.asked.append("challenge")
        return SimpleNamespace(promoted=self.wins)


def look(organization_id: UUID, labelled: Labelled, spec: FeatureSpec, answers: Answers, **options: Any) -> watching.Watched:
    """Watch rows as the monitors do."""
    options = {"at": STARTS_AT + timedelta(days=91), "served": served_of(labelled, spec), **options}
    served = options.pop("served")
    return watching.watch(
        spec.vertical, labelled, served, organization_id=organization_id, actor="system:test", responses=answers, **options
    )


def ring_once(organization_id: UUID) -> UUID:
    """Let an alarm ring on few rows, so that pages have something to show; gives the alert's id."""
    spec = FeatureSpec(vertical="home.test", label="Test", version=1, fields=(FieldSpec("zip", "zip"),))
    found = look(organization_id, labelled_of(spec, 1_500, shock=-2.0), spec, Answers())
    return found.rang[0].id
