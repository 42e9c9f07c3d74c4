"""An empty Valkey is filled from PostgreSQL: the same counters, the same holds, nothing twice; reconcile finds no difference."""

from __future__ import annotations

import time

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.core.clock import utc_now
from accounts.core.ids import encode, uuid7
from accounts.ledger import services as ledger
from accounts.tenancy import act_as_exchange
from exchange.auction.counters import Counters
from exchange.auction.holds import NotReady
from exchange.auction.rebuild import Rebuilt, rebuild_if_lost
from exchange.auction.reconcile import StillBusy, reconcile
from exchange.auction.sweeper import sweep
from exchange.core import record
from tests.auction.market import ACTOR, EMAIL, MICROS, PHONE, end, outcomes

pytestmark = pytest.mark.services


@pytest.fixture
def lost(own_server, live):
    """Empty the Valkey of the live market; give its counters on the new one."""

    def lose() -> Counters:
        own_server.empty()
        own_server.start()
        return Counters(live.client, "live")

    return lose


def test_a_market_with_an_epoch_is_left_alone(trade, live):
    trade.quote(live)
    assert rebuild_if_lost(live) is None
    assert (live.epoch(), live.balance(trade.wallet)) == ("first", (1000 * MICROS, 0, 25 * MICROS))


def test_everything_comes_back(trade, live, journal, lost):
    sold_ping, sold = trade.quote(live, price=30)
    trade.sell(sold_ping, sold)
    live.settle(sold.quote_id, captured=True)
    open_ping, open_quote = trade.quote(live)
    refused_ping, refused = trade.quote(live)
    with act_as_exchange("a test refuses"), connection.cursor() as cursor:
        end(cursor, refused_ping, refused, "refused")
        insert = "INSERT INTO intake_suppression (id, organization_id, kind, key, created_at) VALUES (%s, %s, 'phone', %s, now())"
        cursor.execute(insert, [uuid7(), trade.operator_id, "c" * 64])
        cursor.execute(insert, [uuid7(), trade.advertiser_id, "c" * 64])
    live.settle(refused.quote_id, captured=False)
    journal.drain()
    before = (live.usage([trade.cap_key, "budget:1"]), live.balance(trade.wallet))
    market = lost()
    with pytest.raises(NotReady):
        market.facts([])
    assert rebuild_if_lost(market) == Rebuilt(wallets=1, counters=2, quotes=1, sold=2, suppressed=2)
    assert market.ready()
    assert (market.usage([trade.cap_key, "budget:1"]), market.balance(trade.wallet)) == before
    assert before == (((1, 1), (30 * MICROS, 25 * MICROS)), (1000 * MICROS, 30 * MICROS, 25 * MICROS))
    claimed = market.claim(ping_id=open_ping.ping_id, organization_id=trade.publisher_id)
    assert [(one.quote_id, one.live) for one in claimed.quotes] == [(open_quote.quote_id, True)]
    found = market.facts([PHONE, EMAIL, "c" * 64])
    assert {key: set(owners) for key, owners in found.seen.items()} == {key: {trade.advertiser_id.hex} for key in (PHONE, EMAIL)}
    assert found.suppressed == {"c" * 64: frozenset({"exchange", trade.advertiser_id.hex})}
    assert market.settle(open_quote.quote_id, captured=True) is True
    assert market.balance(trade.wallet) == (1000 * MICROS, 55 * MICROS, 0)


def test_the_facts_of_a_quote_come_back_as_they_were(trade, live, journal, lost):
    ping, _ = trade.quote(live)
    before = live.claim(ping_id=ping.ping_id, organization_id=trade.publisher_id)
    journal.drain()
    market = lost()
    rebuild_if_lost(market)
    after = market.claim(ping_id=ping.ping_id, organization_id=trade.publisher_id)
    assert after.quotes == before.quotes
    assert record.decode_ping(after.ping_facts) == record.decode_ping(before.ping_facts) == ping


def test_a_sale_that_commits_after_the_snapshot_is_counted_once(trade, live, journal, lost):
    ping, quote = trade.quote(live, lifetime_ms=300)
    journal.drain()
    market = lost()
    rebuild_if_lost(market)
    assert market.balance(trade.wallet) == (1000 * MICROS, 0, 25 * MICROS)
    trade.sell(ping, quote)
    market.client.zadd(market.key("due"), {quote.quote_id.hex: 1})
    assert sweep(market) == 1
    assert (outcomes(), market.balance(trade.wallet)) == ({quote.quote_id: "captured"}, (1000 * MICROS, 25 * MICROS, 0))


def test_quotes_long_past_do_not_come_back(trade, live, journal, lost):
    trade.quote(live, lifetime_ms=1)
    journal.drain()
    with act_as_exchange("a test ages a quote"), connection.cursor() as cursor:
        cursor.execute("UPDATE auction_auction SET expires_at = now() - interval '21 seconds'")
    market = lost()
    assert rebuild_if_lost(market).quotes == 0
    assert market.balance(trade.wallet) == (1000 * MICROS, 0, 0)


def test_half_a_rebuild_is_done_anew(trade, live, journal, lost):
    ping, quote = trade.quote(live)
    trade.sell(ping, quote)
    journal.drain()
    market = lost()
    rebuild_if_lost(market)
    market.client.delete(market.key("epoch"))
    market.client.hset(market.key("c", "left"), "s", 9)
    assert rebuild_if_lost(market).sold == 2
    assert market.usage([trade.cap_key, "left"]) == ((1, 0), (0, 0))
    assert market.balance(trade.wallet) == (1000 * MICROS, 25 * MICROS, 0)


def test_a_true_market_has_no_difference(trade, live, journal, settings, own_server, capsys):
    settings.VALKEY_URL = own_server.url
    ping, quote = trade.quote(live)
    trade.sell(ping, quote)
    live.settle(quote.quote_id, captured=True)
    trade.quote(live)
    assert reconcile(live) == {}
    call_command("reconcile", mode="live")
    assert capsys.readouterr().out == "no difference\n"


def test_differences_are_put_right_and_printed(trade, live, settings, own_server, capsys):
    settings.VALKEY_URL = own_server.url
    ping, quote = trade.quote(live)
    trade.sell(ping, quote)
    live.settle(quote.quote_id, captured=True)
    account = live.key("a", trade.wallet.hex)
    live.client.hset(account, mapping={"spent": 1, "credit": 7})
    live.client.hset(live.key("c", trade.cap_key), "s", 5)
    live.client.hset(live.key("c", "unsold"), mapping={"s": 3, "h": 0, "o": trade.wallet.hex})
    live.client.hset(live.key("s", ping.source_id.hex), "open", 2)
    call_command("reconcile", mode="live", account=[encode("account", trade.wallet)])
    printed = sorted(capsys.readouterr().out.splitlines())
    name = f"live account {encode('account', trade.wallet)}:"
    assert printed == sorted([
        f"{name} {trade.wallet.hex} credit was 7, is {1000 * MICROS}",
        f"{name} {trade.wallet.hex} spent was 1, is {25 * MICROS}",
        f"{name} {trade.cap_key} s was 5, is 1",
        f"{name} unsold s was 3, is 0",
        f"live source: {ping.source_id.hex} open was 2, is 0",
    ])  # fmt: skip
    assert live.balance(trade.wallet) == (1000 * MICROS, 25 * MICROS, 0)
    assert reconcile(live) == {}


def test_a_sale_whose_hold_is_not_settled_yet_is_waited_for(trade, live):
    ping, quote = trade.quote(live)
    trade.sell(ping, quote)
    with pytest.raises(StillBusy):
        reconcile(live, wait_seconds=0.3)
    assert live.settle(quote.quote_id, captured=True) is True
    assert reconcile(live) == {}
    assert live.balance(trade.wallet) == (1000 * MICROS, 25 * MICROS, 0)


def test_a_rolled_back_decrease_is_put_right(trade, live):
    live.set_credit(trade.wallet, 1, 999_999)
    assert [one.field for one in reconcile(live)[trade.wallet]] == ["credit"]
    ledger.deposit(idempotency_key="later", account_id=trade.wallet, amount=MICROS, at=utc_now(), actor=ACTOR)
    trade.credit(live)
    assert live.balance(trade.wallet) == (1001 * MICROS, 0, 0)


def test_an_account_is_let_go_when_a_claimed_quote_never_rests(trade, live):
    ping, _ = trade.quote(live)
    live.claim(ping_id=ping.ping_id, organization_id=trade.publisher_id)
    live.client.hset(live.key("a", trade.wallet.hex), "spent", 1)
    began = time.monotonic()
    with pytest.raises(StillBusy):
        reconcile(live, wait_seconds=0.3)
    assert time.monotonic() - began < 3
    assert live.balance(trade.wallet) == (1000 * MICROS, 1, 25 * MICROS)
    trade.quote(live)


def test_a_lost_market_is_not_reconciled(trade, live, settings, own_server):
    settings.VALKEY_URL = own_server.url
    live.client.delete(live.key("epoch"))
    with pytest.raises(CommandError, match="NOT_READY"):
        call_command("reconcile", mode="live")
