"""What the journal has not carried into PostgreSQL yet: a record that was reserved a moment ago, read from Valkey's stream.

Nothing here claims or changes anything: a claim would keep the quotes alive.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast
from uuid import UUID

from accounts.core.ids import ms_of
from exchange.auction.counters import Counters
from exchange.auction.journal_rows import Entry, read_entry
from exchange.auction.store import counters

# The entry of a ping is written within its request; a quoted ping says when, by Valkey's own clock.
BEFORE_MS, AFTER_MS = 100, 3_000
ENTRIES_MAX = 500

Raw = tuple[bytes, dict[bytes, bytes]]


def find_record(modes: Iterable[str], ping_id: UUID) -> Entry | None:
    """Find the finished record of a ping that is still on its way; None when there is none. Raises RedisError."""
    for mode in modes:
        found = _find(counters(mode), ping_id)
        if found is not None:
            return found
    return None


def _find(market: Counters, ping_id: UUID) -> Entry | None:
    made = cast("bytes | None", market.client.hget(market.key("p", ping_id.hex), "n"))
    around, wanted = int(made) if made else ms_of(ping_id), ping_id.hex.encode()
    first, last = max(around - BEFORE_MS, 0), around + AFTER_MS
    raws = cast("list[Raw]", market.client.xrange(market.stream, cast(Any, first), cast(Any, last), count=ENTRIES_MAX))
    return next((read_entry(stream_id, fields) for stream_id, fields in raws if fields.get(b"id") == wanted), None)
