"""Layers as they are served: what a campaign bids by, also while its layer was fitted on other columns."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import lightgbm
import numpy as np
import pytest

from accounts.core.ids import uuid7
from accounts.services import create_organization
from accounts.tenancy import act_as_exchange
from campaigns.core.bids import BidRule, ScoreFacts, ValueBid, price_bid
from exchange.auction.bidding import graded_for
from scoring import services
from scoring.champions import champions
from scoring.core.features import FEATURES_VERSION, FeatureSpec, features_of
from scoring.models import CampaignLayer
from tests.core.campaigns.test_matching import terms

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
PING = {"vertical": "home.test", "lead": {"zip": "78701", "state": "TX", "timeframe": "now"}}
PER_LEAD = ValueBid(400_000_000)


@pytest.fixture
def served(committed: None, roof: FeatureSpec) -> FeatureSpec:
    row = create_organization(name="Operator", slug=f"operator-{uuid7().hex[-8:]}", kind="operator", actor="system:test")
    services.train_missing_priors([roof], at=AT, organization_id=row.id, actor="system:test", rows=2_500)
    return roof


def keep_layer(campaign_id: UUID, columns: int) -> None:
    """Store corrections of one campaign that raise every logit by about one, made of so many columns."""
    rng = np.random.default_rng(1)
    rows = lightgbm.Dataset(rng.normal(size=(60, columns)), np.ones(60))
    trees = lightgbm.train({"objective": "regression", "verbosity": -1, "num_threads": 1}, rows, 1)
    with act_as_exchange("a test fits a layer"):
        CampaignLayer.objects.create(
            campaign_id=campaign_id, organization_id=uuid7(), vertical="home.test", a=1.0, b=0.0, phase="boosted", labels=1_500,
            positives=200, features_version=FEATURES_VERSION, columns=columns, booster=trees.model_to_string(), fitted_at=AT,
        )  # fmt: skip


@pytest.mark.parametrize(("missing", "follows"), [(0, True), (1, False)])
def test_a_bid_by_value_follows_a_layer_of_our_columns_only(served: FeatureSpec, missing: int, follows: bool) -> None:
    one = terms(1, bid_rule=BidRule(base_price=9_000_000, value=PER_LEAD))
    keep_layer(one.campaign_id, len(features_of(served)) - missing)
    champions.refresh()
    score = services.score("home.test", PING, AT)
    assert score is not None
    proven = ScoreFacts(score.probability, Decimal(score.percentile), score.score, score.model_version, True)
    graded = graded_for(one, score, proven)
    assert graded is not None
    assert graded.probability == score.probability
    assert (graded.own is not None, graded.own and graded.own.labels) == ((True, 1_500) if follows else (False, None))
    if graded.own is not None:
        odds, before = (p / (1 - p) for p in (graded.own.probability, score.probability))
        assert odds / before == pytest.approx(np.e)
    by_vertical = price_bid(one.bid_rule, {}, proven, AT).bid_price
    assert (price_bid(one.bid_rule, {}, graded, AT).bid_price > by_vertical) is follows
