"""200 publishers at once on a campaign with a cap of 50 and a budget for 40: exactly 40 leads are sold, and not a cent more."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal

import pytest

from benchmarks.market_client import Demo, MarketClient
from tests.faults.own_exchange import shared_exchange
from tests.faults.promises import clean_books, list_all
from tests.races.own_market import PRICE, money, open_market
from tests.races.rush import Outcome, rush

pytestmark = pytest.mark.race
PEOPLE, PARALLEL, CAP, AFFORDABLE = 200, 48, 50, 40


def test_a_budget_holds_against_two_hundred_at_once():
    exchange = shared_exchange()
    demo = exchange.demo()
    caps = [{"window": "month", "limit": CAP}]
    ping = open_market(demo, caps=caps, budgets=[{"window": "month", "limit": money(PRICE * AFFORDABLE)}])
    sold = _sell_out(demo, ping, sold_count=AFFORDABLE, reason="budget_reached")
    _assert_entries(demo, sold)
    assert clean_books(exchange) == []


def test_a_cap_holds_against_two_hundred_at_once():
    exchange = shared_exchange()
    demo = exchange.demo()
    ping = open_market(
        demo, caps=[{"window": "day", "limit": CAP}], budgets=[{"window": "month", "limit": money(PRICE * PEOPLE)}]
    )
    sold = _sell_out(demo, ping, sold_count=CAP, reason="cap_reached")
    _assert_entries(demo, sold)
    assert clean_books(exchange) == []


def _sell_out(demo: Demo, ping: Mapping[str, object], *, sold_count: int, reason: str) -> list[Outcome]:
    first = secrets.randbits(60)
    outcomes = rush(demo, ping, range(first, first + PEOPLE), parallel=PARALLEL)
    assert Counter(outcome.status for outcome in outcomes) == {"sold": sold_count, "no_bid": PEOPLE - sold_count}
    sold = [outcome for outcome in outcomes if outcome.status == "sold"]
    assert len({outcome.quote_id for outcome in sold}) == sold_count
    refused = Counter(reason in outcome.reasons for outcome in outcomes if outcome.status == "no_bid")
    assert refused == {True: PEOPLE - sold_count}
    return sold


def _assert_entries(demo: Demo, sold: Sequence[Outcome]) -> None:
    payouts = {outcome.quote_id: outcome.payout for outcome in sold}
    assert _entries(demo.base_url, demo.advertiser_key, "wallet", payouts) == dict.fromkeys(payouts, -PRICE)
    assert _entries(demo.base_url, demo.publisher_key, "payable", payouts) == payouts


def _entries(base_url: str, key: str, account_kind: str, quotes: Mapping[str, Decimal]) -> dict[str, Decimal]:
    with MarketClient(base_url=base_url, key=key) as client:
        rows = list_all(client, f"/api/v1/ledger/entries?kind=capture&account_kind={account_kind}")
    ours = [row for row in rows if row["quote_id"] in quotes]
    assert len(ours) == len(quotes), f"{len(ours)} entries for {len(quotes)} sales"
    return {row["quote_id"]: Decimal(row["amount"]["amount"]) for row in ours}
