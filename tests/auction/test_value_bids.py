"""A bid by value follows what a campaign's own outcomes say; a visible rule follows the vertical alone."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from campaigns.core.bids import BidRule, ScoreFacts, ValueBid, price_bid
from exchange.auction.bidding import graded_for
from scoring.core.ladder import Layer
from scoring.core.serving import Score
from tests.core.campaigns.test_matching import terms

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
BY_VALUE = BidRule(base_price=9_000_000, value=ValueBid(400_000_000))
HALVED = Layer("intercept", b=-0.7472144)  # the odds of .1, 1 to 9, become 1 to 19


def priced(rule: BidRule, *, layered: bool, proven: bool = True) -> int:
    one = terms(1, bid_rule=rule)
    layers = {one.campaign_id: HALVED} if layered else {}
    score = Score(0.1, 10, 50.0, "home.test/2", "", (), proven, 0.1, layers)
    graded = ScoreFacts(score.probability, Decimal(score.percentile), score.score, score.model_version, score.proven)
    return price_bid(rule, {}, graded_for(one, score, graded), AT).bid_price


def test_a_campaign_with_a_layer_bids_by_its_own_chance() -> None:
    assert (priced(BY_VALUE, layered=False), priced(BY_VALUE, layered=True)) == (40_000_000, 20_000_000)


@pytest.mark.parametrize("layered", [False, True])
def test_a_visible_rule_and_an_unproven_model_know_no_layers(layered: bool) -> None:
    assert priced(BidRule(base_price=9_000_000), layered=layered) == 9_000_000
    assert priced(BY_VALUE, layered=layered, proven=False) == 9_000_000


def test_without_a_score_nothing_is_graded() -> None:
    assert graded_for(terms(1, bid_rule=BY_VALUE), None, None) is None
