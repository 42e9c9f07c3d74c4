"""Fills the counters of a market that has no epoch with what a rebuild found in PostgreSQL, in few round trips."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar

import msgspec

from exchange.auction.counters import Counters, quotes_as_arguments
from exchange.auction.holds import OpenPing, Sold, Spent, Wallet

HOUR_MS = 3_600_000
AT_ONCE = 1_000
KEPT = ("stream", "snapshot", "journal_up")

_Item = TypeVar("_Item")
_pack = msgspec.msgpack.Encoder().encode


def clear(counters: Counters) -> int:
    """Forget everything of a market but its stream and flags, as a rebuild begins; gives the number of keys."""
    kept = {counters.key(name).encode() for name in KEPT}
    found = counters.client.scan_iter(counters.key("*"), count=AT_ONCE)
    return sum(counters.client.unlink(*keys) for keys in _batches(key for key in found if key not in kept))


def load_wallets(counters: Counters, wallets: Iterable[Wallet]) -> None:
    """Write credit and spent of accounts; a newer credit that came meanwhile stays."""
    counters.load()
    for part in _batches(wallets):
        with counters.client.pipeline(transaction=False) as pipeline:
            for wallet in part:
                pipeline.hset(counters.key("a", wallet.account_id.hex), "spent", wallet.spent)
                head = _pack((wallet.account_id.hex, wallet.credit, wallet.version, False))
                pipeline.fcall("lw_set_credit", 1, counters.stream, head)
            pipeline.execute()


def load_spent(counters: Counters, spent: Iterable[Spent]) -> None:
    """Write what was spent in each window; a window that ended over an hour ago vanishes at once."""
    for part in _batches(spent):
        with counters.client.pipeline(transaction=False) as pipeline:
            for counter in part:
                key = counters.key("c", counter.key)
                pipeline.hset(key, mapping={"s": counter.spent, "h": 0, "o": counter.account_id.hex})
                pipeline.pexpireat(key, counter.expires_at_ms + HOUR_MS)
            pipeline.execute()


def load_sold(counters: Counters, sold: Iterable[Sold]) -> int:
    """Write who bought which contact, the latest sale to an owner last; gives how many were written."""
    written = 0
    for part in _batches(sold):
        written += len(part)
        longest: dict[str, int] = {}
        with counters.client.pipeline(transaction=False) as pipeline:
            for sale in part:
                pipeline.hset(counters.key("d", sale.contact_key), sale.owner, sale.sold_at_ms)
                longest[sale.contact_key] = max(sale.until_ms, longest.get(sale.contact_key, 0))
            for contact_key, until_ms in longest.items():
                # Of a fresh key NX sets the time, of an older one GT lets only a later time win.
                pipeline.pexpireat(counters.key("d", contact_key), until_ms, nx=True)
                pipeline.pexpireat(counters.key("d", contact_key), until_ms, gt=True)
            pipeline.execute()
    return written


def load_suppressions(counters: Counters, suppressed: Mapping[str, Iterable[str]]) -> None:
    """Write who wants no lead of whom: owner (hex, or "exchange") -> contact keys."""
    for owner, contact_keys in suppressed.items():
        for part in _batches(contact_keys):
            counters.suppress(owner, part)


def load_ping(counters: Counters, ping: OpenPing) -> bool:
    """Put unsettled quotes back without any check, for at least 15 s. False: the ping is here already."""
    head = (
        ping.ping_id.hex, ping.organization_id.hex, ping.source_id.hex, ping.made_at_ms, ping.expires_at_ms,
        quotes_as_arguments(ping.quotes),
    )  # fmt: skip
    answer: Any = counters.call("lw_load_quotes", _pack(head), ping.facts, *[quote.facts for quote in ping.quotes])
    return bool(answer)


def _batches(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    source = iter(items)
    while part := list(islice(source, AT_ONCE)):
        yield part
