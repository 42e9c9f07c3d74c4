"""Lays journal records out as rows and copies them to PostgreSQL: into temporary tables, then INSERT ... ON CONFLICT DO NOTHING.

COPY straight into a table with row level security is refused by PostgreSQL, and a record may come twice after a crash.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from accounts.core.clock import from_ms
from exchange.core.reading import bid_id, decode_record, steps_out
from exchange.core.record import AuctionRecord, BidRecord, PingRecord, ScoreRecord

Row = tuple[Any, ...]

PING = (
    "id", "organization_id", "source_id", "vertical", "kind", "status", "lead", "sub_ids", "behaviour", "touchpoints",
    "consent", "contact_keys", "payout_min", "payout_amount", "currency", "reasons", "score", "percentile", "auction_id",
    "request_id", "received_at",
)  # fmt: skip
AUCTION = (
    "id", "ping_id", "publisher_id", "mode", "vertical", "status", "engine_version", "snapshot_version", "record", "quotes",
    "expires_at", "at",
)  # fmt: skip
BID = (
    "id", "organization_id", "auction_id", "ping_id", "campaign_id", "revision_id", "quote_id", "status", "reason", "detail",
    "bid_price", "clearing_price", "currency", "arithmetic", "at",
)  # fmt: skip
DETAIL_MAX = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the stream: the finished record, when it was reserved, how long its quotes are firm, and their facts."""

    stream_id: bytes
    record: AuctionRecord
    raw: bytes
    at: datetime
    until: datetime | None
    quotes: tuple[bytes, ...]


@dataclass(slots=True)
class Rows:
    """The rows of a batch, by table."""

    pings: list[Row] = field(default_factory=list)
    auctions: list[Row] = field(default_factory=list)
    bids: list[Row] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        """Lay one entry out."""
        record = entry.record
        self.pings.append(_ping(record, record.ping, record.score))
        self.auctions.append(_auction(entry, record))
        self.bids.extend(_bid(record, place, bid, entry.at) for place, bid in enumerate(record.bids))


def read_entry(stream_id: bytes, fields: Mapping[bytes, bytes]) -> Entry:
    """Read an entry of the stream; raises KeyError, ValueError or msgspec.DecodeError for one that is none."""
    raw = fields[b"record"]
    record = decode_record(raw)
    quoted = fields[b"kind"] == b"quoted"
    facts = tuple(fields[b"q%d" % n] for n in range(len(fields)) if b"q%d" % n in fields)
    until = from_ms(int(fields[b"until"])) if quoted else None
    return Entry(stream_id, record, raw, from_ms(int(fields[b"at"])), until, facts)


def insert_rows(rows: Rows) -> None:
    """Insert what is not there yet; must run inside the exchange's door."""
    _insert("intake_ping", PING, rows.pings)
    _insert("auction_auction", AUCTION, rows.auctions)
    _insert("auction_bid", BID, rows.bids)


def _insert(table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        # All three names come from this file.
        cursor.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS new_{table} (LIKE {table}) ON COMMIT DELETE ROWS")
        with connection.wrap_database_errors, cursor.copy(f"COPY new_{table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        copied = f"SELECT {names} FROM new_{table}"  # noqa: S608
        cursor.execute(f"INSERT INTO {table} ({names}) {copied} ON CONFLICT (id) DO NOTHING")


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _ping(record: AuctionRecord, ping: PingRecord, score: ScoreRecord | None) -> Row:
    payout = sum(bid.payout_amount for bid in record.bids)
    points, percentile = (score.score, score.percentile) if score else (None, None)
    return (
        ping.id, ping.organization_id, ping.source_id, ping.vertical, ping.kind, ping.status, _json(ping.lead),
        _json(ping.sub_ids), _json(ping.behaviour), _json(ping.touchpoints), _json(ping.consent), _json(ping.contact_keys),
        ping.payout_min, payout, record.currency, _json(ping.reasons), points, percentile, record.id, ping.request_id,
        from_ms(ping.received_at_ms),
    )  # fmt: skip


def _auction(entry: Entry, record: AuctionRecord) -> Row:
    quotes = b"[%b]" % b",".join(entry.quotes)
    return (
        record.id, record.ping.id, record.ping.organization_id, record.mode, record.ping.vertical, record.ping.status,
        record.engine_version, record.snapshot_version, entry.raw.decode(), quotes.decode(), entry.until, entry.at,
    )  # fmt: skip


def _bid(record: AuctionRecord, place: int, bid: BidRecord, at: datetime) -> Row:
    quote: UUID | None = bid.quote_id
    return (
        bid_id(record, place), bid.organization_id, record.id, record.ping.id, bid.campaign_id, bid.revision_id, quote,
        bid.status, bid.reason, bid.detail[:DETAIL_MAX], bid.bid_price, bid.clearing_price, record.currency,
        _json(steps_out(bid.arithmetic)), at,
    )  # fmt: skip
