"""Lays journal records out as rows and copies them to PostgreSQL: into temporary tables, then INSERT ... ON CONFLICT DO NOTHING.

COPY straight into a table with row level security is refused by PostgreSQL, and a record may come twice after a crash.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection
from django.db.backends.utils import CursorWrapper

from accounts.core.clock import from_ms
from exchange.core.record import AuctionRecord, PingRecord, ScoreRecord, decode_record

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
# The bids stand in the auctions' records, fourteen to a ping, and come and go with them: only an auction's own row is looked for.
# A bid's id is the auction's with its place in the last two digits.
_AUCTIONS = f"""
WITH fresh AS (
    INSERT INTO auction_auction ({", ".join(AUCTION)}) SELECT {", ".join(AUCTION)} FROM new_auction_auction
    ON CONFLICT (id) DO NOTHING RETURNING id
)
INSERT INTO auction_bid (id, organization_id, auction_id, ping_id, campaign_id, revision_id, quote_id, status, reason, bid_price,
    clearing_price, currency, at)
SELECT (left(auction.id::text, 34) || lpad(to_hex(place - 1), 2, '0'))::uuid, bid.organization_id, auction.id, auction.ping_id,
    bid.campaign_id, bid.revision_id, bid.quote_id, bid.status, coalesce(bid.reason, ''), bid.bid_price,
    coalesce(bid.clearing_price, 0), auction.record ->> 'currency', auction.at
FROM fresh JOIN new_auction_auction AS auction USING (id), ROWS FROM (jsonb_to_recordset(auction.record -> 'bids') AS (
    organization_id uuid, campaign_id uuid, revision_id uuid, quote_id uuid, status text, reason text, bid_price bigint,
    clearing_price bigint
)) WITH ORDINALITY AS bid (organization_id, campaign_id, revision_id, quote_id, status, reason, bid_price, clearing_price, place)
"""  # noqa: S608  all names stand in this file
_PINGS = f"""
INSERT INTO intake_ping ({", ".join(PING)}) SELECT {", ".join(PING)} FROM new_intake_ping ON CONFLICT (id) DO NOTHING
"""  # noqa: S608


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

    def add(self, entry: Entry) -> None:
        """Lay one entry out."""
        record = entry.record
        self.pings.append(_ping(record, record.ping, record.score))
        self.auctions.append(_auction(entry, record))


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
    with connection.cursor() as cursor:
        _copy(cursor, "intake_ping", PING, rows.pings)
        cursor.execute(_PINGS)
        _copy(cursor, "auction_auction", AUCTION, rows.auctions, large="record")
        cursor.execute(_AUCTIONS)


def _copy(cursor: CursorWrapper, table: str, columns: Sequence[str], rows: Iterable[Row], large: str = "") -> None:
    """Copy rows into the table's temporary twin; a `large` column is not compressed there, because it is read again at once."""
    cursor.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS new_{table} (LIKE {table}) ON COMMIT DELETE ROWS")
    if large:
        cursor.execute(f"ALTER TABLE new_{table} ALTER COLUMN {large} SET STORAGE EXTERNAL")
    with connection.wrap_database_errors, cursor.copy(f"COPY new_{table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


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
