"""Records cross from the stream into PostgreSQL exactly once, whatever breaks in between."""

from __future__ import annotations

import os
from threading import Event, Thread

import msgspec
import psycopg
import pytest
import redis
from django.db import connection

from accounts.core.clock import utc_now
from accounts.core.ids import uuid7
from accounts.tenancy import act_as_exchange
from exchange.auction.counters import Counters, connect
from exchange.auction.journal import GROUP, Journal, PostgresAway, publisher
from exchange.core import record
from exchange.core.record import decode_record
from exchange.intake.partitions import PARTITIONED, ensure_partitions
from scoring.core.evidence import Commitment
from scoring.evidence import commit_scores
from tests.auction.market import EMAIL, MICROS, PHONE, count, rows

pytestmark = pytest.mark.services


def cut_off(pid: int) -> None:
    """End a session of the application as a restart of PostgreSQL does."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])


def own_pid() -> int:
    connection.ensure_connection()
    return int(connection.connection.info.backend_pid)


def test_a_quoted_ping_becomes_a_ping_an_auction_and_a_bid(trade, live, journal):
    ping, quote = trade.quote(live)
    assert journal.drain() == 1
    [stored] = rows(
        "SELECT id, organization_id, source_id, status, lead, contact_keys, payout_amount, currency, score, percentile,"
        " auction_id FROM intake_ping"
    )
    assert stored[:4] == (ping.ping_id, trade.publisher_id, ping.source_id, "quoted")
    assert msgspec.json.decode(stored[4]) == {"zip": "78701", "stories": 2}
    assert msgspec.json.decode(stored[5]) == {"phone_sha256": PHONE, "email_sha256": EMAIL}
    assert stored[6:] == (20 * MICROS, "USD", 61, 0.75, quote.auction_id)
    [auction] = rows(
        "SELECT id, ping_id, publisher_id, mode, status, snapshot_version, expires_at - at, quotes, record FROM auction_auction"
    )
    assert auction[:6] == (quote.auction_id, ping.ping_id, trade.publisher_id, "live", "quoted", 7)
    assert auction[6].total_seconds() == 60
    assert msgspec.json.decode(auction[7], type=list[record.QuoteFacts]) == [quote]
    assert decode_record(auction[8]).ping.lead == ping.lead
    [bid] = rows("SELECT organization_id, auction_id, campaign_id, quote_id, status, bid_price, clearing_price FROM auction_bid")
    assert bid[:7] == (trade.advertiser_id, quote.auction_id, quote.campaign_id, quote.quote_id, "won", 25 * MICROS, 25 * MICROS)


def test_a_no_bid_has_no_quotes_and_no_expiry(trade, live, journal):
    written = trade.no_bid(live)
    journal.drain()
    assert rows("SELECT id, status, quotes, expires_at FROM auction_auction") == [(written.id, "no_bid", "[]", None)]
    assert rows("SELECT status, reasons FROM intake_ping") == [("no_bid", '[{"code": "no_campaign"}]')]
    assert count("auction_bid") == 0


def test_what_is_written_leaves_the_stream(trade, live, journal):
    for _ in range(3):
        trade.no_bid(live)
    assert (live.client.xlen(live.stream), journal.drain(), live.client.xlen(live.stream)) == (3, 3, 0)
    assert live.client.xpending(live.stream, GROUP)["pending"] == 0
    assert count("intake_ping") == 3


def test_both_markets_are_carried_over(trade, live, journal):
    test = Counters(live.client, "test")
    test.set_epoch("first")
    test.journal_is_up()
    trade.no_bid(live)
    trade.no_bid(test, mode="test")
    assert journal.drain() == 2
    assert rows("SELECT mode FROM auction_auction ORDER BY mode") == [("live",), ("test",)]


def test_a_record_that_comes_twice_is_stored_once(trade, live, journal):
    trade.quote(live)
    [(_, fields)] = live.client.xrange(live.stream)
    live.client.xadd(live.stream, fields)
    assert journal.drain() == 2
    assert (count("intake_ping"), count("auction_auction"), count("auction_bid")) == (1, 1, 1)


def test_a_crash_between_commit_and_acknowledgement_doubles_nothing(trade, live, journal, monkeypatch):
    trade.quote(live)
    monkeypatch.setattr(journal, "_acknowledge", lambda market, ids: (_ for _ in ()).throw(redis.ConnectionError("cut")))
    with pytest.raises(redis.ConnectionError):
        journal.drain()
    assert (count("intake_ping"), live.client.xlen(live.stream)) == (1, 1)
    assert Journal([live]).drain() == 1
    assert (count("intake_ping"), count("auction_bid"), live.client.xlen(live.stream)) == (1, 1, 0)


def test_a_lost_session_loses_nothing(trade, live, journal):
    trade.quote(live)
    journal.step(block_ms=1)
    trade.no_bid(live)
    cut_off(own_pid())
    with pytest.raises(PostgresAway):
        journal.drain()
    assert (live.client.xlen(live.stream), live.client.xpending(live.stream, GROUP)["pending"]) == (1, 1)
    connection.close()
    assert Journal([live]).drain() == 1
    assert count("intake_ping") == 2


def test_a_record_that_postgresql_refuses_is_put_aside_and_the_others_pass(trade, live, journal, caplog):
    good = trade.no_bid(live)
    bad = trade.no_bid(live, seed="\x00")
    live.client.xadd(live.stream, {"record": b"no record"})
    other = trade.no_bid(live)
    assert journal.drain() == 4
    assert {row[0] for row in rows("SELECT id FROM auction_auction")} == {good.id, other.id}
    aside = [fields for _, fields in live.client.xrange(live.key("unreadable"))]
    assert len(aside) == 2
    assert {fields[b"record"] for fields in aside} == {b"no record", record.encode(bad)}
    assert live.client.xlen(live.stream) == 0
    assert "was put aside" in caplog.text


def test_what_others_keep_is_part_of_the_transaction(trade, live):
    kept: list[list[record.AuctionRecord]] = []
    trade.quote(live)
    assert Journal([live], keep=kept.append).drain() == 1
    assert [[one.ping.status for one in batch] for batch in kept] == [["quoted"]]

    def refuse(records: object) -> None:
        raise PostgresAway("the keeper lost its session")

    trade.quote(live)
    with pytest.raises(PostgresAway):
        Journal([live], keep=refuse).drain()
    assert (count("intake_ping"), live.client.xlen(live.stream)) == (1, 1)


def test_auctions_are_announced_after_the_commit(trade, live):
    listener = live.client.pubsub()
    listener.subscribe("auctions:live")
    ping, quote = trade.quote(live)
    Journal([live], announce=publisher(live.client)).drain()
    messages = [listener.get_message(timeout=1) for _ in range(2)]
    [news] = msgspec.json.decode(messages[1]["data"])
    assert (news["news"], news["ping_id"], news["status"], news["score"]) == ("auction", str(ping.ping_id), "quoted", 61)
    assert [(bid["organization_id"], bid["status"]) for bid in news["bids"]] == [(str(quote.advertiser_id), "won")]
    listener.close()


def test_nobody_listening_stops_nothing(trade, live, caplog):
    trade.quote(live)
    gone = connect("redis://127.0.0.1:1/0", repeats=0)
    assert Journal([live], announce=publisher(gone)).drain() == 1
    assert "could not be announced" in caplog.text


def test_the_flag_is_raised_only_while_postgresql_answers(trade, live):
    live.client.delete(live.key("journal_up"))
    journal = Journal([live])
    journal.step(block_ms=1)
    assert 4000 < live.client.pttl(live.key("journal_up")) <= 5000
    live.client.delete(live.key("journal_up"))
    cut_off(own_pid())
    with pytest.raises(PostgresAway):
        Journal([live]).step(block_ms=1)
    assert live.client.exists(live.key("journal_up")) == 0


def test_the_loop_outlives_both_servers(trade, live, own_server, django_db_blocker):
    live.client.config_set("appendfsync", "always")
    stop, pids = Event(), []

    def run() -> None:
        with django_db_blocker.unblock():
            pids.append(own_pid())
            Journal([live]).run(stop)
            connection.close()

    thread = Thread(target=run)
    thread.start()
    try:
        trade.no_bid(live)
        wait_for(lambda: count("intake_ping") == 1)
        cut_off(pids[0])
        trade.no_bid(live)
        own_server.stop()
        own_server.start()
        wait_for(live.client.ping)
        trade.no_bid(live)
        wait_for(lambda: count("intake_ping") == 3)
        assert live.client.xlen(live.stream) in (0, 1)
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()


def wait_for(true, seconds: float = 10.0) -> None:
    pause = Event()
    for _ in range(int(seconds / 0.02)):
        try:
            if true():
                return
        except redis.RedisError:
            pass
        pause.wait(0.02)
    raise AssertionError("it did not come true in time")


def test_rows_go_into_the_day_they_were_made_in(trade, live, journal):
    today = utc_now().date()
    with act_as_exchange("a test makes partitions"):
        ensure_partitions(today)
        assert ensure_partitions(today) == 0
    trade.quote(live)
    journal.drain()
    commit_scores([Commitment(uuid7(), "live", "home.roofing", "home.roofing/1", 0.1, "TX", utc_now())])
    names = {table: rows(f"SELECT DISTINCT tableoid::regclass::text FROM {table}") for table in PARTITIONED}
    assert names == {table: [(f"{table}_{today:%Y%m%d}",)] for table in PARTITIONED}
