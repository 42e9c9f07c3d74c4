"""200 publishers at once on a campaign with a cap of 50 and a budget for 40: exactly 40 leads are sold, and not a cent more."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from benchmarks.market_client import Demo, MarketClient
from tests.faults.own_exchange import shared_exchange
from tests.faults.promises import clean_books, list_all
from tests.races.rush import Outcome, rush

pytestmark = pytest.mark.race
PEOPLE, PARALLEL, CAP, AFFORDABLE = 200, 48, 50, 40
PRICE = Decimal("100.00")
FLOOR = Decimal("70.00")  # a payout: more than any other campaign of the demo leaves, less than ours


def test_a_budget_holds_against_two_hundred_at_once():
    exchange = shared_exchange()
    demo = exchange.demo()
    ping = _open_market(demo)
    first = secrets.randbits(60)
    outcomes = rush(demo, ping, range(first, first + PEOPLE), parallel=PARALLEL)
    sold = [outcome for outcome in outcomes if outcome.status == "sold"]
    assert Counter(outcome.status for outcome in outcomes) == {"sold": AFFORDABLE, "no_bid": PEOPLE - AFFORDABLE}
    assert {reason for outcome in outcomes for reason in outcome.reasons} >= {"budget_reached"}
    assert len({outcome.quote_id for outcome in sold}) == AFFORDABLE
    _assert_entries(demo, sold)
    assert clean_books(exchange) == []


def _open_market(demo: Demo) -> dict[str, Any]:
    """Make a source whose floor only one new campaign reaches; gives a ping for it once the market knows both."""
    publisher = MarketClient(base_url=demo.base_url, key=demo.publisher_key)
    advertiser = MarketClient(base_url=demo.base_url, key=demo.advertiser_key)
    vertical = demo.sample_ping["vertical"]
    floors = [{"vertical": vertical, "floor_price": _money(FLOOR)}]
    source = _made(publisher, "/api/v1/sources", {"name": "Race", "floors": floors})
    known = list_all(advertiser, "/api/v1/campaigns")[0]
    campaign = {
        "name": "Race",
        "vertical": vertical,
        "bid": {"base_price": _money(PRICE)},
        "caps": [{"window": "month", "limit": CAP}],
        "budgets": [{"window": "month", "limit": _money(PRICE * AFFORDABLE)}],
        "allowed_sources": [source["id"]],
        "destination": {"kind": "http", "url": known["destination"]["url"]},
    }
    made = _made(advertiser, "/api/v1/campaigns", campaign)
    answer = advertiser.post(f"/api/v1/campaigns/{made['id']}/publish", {})
    assert answer.status == 200, answer.json()
    ping = {**demo.sample_ping, "source": source["id"]}
    _wait_until_known(publisher, ping)
    return ping


def _made(client: MarketClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(path, body)
    assert answer.status == 201, f"{path}: {answer.status} {answer.json()}"
    found: dict[str, Any] = answer.json()
    return found


def _money(amount: Decimal) -> dict[str, str]:
    return {"amount": str(amount), "currency": "USD"}


def _wait_until_known(client: MarketClient, ping: dict[str, Any]) -> None:
    """A change is live everywhere within a second; a ping that asks too much tells without holding anything."""
    asking = {**ping, "min_price": _money(PRICE * 2), "contact_hashes": {}}
    deadline = time.monotonic() + 5
    seen = 0
    while seen < 20:  # every worker process has to know it
        answer = client.post("/api/v1/pings", asking)
        reasons = answer.json().get("reasons", ()) if answer.status == 200 else ()
        seen = seen + 1 if "below_floor" in {reason["code"] for reason in reasons} else 0
        assert time.monotonic() < deadline, f"the market does not know the campaign: {answer.json()}"
        time.sleep(0.02)


def _assert_entries(demo: Demo, sold: list[Outcome]) -> None:
    payouts = {outcome.quote_id: outcome.payout for outcome in sold}
    charged = _entries(demo.base_url, demo.advertiser_key, "wallet", payouts)
    paid = _entries(demo.base_url, demo.publisher_key, "payable", payouts)
    assert charged == dict.fromkeys(payouts, -PRICE)
    assert paid == payouts


def _entries(base_url: str, key: str, account_kind: str, quotes: dict[str, Decimal]) -> dict[str, Decimal]:
    client = MarketClient(base_url=base_url, key=key)
    rows = list_all(client, f"/api/v1/ledger/entries?kind=capture&account_kind={account_kind}")
    ours = [row for row in rows if row["quote_id"] in quotes]
    assert len(ours) == len(quotes), f"{len(ours)} entries for {len(quotes)} sales"
    return {row["quote_id"]: Decimal(row["amount"]["amount"]) for row in ours}
