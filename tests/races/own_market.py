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


def open_market(demo: Demo, **rules: Any) -> dict[str, Any]:
    """Publish a campaign at PRICE with further rules of a draft; gives a ping for it once the market knows it."""
    publisher = MarketClient(base_url=demo.base_url, key=demo.publisher_key)
    advertiser = MarketClient(base_url=demo.base_url, key=demo.advertiser_key)
    vertical = demo.sample_ping["vertical"]
    floors = [{"vertical": vertical, "floor_price": money(FLOOR)}]
    source = _made(publisher, "/api/v1/sources", {"name": "Own corner", "floors": floors})
    known = list_all(advertiser, "/api/v1/campaigns")[0]
    campaign = {
        "name": "Own corner",
        "vertical": vertical,
        "bid": {"base_price": money(PRICE)},
        "allowed_sources": [source["id"]],
        "destination": {"kind": "http", "url": known["destination"]["url"]},
        **rules,
    }
    made = _made(advertiser, "/api/v1/campaigns", campaign)
    answer = advertiser.post(f"/api/v1/campaigns/{made['id']}/publish", {})
    assert answer.status == 200, answer.json()
    ping = {**demo.sample_ping, "source": source["id"]}
    _wait_until_known(publisher, ping)
    return ping


def money(amount: Decimal) -> dict[str, str]:
    """Write an amount of the live market."""
    return {"amount": str(amount), "currency": "USD"}


def _made(client: MarketClient, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    answer = client.post(path, body)
    assert answer.status == 201, f"{path}: {answer.status} {answer.json()}"
    found: dict[str, Any] = answer.json()
    return found


def _wait_until_known(client: MarketClient, ping: Mapping[str, Any]) -> None:
    """A change is live everywhere within a second; a ping that asks too much tells without holding anything."""
    asking = {**ping, "min_price": money(PRICE * 2), "contact_hashes": {}}
    deadline = time.monotonic() + 5
    seen = 0
    while seen < WORKERS_HEARD:  # every worker process has to know it
        answer = client.post("/api/v1/pings", asking)
        reasons = answer.json().get("reasons", ()) if answer.status == 200 else ()
        seen = seen + 1 if "below_floor" in {reason["code"] for reason in reasons} else 0
        assert time.monotonic() < deadline, f"the market does not know the campaign: {answer.json()}"
        time.sleep(0.02)
