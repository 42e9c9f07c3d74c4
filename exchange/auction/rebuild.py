"""Puts the counters of a market back from PostgreSQL when Valkey has lost them, and opens the market again.

Everything is read in one snapshot of PostgreSQL: a quote whose post commits a moment later is still open in it, comes back as
a hold, and is settled by the post itself or by the sweeper. So nothing is counted twice and nothing is forgotten.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection
from psycopg import IsolationLevel

from accounts.core.clock import to_ms, utc_now
from accounts.core.ids import uuid7
from accounts.ledger.selectors import CreditFacts, list_credit
from accounts.tenancy import act_as_exchange
from exchange.auction import holds_loading
from exchange.auction.counters import Counters
from exchange.auction.holds import OpenPing, QuoteHold, Sold, Spent, Wallet
from exchange.auction.holds_loading import HOUR_MS
from exchange.auction.sweeper import DAY_MS, REMEMBER_DAYS
from exchange.core import record

log = logging.getLogger(__name__)

WHY = "the counters are rebuilt from everybody's sales"
LATE_SECONDS = 20  # a claim keeps a quote 15 s, and a post's transaction ends within 5
_LOCK = 0x72656275

_WALLETS = """
SELECT account.id FROM ledger_account account JOIN accounts_organization organization ON organization.id = account.organization_id
WHERE account.kind = 'wallet' AND organization.mode = %s ORDER BY account.id
"""
_SPENT = """
SELECT hold ->> 'key', sum((hold ->> 'amount')::bigint)::bigint, max((hold ->> 'expires_at_ms')::bigint), sale.account_id
FROM auction_sale sale, jsonb_array_elements(sale.holds) hold
WHERE sale.mode = %(mode)s AND sale.counted_at > now() - interval '32 days' AND (hold ->> 'expires_at_ms')::bigint > %(ended_ms)s
      AND (%(account)s::uuid IS NULL OR sale.account_id = %(account)s::uuid)
GROUP BY hold ->> 'key', sale.account_id
"""
_OPEN = """
SELECT auction.record, auction.quotes, auction.at, auction.expires_at,
       ARRAY(SELECT ended.quote_id FROM auction_quotesettlement ended WHERE ended.ping_id = auction.ping_id)
FROM auction_auction auction
WHERE auction.mode = %s AND auction.expires_at > now() - make_interval(secs => %s) ORDER BY auction.id
"""
_SOLD = """
SELECT advertiser_id, contact_keys, created_at FROM auction_sale
WHERE mode = %s AND counted_at > now() - make_interval(days => %s) ORDER BY id
"""
_PAYABLES = "SELECT organization_id, currency, id FROM ledger_account WHERE kind = 'payable' AND organization_id = ANY(%s)"
_SUPPRESSED = """
SELECT suppression.key, CASE organization.kind WHEN 'operator' THEN 'exchange' ELSE replace(organization.id::text, '-', '') END
FROM intake_suppression suppression JOIN accounts_organization organization ON organization.id = suppression.organization_id
WHERE organization.mode = %s
"""
_decode_quotes = msgspec.json.Decoder(list[record.QuoteFacts]).decode


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How much a rebuild put back."""

    wallets: int
    counters: int
    quotes: int
    sold: int
    suppressed: int


def rebuild_if_lost(market: Counters) -> Rebuilt | None:
    """Rebuild a market that has no epoch; None when it has one. Its stream must be empty: drain the journal first."""
    if market.ready():
        return None
    with _one_snapshot(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        # Another journal may have been quicker.
        if market.ready():
            return None
        rebuilt = _rebuild(market)
    market.set_epoch(uuid7().hex)
    log.info("the counters of the %s market were rebuilt: %s", market.mode, rebuilt)
    return rebuilt


def _rebuild(market: Counters) -> Rebuilt:
    holds_loading.clear(market)
    wallets = list_wallets(market.mode)
    holds_loading.load_wallets(market, wallets)
    spent = list_spent(market.mode)
    holds_loading.load_spent(market, spent)
    pings = _open_pings(market.mode)
    loaded = [ping for ping in pings if holds_loading.load_ping(market, ping)]
    sold = holds_loading.load_sold(market, _sold(market.mode))
    suppressed = _suppressed(market.mode)
    holds_loading.load_suppressions(market, suppressed)
    quotes = sum(len(ping.quotes) for ping in loaded)
    return Rebuilt(len(wallets), len(spent), quotes, sold, sum(map(len, suppressed.values())))


def list_wallets(mode: str) -> tuple[Wallet, ...]:
    """List what the books say of every wallet of a mode; must run inside the exchange's door."""
    accounts = [row[0] for row in _rows(_WALLETS, [mode])]
    return tuple(wallet_of(facts) for facts in list_credit(account_ids=accounts))


def wallet_of(facts: CreditFacts) -> Wallet:
    """Take what the counters need of the ledger's facts."""
    return Wallet(facts.account_id, facts.credit, facts.version, facts.spent)


def list_spent(mode: str, account_id: UUID | None = None) -> tuple[Spent, ...]:
    """Add up the sales of each window whose counter still lives; must run inside the exchange's door."""
    ended_ms = to_ms(utc_now()) - HOUR_MS
    rows = _rows(_SPENT, {"mode": mode, "ended_ms": ended_ms, "account": account_id})
    return tuple(Spent(*row) for row in rows)


def _open_pings(mode: str) -> tuple[OpenPing, ...]:
    found = [_Open(record.decode_record(raw), *rest) for raw, *rest in _rows(_OPEN, [mode, LATE_SECONDS])]
    publishers = list({one.auction.ping.organization_id for one in found})
    payables = {(owner, currency): account_id for owner, currency, account_id in _rows(_PAYABLES, [publishers])}
    pings = (_open_ping(one, payables[one.auction.ping.organization_id, one.auction.currency]) for one in found)
    return tuple(ping for ping in pings if ping.quotes)


@dataclass(frozen=True, slots=True)
class _Open:
    """A quoted auction of the last minute or so, and which of its quotes have ended."""

    auction: record.AuctionRecord
    quotes: str
    at: datetime
    expires_at: datetime
    ended: list[UUID]


def _open_ping(one: _Open, payable: UUID) -> OpenPing:
    ping = one.auction.ping
    facts = record.PingFacts(
        ping_id=ping.id,
        organization_id=ping.organization_id,
        account_id=payable,
        source_id=ping.source_id,
        vertical=ping.vertical,
        lead=ping.lead,
        contact_keys=ping.contact_keys,
        currency=one.auction.currency,
    )
    return OpenPing(
        ping_id=ping.id,
        organization_id=ping.organization_id,
        source_id=ping.source_id,
        facts=record.encode(facts),
        made_at_ms=to_ms(one.at),
        expires_at_ms=to_ms(one.expires_at),
        quotes=tuple(quote_hold(quote) for quote in _decode_quotes(one.quotes) if quote.quote_id not in one.ended),
    )


def quote_hold(quote: record.QuoteFacts) -> QuoteHold:
    """Make the hold of a quote again from its facts."""
    return QuoteHold(quote.quote_id, quote.advertiser_account, quote.price, quote.holds, record.encode(quote))


def _sold(mode: str) -> Iterator[Sold]:
    # Read in pieces: a year of sales need not fit into memory.
    with connection.chunked_cursor() as cursor:
        cursor.execute(_SOLD, [mode, REMEMBER_DAYS])
        for advertiser_id, contact_keys, created_at in cursor:
            sold_at_ms = to_ms(created_at)
            for key in json.loads(contact_keys).values():
                yield Sold(key, advertiser_id.hex, sold_at_ms, sold_at_ms + REMEMBER_DAYS * DAY_MS)


def _suppressed(mode: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, owner in _rows(_SUPPRESSED, [mode]):
        found.setdefault(owner, []).append(key)
    return found


def _rows(sql: str, parameters: Any) -> Iterable[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


@contextmanager
def _one_snapshot() -> Iterator[None]:
    """Stand in the exchange's door with all statements reading the same state of PostgreSQL."""
    connection.ensure_connection()
    driver = connection.connection
    usual = driver.isolation_level
    driver.isolation_level = IsolationLevel.REPEATABLE_READ
    try:
        with act_as_exchange(WHY):
            yield
    finally:
        if not driver.closed:
            driver.isolation_level = usual
