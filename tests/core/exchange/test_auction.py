"""The auction: every case file, the page that shows them, and the algebra behind them."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from itertools import combinations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.core.money import CENT, MICROS
from exchange.core.auction import (
    AuctionResult,
    Basis,
    Candidate,
    Rules,
    best_combination,
    clears_floors,
    hold_auction,
    smallest_price,
    tie_break,
)
from exchange.core.payouts import Margin, payout_of
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
    pricing=st.sampled_from(["first_price", "second_price"]),
    seed=st.sampled_from(["png_a", "png_b"]),
    sales_max=st.integers(1, 5),
)
# Few prices and tiers, so that ties are common.
candidates = st.lists(
    st.tuples(
        st.one_of(st.sampled_from([20 * MICROS, 30 * MICROS]), bids),
        st.sampled_from([0, 0, 0, 1]),
        st.integers(1, 4),
        st.integers(0, 5),
    ),
    max_size=9,
).map(lambda rows: [_candidate(place, *row) for place, row in enumerate(rows)])


def _candidate(place: int, bid_price: int, priority: int = 0, sales_max: int = 1, advertiser: int | None = None) -> Candidate:
    owner = UUID(int=2001 + (place if advertiser is None else advertiser))
    return Candidate(UUID(int=place + 1), owner, bid_price, priority, sales_max)


def _sellable(rows: list[Candidate], rule: Rules) -> list[tuple[Candidate, ...]]:
    """Every combination that may be sold, found by trying all of them."""
    eligible = [row for row in rows if clears_floors(row.bid_price, rule)]
    tried = (some for places in range(1, rule.sales_max + 1) for some in combinations(eligible, places))
    return [
        some
        for some in tried
        if len({one.organization_id for one in some}) == len(some) and all(one.sales_max >= len(some) for one in some)
    ]


def _worth(some: tuple[Candidate, ...], rule: Rules) -> tuple[int, ...]:
    """What each tier pays at the bids, and what it bids, the highest tier first."""
    tiers = [[one for one in some if one.priority == tier] for tier in (1, 0)]
    return tuple(
        sum(amount(one) for one in tier)
        for tier in tiers
        for amount in (lambda one: payout_of(one.bid_price, rule.margin), lambda one: one.bid_price)
    )


def _losing(rows: list[Candidate], result: AuctionResult) -> list[Candidate]:
    """The candidates of advertisers that bought nothing."""
    buyers = {winner.candidate.organization_id for winner in result.winners}
    return [row for row in rows if row.organization_id not in buyers]


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
    assert len(CASES) == 45


def test_page_shows_the_numbers_of_the_cases() -> None:
    page = auction_cases.PAGE.read_text()
    assert auction_cases.with_fresh_tables(page) == page
    assert len(auction_cases.MARK.findall(page)) == 31


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
    assert bool(result.winners) == any(clears_floors(row.bid_price, rule) for row in rows)


@given(candidates, rules)
def test_money_of_a_sale_adds_up_within_the_floors(rows: list[Candidate], rule: Rules) -> None:
    for winner in hold_auction(rows, rule).winners:
        assert winner.clearing_price == winner.payout_amount + winner.margin_amount
        assert winner.payout_amount % CENT == 0
        assert rule.floor_price <= winner.clearing_price <= winner.candidate.bid_price
        assert max(rule.floor_payout, CENT) <= winner.payout_amount <= winner.clearing_price
        assert winner.margin_amount >= 0


@given(candidates, rules)
def test_the_combination_is_the_best_of_all(rows: list[Candidate], rule: Rules) -> None:
    sold = tuple(winner.candidate for winner in hold_auction(rows, rule).winners)
    sellable = _sellable(rows, rule)
    assert bool(sold) == bool(sellable)
    if sold:
        best = max(_worth(some, rule) for some in sellable)
        assert set(sold) in [set(some) for some in sellable]
        assert _worth(sold, rule) == best
        assert len(sold) == min(len(some) for some in sellable if _worth(some, rule) == best)


@given(candidates, rules)
def test_an_exclusive_campaign_buys_alone_and_no_advertiser_twice(rows: list[Candidate], rule: Rules) -> None:
    sold = [winner.candidate for winner in hold_auction(rows, rule).winners]
    assert len(sold) <= rule.sales_max
    assert all(len(sold) <= one.sales_max for one in sold)
    assert len({one.organization_id for one in sold}) == len(sold)


@given(candidates, rules)
def test_no_better_bid_loses_where_one_sale_is_made(rows: list[Candidate], rule: Rules) -> None:
    rule = replace(rule, sales_max=1)
    eligible = [row for row in rows if clears_floors(row.bid_price, rule)]
    for winner in hold_auction(rows, rule).winners:
        best = max(eligible, key=lambda row: (row.priority, row.bid_price))
        equal = [row for row in eligible if (row.priority, row.bid_price) == (best.priority, best.bid_price)]
        assert winner.candidate == min(equal, key=lambda row: tie_break(rule.seed, row.campaign_id))


@given(candidates, rules)
def test_lots_for_those_in_question_choose_as_lots_for_all(rows: list[Candidate], rule: Rules) -> None:
    ranked = sorted(rows, key=lambda row: (-row.priority, -row.bid_price, tie_break(rule.seed, row.campaign_id)))
    chosen = best_combination([row for row in ranked if clears_floors(row.bid_price, rule)], rule)
    assert [winner.candidate for winner in hold_auction(rows, rule).winners] == list(chosen)


@given(candidates, rules)
def test_pricing_changes_the_price_and_nothing_else(rows: list[Candidate], rule: Rules) -> None:
    first = hold_auction(rows, replace(rule, pricing="first_price"))
    second = hold_auction(rows, replace(rule, pricing="second_price"))
    assert [one.candidate for one in first.winners] == [one.candidate for one in second.winners]
    assert first.losers == second.losers
    assert all(one.clearing_price == one.candidate.bid_price for one in first.winners)
    assert {one.basis for one in first.winners} <= {Basis.OWN_BID}


@given(candidates, rules)
def test_second_price_of_one_sale_is_the_best_rival_or_the_floor(rows: list[Candidate], rule: Rules) -> None:
    rule = replace(rule, pricing="second_price", sales_max=1)
    result = hold_auction(rows, rule)
    for winner in result.winners:
        rivals = [row.bid_price for row in _losing(rows, result) if row.priority == winner.candidate.priority]
        assert winner.clearing_price == max([smallest_price(rule) or 0, *rivals])


@given(candidates, rules)
def test_second_price_pays_at_least_what_was_kept_out_and_hardly_more(rows: list[Candidate], rule: Rules) -> None:
    rule = replace(rule, pricing="second_price")
    result = hold_auction(rows, rule)
    if not result.winners:
        return
    tier = result.winners[0].candidate.priority
    in_tier = [winner for winner in result.winners if winner.candidate.priority == tier]
    kept_out = _sellable([row for row in _losing(rows, result) if row.priority == tier], rule)
    other = max((sum(payout_of(one.bid_price, rule.margin) for one in some) for some in kept_out), default=0)
    paid = sum(winner.payout_amount for winner in in_tier)
    assert paid >= other
    if any(winner.basis is Basis.NEXT_COMBINATION for winner in in_tier):
        assert paid < other + len(in_tier) * CENT


@given(candidates, rules)
def test_equal_bids_of_one_tier_pay_equal_prices(rows: list[Candidate], rule: Rules) -> None:
    prices: dict[tuple[int, int], set[int]] = {}
    for winner in hold_auction(rows, rule).winners:
        prices.setdefault((winner.candidate.priority, winner.candidate.bid_price), set()).add(winner.clearing_price)
    assert all(len(found) == 1 for found in prices.values())


@given(candidates, rules)
def test_a_second_campaign_that_buys_nothing_never_changes_its_owners_price(rows: list[Candidate], rule: Rules) -> None:
    result = hold_auction(rows, rule)
    bought = {winner.candidate.campaign_id for winner in result.winners}
    without = [row for row in rows if row in _losing(rows, result) or row.campaign_id in bought]
    assert hold_auction(without, rule).winners == result.winners


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
    "changes", [{"floor_price": -1}, {"floor_payout": -1}, {"sales_max": 0}, {"pricing": "third_price"}, {"pricing": ""}]
)
def test_rules_that_make_no_sense_are_refused(changes: dict[str, object]) -> None:
    sound = {
        "floor_price": 0,
        "floor_payout": 0,
        "margin": Margin("absolute", 0),
        "pricing": "first_price",
        "seed": "s",
        "sales_max": 1,
    }
    with pytest.raises(ValueError, match=r"floor|advertiser|pricing"):
        Rules(**{**sound, **changes})  # type: ignore[arg-type]


def test_a_bid_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="never negative"):
        _candidate(1, -1)
    with pytest.raises(ValueError, match="one sale"):
        _candidate(1, 1, sales_max=0)
