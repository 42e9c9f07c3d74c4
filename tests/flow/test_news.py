"""A post announces how it ended its quotes, and waits for nobody to hear it."""

from __future__ import annotations

import time

import pytest
import redis
from django.conf import settings

from accounts.core.ids import encode
from exchange.auction import news
from exchange.auction.news import Announcer
from exchange.core.news import decode_news
from tests.flow.conftest import Market

pytestmark = pytest.mark.services


@pytest.fixture
def selling(market: Market) -> Market:
    market.publish(market.bob, "Roofs", "50.00")
    market.fund(market.bob, "1000")
    return market


def test_a_sale_is_told_to_its_two_parties(selling: Market) -> None:
    with redis.Redis.from_url(settings.VALKEY_VOLATILE_URL) as client, client.pubsub() as listener:
        listener.subscribe("auctions:live")
        assert listener.get_message(timeout=2)["type"] == "subscribe"
        quoted = selling.ping().json()
        sold = selling.post(quoted["id"]).json()
        [told] = decode_news(listener.get_message(timeout=5)["data"])
    assert (encode("ping", told.ping_id), told.status, told.payout_amount) == (quoted["id"], "sold", 40_000_000)
    assert encode("lead", told.lead_id) == sold["lead_id"]
    [quote] = told.quotes
    assert (quote.organization_id, quote.status, quote.price) == (selling.bob.organization_id, "sold", 50_000_000)


def test_a_refusal_carries_its_reasons(selling: Market) -> None:
    with redis.Redis.from_url(settings.VALKEY_VOLATILE_URL) as client, client.pubsub() as listener:
        listener.subscribe("auctions:live")
        assert listener.get_message(timeout=2)["type"] == "subscribe"
        assert selling.post(selling.ping().json()["id"], consent={}).json()["status"] == "rejected"
        [told] = decode_news(listener.get_message(timeout=5)["data"])
    assert (told.status, told.reasons, told.payout_amount) == ("refused", ("consent_missing",), 0)
    assert [(quote.status, quote.price, quote.reasons) for quote in told.quotes] == [("refused", 0, ("consent_missing",))]


def test_a_post_sells_while_nobody_can_be_told(selling: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    deaf = Announcer("redis://127.0.0.1:1/0")
    monkeypatch.setattr(news, "announcer", lambda: deaf)
    ping_id = selling.ping().json()["id"]
    started = time.monotonic()
    assert selling.post(ping_id).json()["status"] == "sold"
    assert time.monotonic() - started < 0.5
    assert deaf.drain(5)
    deaf.close()
