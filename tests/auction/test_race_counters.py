"""Many threads at once, lost answers and lost servers against a real Valkey."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from accounts.core.ids import uuid7
from exchange.auction.counters import Counters, connect
from exchange.auction.holds import Frozen, NotReady, OpenPing, Refused, Reserved, Spent, Wallet
from exchange.auction.holds_loading import load_ping
from tests.auction.conftest import Server, budget, cap, open_market, quote

MICROS = 1_000_000
pytestmark = [pytest.mark.services, pytest.mark.race]


def sell_once(counters: Counters, account, barrier: threading.Barrier) -> str:
    """Reserve, claim and settle one quote of a campaign with a cap of 50 and a budget for 40."""
    held = quote(account, 25 * MICROS, cap("race-cap", 50), budget("race-budget", 40 * 25 * MICROS, 25 * MICROS))
    ping, publisher = uuid7(), uuid7()
    barrier.wait()
    outcome = counters.reserve(
        ping_id=ping, organization_id=publisher, source_id=uuid7(), ping_facts=b"", quotes=[held], record=b"r" * 100
    )
    if isinstance(outcome, Refused):
        return outcome.reason
    assert counters.claim(ping_id=ping, organization_id=publisher).quotes[0].live
    assert counters.settle(held.quote_id, captured=True) is True
    return "sold"


def test_race_two_hundred_threads_sell_exactly_what_the_budget_allows(valkey_url):
    client = redis.Redis.from_url(valkey_url, max_connections=250)
    counters, account = open_market(client), uuid7()
    counters.set_credit(account, 10_000 * MICROS, 1)
    counters.load()
    barrier = threading.Barrier(200)
    with ThreadPoolExecutor(200) as threads:
        outcomes = Counter(threads.map(lambda _: sell_once(counters, account, barrier), range(200)))
    assert outcomes == {"sold": 40, "budget_reached": 160}
    assert counters.usage(["race-cap", "race-budget"]) == ((40, 0), (1000 * MICROS, 0))
    assert counters.balance(account) == (10_000 * MICROS, 1000 * MICROS, 0)
    assert client.xlen(counters.stream) == 40
    client.delete(*client.scan_iter(f"{{{counters.mode}}}:*"))
    client.close()


def test_race_one_quote_settled_by_many_ends_once(counters, advertiser, reserve):
    held = quote(advertiser, 25 * MICROS, cap("once", 50))
    reserve(held)
    with ThreadPoolExecutor(16) as threads:
        ended = list(threads.map(lambda n: counters.settle(held.quote_id, captured=True), range(64)))
    assert sum(ended) == 1
    assert counters.usage(["once"]) == ((1, 0),)
    assert counters.balance(advertiser) == (1000 * MICROS, 25 * MICROS, 0)


def test_an_empty_server_is_closed_and_learns_the_functions_again(own_server: Server):
    client = connect(own_server.url)
    counters = open_market(client)
    counters.set_credit(account := uuid7(), 5, 1)
    facts = {"organization_id": uuid7(), "source_id": uuid7(), "ping_facts": b"", "record": b""}
    assert isinstance(counters.reserve(ping_id=uuid7(), quotes=[quote(account, 5)], **facts), Reserved)
    own_server.empty()
    began = time.monotonic()
    with pytest.raises(redis.ConnectionError):
        counters.reserve(ping_id=uuid7(), quotes=[quote(account, 5)], **facts)
    assert time.monotonic() - began < 3
    own_server.start()
    with pytest.raises(NotReady, match="NOT_READY"):
        counters.reserve(ping_id=uuid7(), quotes=[quote(account, 5)], **facts)
    counters.set_epoch("second")
    counters.journal_is_up()
    assert counters.settle_many([(uuid7(), True, None)]) == 0
    assert counters.reserve(ping_id=uuid7(), quotes=[quote(account, 5)], **facts).reason == "insufficient_balance"
    client.close()


def test_a_killed_server_keeps_every_answered_hold(own_server: Server):
    client = connect(own_server.url)
    counters = open_market(client)
    client.config_set("appendfsync", "always")
    counters.set_credit(account := uuid7(), 100, 1)
    facts = {"organization_id": uuid7(), "source_id": uuid7(), "ping_facts": b"", "record": b"kept"}
    held = quote(account, 7, cap("day", 9))
    counters.reserve(ping_id=uuid7(), quotes=[held], **facts)
    own_server.stop()
    own_server.start()
    assert (counters.epoch(), counters.balance(account), counters.usage(["day"])) == ("first", (100, 0, 7), ((0, 1),))
    assert [fields[b"record"] for _, fields in client.xrange(counters.stream)] == [b"kept"]
    assert counters.settle(held.quote_id, captured=True) is True
    assert counters.balance(account) == (100, 7, 0)
    client.close()


def test_loaded_quotes_hold_as_before_and_settle_once(counters, advertiser):
    ping, publisher, source, held = (
        uuid7(),
        uuid7(),
        uuid7(),
        quote(advertiser, 9, cap("day", 1), budget("week", 5, 9), facts=b"f"),
    )
    now = counters.facts([]).now_ms
    lost = OpenPing(ping, publisher, source, b"p", now - 1000, now + 59_000, (held,))
    assert (load_ping(counters, lost), load_ping(counters, lost)) == (True, False)
    assert counters.usage(["day", "week"]) == ((0, 1), (0, 9))
    assert (counters.balance(advertiser)[2], counters.open_quotes(source)) == (9, 1)
    claimed = counters.claim(ping_id=ping, organization_id=publisher)
    assert (claimed.ping_facts, claimed.quotes[0].facts, claimed.quotes[0].live) == (b"p", b"f", True)
    assert counters.settle(held.quote_id, captured=True) is True
    assert counters.usage(["day", "week"]) == ((1, 0), (9, 0))


def test_correcting_writes_the_truth_and_names_each_difference(counters, advertiser, reserve):
    source, other = uuid7(), uuid7()
    held = quote(advertiser, 9, cap("day", 50), budget("week", 500, 9))
    reserve(held, source_id=source)
    client, day = counters.client, counters.key("c", "day")
    client.hset(counters.key("a", advertiser.hex), mapping={"spent": 4, "held": 99})
    client.hset(day, mapping={"s": 3, f"n:{other.hex}": 2, f"a:{other.hex}": 2})
    frozen = counters.freeze(advertiser, 1000)
    moves, claimed, alive = frozen.moves, frozen.claimed, frozen.quote_ids
    truth = [Spent(key, spent, 4_000_000_000_000, advertiser) for key, spent in (("day", 1), ("week", 20), ("gone", 0))]
    differences = counters.correct(moves, Wallet(advertiser, 1_000_000_000, 1, 20), truth)
    assert (claimed, alive) == (0, (held.quote_id,))
    assert {(one.name, one.field, one.found, one.truth) for one in differences} == {
        (advertiser.hex, "spent", 4, 20),
        (advertiser.hex, "held", 99, 9),
        ("day", "s", 3, 1),
        ("day", f"n:{other.hex}", 2, 0),
        ("day", f"a:{other.hex}", 2, 0),
        ("week", "s", 0, 20),
    }
    assert counters.correct(moves, Wallet(advertiser, 1_000_000_000, 1, 20), truth) == ()
    assert counters.usage(["day", "week"]) == ((1, 1), (20, 9))
    assert client.hget(day, f"n:{source.hex}") == b"1"
    client.hset(counters.key("s", other.hex), "open", 3)
    found = counters.correct_sources([source.hex, other.hex])
    assert [(one.name, one.field, one.found, one.truth) for one in found] == [(other.hex, "open", 3, 0)]
    assert (counters.open_quotes(source), counters.open_quotes(other)) == (1, 0)


def test_nothing_is_corrected_while_a_quote_is_claimed_or_has_moved(counters, advertiser, reserve):
    ping, publisher, held = uuid7(), uuid7(), quote(advertiser, 9)
    reserve(held, ping_id=ping, organization_id=publisher)
    moves = counters.freeze(advertiser, 1000).moves
    counters.claim(ping_id=ping, organization_id=publisher)
    assert counters.freeze(advertiser, 1000) == Frozen(moves + 1, 1, (held.quote_id,))
    assert counters.correct(moves, Wallet(advertiser, 7, 9, 7), []) is None
    assert counters.correct(moves + 1, Wallet(advertiser, 7, 9, 7), []) is None
    counters.settle(held.quote_id, captured=True)
    assert counters.correct(moves + 1, Wallet(advertiser, 7, 9, 7), []) is None
    assert counters.balance(advertiser) == (1_000_000_000, 9, 0)
