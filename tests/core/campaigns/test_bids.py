"""What a campaign offers, to the cent, and the arithmetic it shows."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from accounts.core.money import CENT
from campaigns.core.bids import Band, BidRule, Multiplier, OwnChance, ScoreFacts, Step, ValueBid, hour_of_week, price_bid

SOURCE = UUID(int=7)
PROVEN = ScoreFacts(0.125, Decimal("91.5"), 12, "roof-3", True)
PRIOR = ScoreFacts(0.125, Decimal("91.5"), 12, "prior-1", False)


def usd(text):
    return int(Decimal(text) * 1_000_000)


def test_base_band_multipliers_and_their_steps():
    rule = BidRule(
        usd("20.00"),
        bands=(Band(Decimal(50), factor=Decimal("1.1")), Band(Decimal(90), factor=Decimal("1.5"))),
        multipliers=(
            Multiplier("state", ("TX", "OK"), Decimal("1.2")),
            Multiplier("state", ("CA",), Decimal("9")),
            Multiplier("source", (SOURCE,), Decimal("0.955")),
        ),
    )
    bid = price_bid(rule, {"state": "TX", "source": SOURCE}, PRIOR)
    assert bid.bid_price == usd("34.38")
    assert bid.arithmetic == (
        Step("base", None, usd("20")),
        Step("score percentile >= 90", Decimal("1.5"), usd("30")),
        Step("state in (OK, TX)", Decimal("1.2"), usd("36")),
        Step(f"source in ({SOURCE})", Decimal("0.955"), usd("34.38")),
    )


def test_a_band_may_name_a_price_and_below_every_band_the_base_stands():
    rule = BidRule(usd("20"), bands=(Band(Decimal(90), price=usd("55.50")),))
    assert price_bid(rule, {}, PRIOR).bid_price == usd("55.50")
    low = ScoreFacts(0.01, 89.99, 1, "prior-1", False)
    assert [price_bid(rule, {}, score).bid_price for score in (low, None)] == [usd("20"), usd("20")]


def test_one_rounding_to_cents_half_to_even():
    def bid(factor):
        rule = BidRule(usd("1.00"), multipliers=(Multiplier("state", ("TX",), Decimal(factor)),))
        return price_bid(rule, {"state": "TX"}, None)

    assert [bid(factor).bid_price for factor in ("1.005", "1.015", "1.0149")] == [usd("1.00"), usd("1.02"), usd("1.01")]
    assert bid("1.0149").arithmetic[-1] == Step("whole cents", None, usd("1.01"))
    # Rounding after each factor would give 1.00 x 1.005 = 1.00, x 1.005 = 1.00; exact arithmetic gives 1.010025.
    twice = BidRule(usd("1.00"), multipliers=(Multiplier("state", ("TX",), Decimal("1.005")),) * 2)
    assert price_bid(twice, {"state": "TX"}, None).bid_price == usd("1.01")


def test_the_clamp():
    rule = BidRule(usd("20"), multipliers=(Multiplier("state", ("TX",), Decimal(3)),), min_price=usd("10"), max_price=usd("45"))
    bid = price_bid(rule, {"state": "TX"}, None)
    assert (bid.bid_price, bid.arithmetic[-1]) == (usd("45"), Step("lowered to the maximum", None, usd("45")))
    low = BidRule(usd("2"), min_price=usd("10"))
    assert price_bid(low, {}, None).arithmetic[-1] == Step("raised to the minimum", None, usd("10"))


def test_a_factor_of_zero_excludes_and_no_minimum_lifts_it():
    rule = BidRule(usd("20"), multipliers=(Multiplier("source", (SOURCE,), Decimal(0)),), min_price=usd("10"))
    assert price_bid(rule, {"source": SOURCE}, None).bid_price == 0
    assert price_bid(rule, {"source": UUID(int=8)}, None).bid_price == usd("20")


def test_a_value_bid_needs_a_proven_model():
    rule = BidRule(usd("20"), value=ValueBid(usd("400"), Decimal("0.20")), max_price=usd("60"))
    proven = price_bid(rule, {}, PROVEN)
    assert proven.bid_price == usd("40.00")
    assert proven.arithmetic == (
        Step("chance 0.1250 x value, model roof-3", Decimal("0.125"), usd("50")),
        Step("less the buyer's own margin of 20%", Decimal("0.80"), usd("40")),
    )
    fallback = price_bid(rule, {}, PRIOR)
    assert (fallback.bid_price, fallback.arithmetic[0].label) == (usd("20"), "base (no proven model for the value bid)")
    assert price_bid(rule, {}, None).bid_price == usd("20")


def test_a_value_bid_by_a_campaign_s_own_chance_names_both_chances():
    rule = BidRule(usd("20"), value=ValueBid(usd("400")))
    own = dataclasses.replace(PROVEN, own=OwnChance(0.0512, 1_204))
    bid = price_bid(rule, {}, own)
    words = "chance 0.0512 x value: 0.1250 by model roof-3, moved by the buyer's own outcomes (1,204 of this campaign)"
    assert (bid.bid_price, bid.arithmetic) == (usd("20.48"), (Step(words, Decimal("0.0512"), usd("20.48")),))
    # A visible rule knows no chance, and an unproven model's is nobody's to bid by.
    assert price_bid(rule, {}, dataclasses.replace(own, proven=False)).bid_price == usd("20")


def test_the_factor_of_a_value_bid_is_the_shortest_decimal_that_reads_back():
    chance = 0.1 + 0.2
    step = price_bid(
        BidRule(usd("20"), value=ValueBid(usd("400"))), {}, dataclasses.replace(PROVEN, probability=chance)
    ).arithmetic[0]
    assert (str(step.factor), float(step.factor)) == ("0.30000000000000004", chance)


def test_multipliers_ask_any_field_with_any_operator_and_a_missing_fact_never_multiplies():
    multipliers = (
        Multiplier("roof_age_years", 20, Decimal(2), op="gte"),
        Multiplier("zip", ("787",), Decimal(3), op="starts_with"),
        Multiplier("state", ("CA",), Decimal(5), op="not_in"),
        Multiplier("authorised", None, Decimal(7), op="is_true"),
    )
    rule = BidRule(usd("1"), multipliers=multipliers)
    assert price_bid(rule, {}, None).bid_price == usd("1")
    assert price_bid(rule, {"roof_age_years": 20, "zip": "78701"}, None).bid_price == usd("6")
    assert price_bid(rule, {"state": "TX", "authorised": True}, None).bid_price == usd("35")


def test_hour_of_week_is_read_in_the_rules_zone():
    at = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)  # Sunday 22:30 in Chicago
    assert (hour_of_week(at, "America/Chicago"), hour_of_week(at, "UTC")) == (6 * 24 + 22, 4)
    rule = BidRule(usd("10"), multipliers=(Multiplier("hour_of_week", (166,), Decimal("0.5")),), zone="America/Chicago")
    assert (price_bid(rule, {}, None, at).bid_price, price_bid(rule, {}, None).bid_price) == (usd("5"), usd("10"))


@given(
    base=st.integers(1, 100_000),
    factors=st.lists(st.decimals(Decimal("0.01"), Decimal(10), places=4), max_size=6),
    low=st.integers(1, 5_000),
    span=st.integers(0, 100_000),
)
def test_a_bid_is_whole_cents_within_its_clamp_and_its_last_step_is_the_bid(base, factors, low, span):
    rule = BidRule(
        base * CENT,
        multipliers=tuple(Multiplier("state", ("TX",), factor) for factor in factors),
        min_price=low * CENT,
        max_price=(low + span) * CENT,
    )
    bid = price_bid(rule, {"state": "TX"}, None)
    assert bid.bid_price % CENT == 0
    assert bid.bid_price == 0 or rule.min_price <= bid.bid_price <= rule.max_price
    assert bid.arithmetic[-1].price == bid.bid_price
