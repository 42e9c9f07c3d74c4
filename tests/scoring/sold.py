"""Sold leads of a simulated vertical with what became of them: examples as served, outcomes as told."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from accounts.core.ids import uuid7
from accounts.services import create_organization, set_pooling
from accounts.tenancy import act_as_exchange
from scoring.core.examples import ServedExample
from scoring.core.features import FeatureSpec, extractor_of
from scoring.core.simulator import draw, make_world
from scoring.core.simulator_leads import Leads
from scoring.outcomes import OutcomeReport, record_outcomes
from scoring.services import store_examples

DAY = timedelta(days=1)


def advertiser(name: str, *, pools: bool) -> UUID:
    """Give a new advertiser that teaches everybody, or its own campaigns only."""
    row = create_organization(name=name, slug=f"{name}-{uuid7().hex[-8:]}", kind="advertiser", actor="system:test")
    set_pooling(organization_id=row.id, pools=pools, actor="user:test")
    identifier: UUID = row.id
    return identifier


def sell(
    spec: FeatureSpec,
    organization_id: UUID,
    campaign_id: UUID,
    stages: dict[str, int],
    *,
    sold_at: datetime,
    told_days: float = 1.0,
    seed: int = 1,
    clearing_price: int | None = None,
) -> None:
    """Sell leads a minute apart, served at their true chance, and let their advertiser tell of each `told_days` later."""
    said = [stage for stage, count in stages.items() for _ in range(count)]
    leads, extract = Leads(draw(make_world(spec), count=len(said), seed=seed, starts_at=sold_at)), extractor_of(spec)
    examples, rows = [], []
    for place, (stage, ping) in enumerate(zip(said, leads, strict=True)):
        ping_id, at = uuid7(), sold_at + place * timedelta(minutes=1)
        chance = float(leads.draw.p_true[place])
        served = (chance, chance, f"{spec.vertical}/1", UUID(int=7), "", "TX", at)
        examples.append(ServedExample(ping_id, "live", spec.vertical, extract(ping, leads.at(place)), *served))
        told = (None, None, None) if stage == "silent" else (uuid7(), at, at + told_days * DAY)
        sale = (uuid7(), ping_id, organization_id, campaign_id, spec.vertical, "live", 30, at)
        rows.append(OutcomeReport(*sale, stage, *told, clearing_price))
    with act_as_exchange("a test tells"):
        assert record_outcomes(rows) == store_examples(examples) == len(rows)
