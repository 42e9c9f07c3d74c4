"""`manage.py journal` as a process: it opens an empty market, carries records over, survives kill -9, and stops when asked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from exchange.auction.counters import Counters, connect
from tests.auction.market import MICROS, count, outcomes, rows
from tests.auction.test_journal import wait_for

pytestmark = pytest.mark.services


@contextmanager
def running(url: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the command on the database of this test run and a Valkey."""
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{settings.DATABASES['default']['NAME']}").geturl()
    env = os.environ | {"DATABASE_URL": database, "VALKEY_URL": url, "VALKEY_VOLATILE_URL": url}
    process = subprocess.Popen([sys.executable, "manage.py", "journal"], env=env, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def test_an_empty_market_is_opened_used_and_left_in_order(trade, own_server):
    client = connect(own_server.url)
    market = Counters(client, "live")
    with running(own_server.url) as process:
        wait_for(market.ready, 30)
        assert market.balance(trade.wallet) == (1000 * MICROS, 0, 0)
        wait_for(lambda: client.exists(market.key("journal_up")) == 1)
        _, quote = trade.quote(market, lifetime_ms=100)
        wait_for(lambda: count("auction_auction") == 1)
        wait_for(lambda: outcomes() == {quote.quote_id: "expired"})
        wait_for(lambda: market.balance(trade.wallet) == (1000 * MICROS, 0, 0))
        assert rows("SELECT ping_id, probability, model_version FROM scoring_trainingexample") == [
            (rows("SELECT id FROM intake_ping")[0][0], 0.25, "m1")
        ]
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    client.close()


def test_killed_at_any_moment_it_loses_and_doubles_nothing(trade, own_server):
    client = connect(own_server.url)
    market = Counters(client, "live")
    sent = set()
    for round_ in range(3):
        with running(own_server.url):
            wait_for(lambda: market.ready() and client.exists(market.key("journal_up")) == 1, 30)
            began = time.monotonic()
            while time.monotonic() - began < 0.4 + 0.2 * round_:
                sent.add(trade.no_bid(market).id)
    with running(own_server.url):
        wait_for(lambda: client.xlen(market.stream) == 0, 30)
    stored = [row[0] for row in rows("SELECT id FROM auction_auction")]
    assert (len(stored), set(stored)) == (len(sent), sent)
    assert count("intake_ping") == len(sent)
    client.close()
