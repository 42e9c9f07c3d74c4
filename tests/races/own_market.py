"""A corner of the demo's market that belongs to one test: a source whose floor only one new campaign reaches."""

from __future__ import annotations

import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from benchmarks.market_client import Demo, MarketClient
from tests.faults.promises import list_all

PRICE = Decimal("100.00")
FLOOR = Decimal("70.00")  # a payout: more than any other campaign of the demo leaves, less than ours
WORKERS_HEARD = 20
SECONDS_MAX = 10


def open_market(demo: Demo, **rules: Any) -> dict[str, Any]:
    """Publish a campaign at PRICE with further rules of a draft; gives a ping for it once the market knows it."""
    vertical = demo.sample_ping["vertical"]
    floors = [{"vertical": vertical, "floor_price": money(FLOOR)}]
    with (
        MarketClient(base_url=demo.base_url, key=demo.publisher_key) as publisher,
        MarketClient(base_url=demo.base_url, key=demo.advertiser_key) as advertiser,
    ):
        source = _made(publisher, "/api/v1/sources", {"name": "Own corner", "floors": floors})
        ping = {**demo.sample_ping, "source": source["id"]}
        others = _wait_until_heard(publisher, ping, 0)
        _publish(advertiser, {"vertical": vertical, "allowed_sources": [source["id"]], **rules})
        _wait_until_heard(publisher, ping, others + 1)
    return ping


def _publish(advertiser: MarketClient, rules: Mapping[str, Any]) -> None:
    known = list_all(advertiser, "/api/v1/campaigns")[0]
    campaign = {
        "name": "Own corner",
        "bid": {"base_price": money(PRICE)},
        "destination": {"kind": "http", "url": known["destination"]["url"]},
        **rules,
    }
    made = _made(advertiser, "/api/v1/campaigns", campaign)
    answer = advertiser.post(f"/api/v1/campaigns/{made['id']}/publish", {})
    assert answer.status == 200, answer.json()


def money(amount: Decimal) -> dict[str, str]:
    """Write an amount of the live market."""
    return {"amount": str(amount), "currency": "USD"}


def _made(client: MarketClient, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    answer = client.post(path, body)
    assert answer.status == 201, f"{path}: {answer.status} {answer.json()}"
    found: dict[str, Any] = answer.json()
    return found


def _wait_until_heard(client: MarketClient, ping: Mapping[str, Any], bidders_min: int) -> int:
    """Wait until every worker process knows source and campaigns (within a second); gives how many campaigns bid.

    A ping that asks more than anybody pays tells, and holds nothing: each campaign that would bid is counted as below_floor.
    """
    asking = {**ping, "min_price": money(PRICE * 2), "contact_hashes": {}}
    deadline = time.monotonic() + SECONDS_MAX
    heard = bidders = 0
    while heard < WORKERS_HEARD:
        answer = client.post("/api/v1/pings", asking)
        reasons = answer.json().get("reasons", ())
        bidders = sum(reason["count"] for reason in reasons if reason["code"] == "below_floor")
        heard = heard + 1 if answer.status == 200 and bidders >= bidders_min else 0
        assert time.monotonic() < deadline, f"the market does not know the campaign: {answer.json()}"
        time.sleep(0.02)
    return bidders
