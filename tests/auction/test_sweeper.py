"""A quote ends exactly once: the sweeper writes 'expired' only where nothing stands, and settles with what stands."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from django.db import connection

from accounts.core.clock import utc_now
from accounts.core.errors import Problem
from accounts.ledger import services as ledger
from accounts.ledger.selectors import list_credit
from accounts.tenancy import act_as_exchange
from exchange.auction.store import counters
from exchange.auction.sweeper import Sweeper, sweep
from exchange.core.news import QuoteEnding, decode_news
from tests.auction.market import ACTOR, EMAIL, MICROS, PHONE, end, outcomes, remembered, rows

pytestmark = pytest.mark.services
DAY_MS = 86_400_000


def test_a_quote_that_nobody_posted_expires_and_gives_everything_back(trade, live):
    ping, quote = trade.quote(live, lifetime_ms=1)
    time.sleep(0.01)
    assert (sweep(live), sweep(live)) == (1, 0)
    assert rows("SELECT quote_id, ping_id, publisher_id, outcome FROM auction_quotesettlement") == [
        (quote.quote_id, ping.ping_id, trade.publisher_id, "expired")
    ]
    assert live.usage([trade.cap_key, "budget:1"]) == ((0, 0), (0, 0))
    assert live.balance(trade.wallet) == (1000 * MICROS, 0, 0)


def test_a_living_quote_is_left_alone(trade, live):
    trade.quote(live)
    assert (sweep(live), outcomes(), live.balance(trade.wallet)[2]) == (0, {}, 25 * MICROS)


def test_a_sale_whose_process_died_is_settled_as_sold_and_remembered(trade, live):
    ping, quote = trade.quote(live, lifetime_ms=1)
    trade.sell(ping, quote)
    assert sweep(live) == 1
    assert outcomes() == {quote.quote_id: "captured"}
    assert live.usage([trade.cap_key, "budget:1"]) == ((1, 0), (25 * MICROS, 0))
    assert live.balance(trade.wallet) == (1000 * MICROS, 25 * MICROS, 0)
    assert {key: set(owners) for key, owners in live.facts([PHONE, EMAIL]).seen.items()} == {
        key: set(owners) for key, owners in remembered(trade).items()
    }
    assert 364 * DAY_MS < live.client.pttl(live.key("d", PHONE)) <= 365 * DAY_MS


def test_a_refused_quote_is_released_and_stays_refused(trade, live):
    ping, quote = trade.quote(live, lifetime_ms=1)
    with act_as_exchange("a test refuses"), connection.cursor() as cursor:
        assert end(cursor, ping, quote, "refused") == 1
    assert sweep(live) == 1
    assert (outcomes(), live.balance(trade.wallet)) == ({quote.quote_id: "refused"}, (1000 * MICROS, 0, 0))


def test_both_parties_hear_that_a_quote_expired(trade, live, journal, settings):
    ping, quote = trade.quote(live, lifetime_ms=1)
    journal.drain()
    with redis.Redis.from_url(settings.VALKEY_VOLATILE_URL) as client, client.pubsub() as listener:
        listener.subscribe("auctions:live")
        assert listener.get_message(timeout=2)["type"] == "subscribe"
        assert sweep(live) == 1
        [news] = decode_news(listener.get_message(timeout=5)["data"])
    assert (news.ping_id, news.publisher_id, news.status) == (ping.ping_id, trade.publisher_id, "expired")
    assert news.quotes == (QuoteEnding(trade.advertiser_id, quote.campaign_id, "expired"),)


def test_many_quotes_end_in_one_sweep(trade, live):
    quotes = [trade.quote(live, lifetime_ms=1, price=1)[1].quote_id for _ in range(30)]
    time.sleep(0.01)
    assert sweep(live) == 30
    assert outcomes() == dict.fromkeys(quotes, "expired")
    assert live.balance(trade.wallet) == (1000 * MICROS, 0, 0)


def test_race_a_post_and_the_sweeper_end_each_quote_once(trade, live, django_db_blocker):
    made = [trade.quote(live, lifetime_ms=1, price=1) for _ in range(20)]
    time.sleep(0.01)

    def post(n: int) -> bool:
        with django_db_blocker.unblock():
            ping, quote = made[n]
            try:
                with act_as_exchange("a test posts"), connection.cursor() as cursor:
                    won = end(cursor, ping, quote, "captured") == 1
                if won:
                    live.settle(quote.quote_id, captured=True)
                return won
            finally:
                connection.close()

    def clean() -> None:
        with django_db_blocker.unblock():
            try:
                sweep(live)
            finally:
                connection.close()

    with ThreadPoolExecutor(5) as threads:
        swept = [threads.submit(clean) for _ in range(3)]
        sold = sum(threads.map(post, range(20)))
        for one in swept:
            one.result()
    ended = list(outcomes().values())
    assert (len(ended), ended.count("captured")) == (20, sold)
    assert live.balance(trade.wallet) == (1000 * MICROS, sold * MICROS, 0)


def test_changed_credit_reaches_the_counters_and_an_emptied_market_hears_it_again(trade, live):
    sweeper = Sweeper([live])
    ledger.deposit(idempotency_key="more", account_id=trade.wallet, amount=5 * MICROS, at=utc_now(), actor=ACTOR)
    sweeper.carry_credit()
    assert live.balance(trade.wallet) == (1005 * MICROS, 0, 0)
    live.client.delete(live.key("a", trade.wallet.hex))
    sweeper.carry_credit()
    assert live.balance(trade.wallet) == (0, 0, 0)
    live.set_epoch("second")
    sweeper.carry_credit()
    assert live.balance(trade.wallet) == (1005 * MICROS, 0, 0)


@pytest.fixture
def heard(live, own_server, settings):
    """The market of this test, where the ledger's hooks find it."""
    settings.VALKEY_URL = own_server.url
    counters.cache_clear()
    yield live
    counters.cache_clear()


def test_a_deposit_can_be_sold_against_at_once(trade, heard):
    ledger.deposit(idempotency_key="more", account_id=trade.wallet, amount=5 * MICROS, at=utc_now(), actor=ACTOR)
    assert heard.balance(trade.wallet) == (1005 * MICROS, 0, 0)


def test_money_that_an_open_quote_holds_cannot_be_taken_away(trade, heard):
    trade.quote(heard, price=600)
    facts = {"account_id": trade.wallet, "at": utc_now(), "actor": ACTOR, "memo": "back"}
    with pytest.raises(Problem, match="Open quotes"):
        ledger.adjust(idempotency_key="down", amount=-401 * MICROS, **facts)
    assert list_credit(account_ids=[trade.wallet])[0].credit == 1000 * MICROS
    assert heard.balance(trade.wallet)[1:] == (0, 600 * MICROS)
    ledger.adjust(idempotency_key="less", amount=-400 * MICROS, **facts)
    assert heard.balance(trade.wallet) == (600 * MICROS, 0, 600 * MICROS)
