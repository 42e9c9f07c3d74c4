"""What waits in the Valkey of one market: records for the journal, records put aside, quotes that are open or past their end."""

from __future__ import annotations

from dataclasses import dataclass

from exchange.auction.counters import Counters


@dataclass(frozen=True, slots=True)
class Backlog:
    """Counts, and the Unix milliseconds of the oldest of each; None where there is none."""

    records: int
    oldest_record_ms: int | None
    unreadable: int
    open_quotes: int
    due_quotes: int
    oldest_due_ms: int | None


def backlog_of(market: Counters, *, now_ms: int) -> Backlog:
    """Ask in one round trip; changes nothing. Raises RedisError."""
    due = market.key("due")
    with market.client.pipeline(transaction=False) as pipeline:
        pipeline.xlen(market.stream)
        pipeline.xrange(market.stream, count=1)
        pipeline.xlen(market.key("unreadable"))
        pipeline.zcard(due)
        pipeline.zcount(due, "-inf", now_ms)
        pipeline.zrange(due, 0, 0, withscores=True)
        records, first, unreadable, quotes, ended, oldest = pipeline.execute()
    oldest_ms = int(oldest[0][1]) if ended and oldest else None
    return Backlog(records, _ms(first[0][0]) if first else None, unreadable, quotes, ended, oldest_ms)


def _ms(stream_id: bytes) -> int:
    return int(stream_id.partition(b"-")[0])
