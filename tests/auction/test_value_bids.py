"""A bid by value follows what a campaign's own outcomes say; a visible rule follows the vertical alone."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from campaigns.core.bids import KNOWN_MAX, BidRule, Multiplier, ScoreFacts, ValueBid, price_bid
from campaigns.core.terms import CampaignTerms
from exchange.auction.bidding import graded_for
from exchange.auction.offers import Offers
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


def test_an_offer_is_kept_while_its_rule_gives_the_same_bid_again() -> None:
    offers, plain, by_value = Offers(), terms(1, bid_rule=BidRule(base_price=9_000_000)), terms(2, bid_rule=BY_VALUE)
    proven, prior = (ScoreFacts(0.1, Decimal(50), 10, "home.test/2", one) for one in (True, False))

    def same(one: CampaignTerms, score: ScoreFacts) -> bool:
        first, again = (offers.of(one, price_bid(one.bid_rule, {}, score)) for _ in range(2))
        assert first.candidate == again.candidate
        return first is again

    # A value bid is made anew for each lead: kept offers of it would never be asked for and fill the places of the others.
    assert [same(plain, proven), same(by_value, prior), same(by_value, proven)] == [True, True, False]
    assert len(offers) == 2


def test_an_offer_that_its_rule_has_no_place_for_is_made_again() -> None:
    offers, values = Offers(), range(KNOWN_MAX + 1)
    each = tuple(Multiplier("zip", (str(value),), Decimal(1 + value)) for value in values)
    rich = terms(1, bid_rule=BidRule(base_price=1_000_000, multipliers=each))
    bids = [price_bid(rich.bid_rule, {"zip": str(value)}, None) for value in values]
    assert [bid.kept for bid in bids] == [True] * KNOWN_MAX + [False]
    assert [offers.of(rich, bid).candidate.bid_price for bid in bids] == [(1 + value) * 1_000_000 for value in values]
    assert len(offers) == KNOWN_MAX
