"""The auction: every case file, the page that shows them, and the algebra behind them."""

from __future__ import annotations

import random
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.core.money import CENT, MICROS
from exchange.core.auction import Candidate, Margin, Rules, clears_floors, hold_auction, payout_of, smallest_price, tie_break
from exchange.core.reasons import Reason
from tests.core.exchange import auction_cases

CASES = auction_cases.names()

bids = st.integers(0, 12_000).map(lambda cents: cents * CENT)
margins = st.one_of(
    st.decimals(0, 1, places=4).map(lambda share: Margin("percent", share)),
    st.integers(0, 20 * MICROS).map(lambda value: Margin("absolute", value)),
)
rules = st.builds(
    Rules,
    floor_price=st.integers(0, 60 * MICROS),
    floor_payout=st.integers(0, 60 * MICROS),
    margin=margins,
    pricing=st.just("first_price"),
    seed=st.sampled_from(["png_a", "png_b"]),
    sellers_max=st.integers(1, 5),
)
# Few prices and tiers, so that ties are common.
candidates = st.lists(
    st.tuples(st.one_of(st.sampled_from([20 * MICROS, 30 * MICROS]), bids), st.integers(0, 2), st.booleans()), max_size=12
).map(lambda rows: [_candidate(place, *row) for place, row in enumerate(rows)])


def _candidate(place: int, bid_price: int, priority: int = 0, exclusive: bool = True) -> Candidate:
    return Candidate(UUID(int=place + 1), UUID(int=place + 1001), UUID(int=place + 2001), bid_price, priority, exclusive)


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    case = auction_cases.load(name)
    if "refused" in case["expected"]:
        with pytest.raises(ValueError, match=case["expected"]["refused"]):
            auction_cases.rules_of(case)
        return
    result = hold_auction(auction_cases.candidates_of(case), auction_cases.rules_of(case))
    assert auction_cases.as_expected(case, result) == case["expected"]


def test_there_are_enough_cases() -> None:
    assert len(CASES) == 23


def test_page_shows_the_numbers_of_the_cases() -> None:
    page = auction_cases.PAGE.read_text()
    assert auction_cases.with_fresh_tables(page) == page
    assert len(auction_cases.MARK.findall(page)) == 13


@given(candidates, rules, st.randoms(use_true_random=False))
def test_order_of_candidates_never_matters(rows: list[Candidate], rule: Rules, shuffler: random.Random) -> None:
    shuffled = list(rows)
    shuffler.shuffle(shuffled)
    assert hold_auction(shuffled, rule) == hold_auction(rows, rule)


@given(candidates, rules)
def test_every_candidate_has_exactly_one_outcome(rows: list[Candidate], rule: Rules) -> None:
    result = hold_auction(rows, rule)
    outcomes = [winner.candidate for winner in result.winners] + [loser.candidate for loser in result.losers]
    assert sorted(outcomes, key=lambda row: row.campaign_id) == rows
    assert {loser.reason for loser in result.losers} <= {Reason.OUTBID, Reason.BELOW_FLOOR}
    assert all(loser.detail.startswith("bid ") for loser in result.losers)
    assert (len(result.winners) == 1) == any(clears_floors(row.bid_price, rule) for row in rows)


@given(candidates, rules)
def test_money_of_a_sale_adds_up_within_the_floors(rows: list[Candidate], rule: Rules) -> None:
    for winner in hold_auction(rows, rule).winners:
        assert winner.clearing_price == winner.payout_amount + winner.margin_amount
        assert winner.payout_amount % CENT == 0
        assert rule.floor_price <= winner.clearing_price <= winner.candidate.bid_price
        assert max(rule.floor_payout, CENT) <= winner.payout_amount <= winner.clearing_price
        assert winner.margin_amount >= 0


@given(candidates, rules)
def test_no_better_eligible_candidate_loses(rows: list[Candidate], rule: Rules) -> None:
    eligible = [row for row in rows if clears_floors(row.bid_price, rule)]
    for winner in hold_auction(rows, rule).winners:
        best = max(eligible, key=lambda row: (row.priority, row.bid_price))
        assert (winner.candidate.priority, winner.candidate.bid_price) == (best.priority, best.bid_price)
        equal = [row for row in eligible if (row.priority, row.bid_price) == (best.priority, best.bid_price)]
        assert winner.candidate == min(equal, key=lambda row: tie_break(rule.seed, row.campaign_id))


@given(candidates, rules)
def test_candidates_below_the_floor_change_nothing(rows: list[Candidate], rule: Rules) -> None:
    eligible = [row for row in rows if clears_floors(row.bid_price, rule)]
    assert hold_auction(eligible, rule).winners == hold_auction(rows, rule).winners


@given(rules)
def test_smallest_price_is_exact(rule: Rules) -> None:
    least = smallest_price(rule)
    if least is None:
        assert rule.margin == Margin("percent", Decimal(1))
        return
    assert least % CENT == 0
    assert clears_floors(least, rule)
    assert not clears_floors(least - CENT, rule)


@given(bids, margins)
def test_payout_equals_the_rule_in_exact_decimals(price: int, margin: Margin) -> None:
    exact = Decimal(price) * (1 - margin.value) if margin.kind == "percent" else Decimal(price - margin.value)
    cents = (exact / CENT).to_integral_value(rounding="ROUND_HALF_EVEN")
    assert payout_of(price, margin) == max(0, int(cents) * CENT)


@given(bids, bids, margins)
def test_a_higher_price_never_pays_less(one: int, other: int, margin: Margin) -> None:
    low, high = sorted((one, other))
    assert payout_of(low, margin) <= payout_of(high, margin)


def test_payout_stays_below_a_price_with_parts_of_a_cent() -> None:
    assert payout_of(10_019_999, Margin("percent", Decimal(0))) == 10_010_000


def test_lot_is_the_published_hash() -> None:
    campaign = UUID("019aa000-0000-7000-8000-000000000001")
    assert tie_break("png_01kanyj8m0e3t8kq5v7x9y2z4b", campaign) == (
        "08bf8f3b62ef2eb179a1c1a0e12e9c36701aa1a5ecb3f79e3c7fa6aaceed7c4a"
    )


def test_a_campaign_bids_once() -> None:
    rule = Rules(0, 0, Margin("percent", Decimal("0.2")), "first_price", "s", 1)
    with pytest.raises(ValueError, match="bids once"):
        hold_auction([_candidate(1, MICROS), _candidate(1, 2 * MICROS)], rule)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("percent", Decimal("-0.01")),
        ("percent", Decimal("1.01")),
        ("percent", Decimal("NaN")),
        ("absolute", -1),
        ("percent", 1),
        ("share", 1),
    ],
)
def test_a_margin_that_makes_no_sense_is_refused(kind: str, value: Decimal | int) -> None:
    with pytest.raises(ValueError, match="margin"):
        Margin(kind, value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes", [{"floor_price": -1}, {"floor_payout": -1}, {"sellers_max": 0}, {"pricing": "second_price"}, {"pricing": ""}]
)
def test_rules_that_make_no_sense_are_refused(changes: dict[str, object]) -> None:
    sound = {
        "floor_price": 0,
        "floor_payout": 0,
        "margin": Margin("absolute", 0),
        "pricing": "first_price",
        "seed": "s",
        "sellers_max": 1,
    }
    with pytest.raises(ValueError, match=r"floor|buyer|pricing"):
        Rules(**{**sound, **changes})  # type: ignore[arg-type]


def test_a_negative_bid_is_refused() -> None:
    with pytest.raises(ValueError, match="never negative"):
        _candidate(1, -1)
