"""For the tests of the live feed: committed rows that its threads can see, the journal's announcements, and sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import redis
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.db import connections

from accounts.core.clock import from_ms
from accounts.core.ids import encode, uuid7
from accounts.tenancy import act_as_exchange
from exchange.auction.journal import publisher
from exchange.auction.journal_rows import Entry, Rows, insert_rows
from exchange.core.record import AuctionRecord, BidRecord, PingRecord, ScoreRecord
from exchange.core.record import encode as encode_record
from reporting.hub import close_hub
from tests.cast import Member

NOW_MS = 1_773_000_000_000
OWN_TABLES = ("auction_bid", "auction_auction", "intake_ping", "accounts_apikey", "ledger_account")

MARGIN = {"kind": "percent", "value": "0.20"}


def auction(publisher_id: UUID, *bids: tuple[UUID, int, str], at_ms: int = NOW_MS, mode: str = "live") -> AuctionRecord:
    """Make the record of an auction; each bid is (advertiser, dollars, reason or "" for the winner). A fifth is margin."""
    won = any(not reason for _, _, reason in bids)
    ping = PingRecord(
        uuid7(at_ms),
        publisher_id,
        uuid7(),
        "home.roofing",
        "form",
        "quoted" if won else "no_bid",
        at_ms,
        {"zip": "78701", "state": "TX"},
    )
    rows = [_bid(at_ms, *one) for one in bids]
    return AuctionRecord(
        uuid7(at_ms), mode, 1, 1, str(ping.id), "USD", "first_price", 0, 0, MARGIN, ping, ScoreRecord(0.7, 70, 80.0, "m"), rows
    )


def _bid(at_ms: int, owner: UUID, dollars: int, reason: str) -> BidRecord:
    price, paid = dollars * 1_000_000, 0 if reason else dollars * 800_000
    quote_id = None if reason else uuid7(at_ms)
    return BidRecord(
        owner,
        uuid7(),
        uuid7(),
        price,
        "lost" if reason else "won",
        reason,
        "",
        0 if reason else price,
        paid,
        0,
        quote_id,
    )


def store(*records: AuctionRecord) -> None:
    """Write records as the journal does."""
    rows = Rows()
    for record in records:
        rows.add(Entry(b"1-1", record, encode_record(record), from_ms(record.ping.received_at_ms), None, ()))
    with act_as_exchange("the journal"):
        insert_rows(rows)


def announce(*records: AuctionRecord) -> None:
    """Publish records as the journal does."""
    with redis.Redis.from_url(settings.VALKEY_VOLATILE_URL) as client:
        publisher(client)(records)


def clean_up() -> None:
    """Delete what was committed, as the owner of the tables."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("; ".join(f"DELETE FROM {table}" for table in OWN_TABLES))
        cursor.execute("ALTER TABLE accounts_auditentry DISABLE TRIGGER USER; DELETE FROM accounts_auditentry")
        cursor.execute("ALTER TABLE accounts_auditentry ENABLE TRIGGER USER")
        cursor.execute("DELETE FROM accounts_organization WHERE live_id IS NOT NULL; DELETE FROM accounts_organization")
    connections.close_all()


class Clock:
    """The time of an event loop, turned forward by a test."""

    def __init__(self) -> None:
        self._now = 0.0
        self._due: list[tuple[float, Callable[[], object]]] = []

    def time(self) -> float:
        return self._now

    def call_at(self, when: float, callback: Callable[[], object]) -> object:
        self._due.append((when, callback))
        return callback

    def turn_to(self, instant: float) -> None:
        """Go on to an instant and call back whatever falls due until then, each at its own time."""
        while self._due and min(self._due, key=lambda one: one[0])[0] <= instant:
            soonest = min(self._due, key=lambda one: one[0])
            self._due.remove(soonest)
            self._now = max(self._now, soonest[0])
            soonest[1]()
        self._now = instant


class Socket(ApplicationCommunicator):
    """A websocket straight into the application."""

    answered: str | None = None

    async def open(self) -> None:
        """Shake hands."""
        await self.send_input({"type": "websocket.connect"})
        accepted = await self.receive_output(timeout=5)
        assert accepted["type"] == "websocket.accept", accepted
        self.answered = accepted["subprotocol"]

    async def shut(self) -> None:
        """Go away."""
        await self.send_input({"type": "websocket.disconnect", "code": 1005})
        await self.wait(timeout=5)


@asynccontextmanager
async def socket(
    member: Member | None = None,
    *,
    key: str | None = None,
    subprotocols: Sequence[str] = (),
    path: str = "/ws/auctions",
    address: str = "",
    query: str = "",
    more: Sequence[tuple[bytes, bytes]] = (),
) -> AsyncIterator[Socket]:
    """Open a live socket of this process; with a member by its live key in the header."""
    from config.asgi import application

    sent = member.key if member else key
    headers = [(b"authorization", f"Bearer {sent}".encode())] if sent is not None else []
    headers += [(b"x-forwarded-for", address.encode())] if address else []
    scope = {
        "type": "websocket",
        "path": path,
        "query_string": query.encode(),
        "headers": [*headers, *more],
        "subprotocols": list(subprotocols),
    }
    opened = Socket(application, scope)
    await opened.open()
    yield opened
    await opened.shut()


async def frame(opened: Socket, timeout: float = 5) -> dict[str, Any]:
    """Receive one frame."""
    message = await opened.receive_output(timeout=timeout)
    assert message["type"] == "websocket.send", message
    return json.loads(message["text"])


async def closed(opened: Socket, timeout: float = 5) -> int:
    """Receive the close and give its code."""
    message = await opened.receive_output(timeout=timeout)
    assert message["type"] == "websocket.close", message
    return int(message["code"])


def live(test: Callable[[], Awaitable[None]]) -> None:
    """Run an asynchronous test in a loop of its own, and leave no hub and no connection behind."""

    async def run() -> None:
        try:
            await test()
        finally:
            await close_hub()
            await sync_to_async(connections.close_all)()

    asyncio.run(run())


def keys(events: list[dict[str, Any]]) -> list[str]:
    return [event["key"] for event in events]


def ping_key(record: AuctionRecord) -> str:
    return encode("ping", record.ping.id)


def bid_key(record: AuctionRecord, place: int) -> str:
    return f"{ping_key(record)}/{encode('campaign', record.bids[place].campaign_id)}"
