"""How quotes end: exactly once, in PostgreSQL, by the primary key of quote_settlement.

Raw statements, because a post's whole transaction must stay within a few hundred microseconds.
Callers stand in the exchange's door.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection
from psycopg.types.json import Jsonb

from accounts.core.clock import from_ms
from accounts.core.ids import uuid7
from exchange.core.dedupe import ContactKeys
from exchange.core.record import PingFacts, QuoteFacts
from exchange.core.verdict import Verdict

_OPEN = """
INSERT INTO auction_quotesettlement (quote_id, ping_id, publisher_id, outcome, fingerprint, answer, settled_at)
VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING quote_id
"""
_KNOWN = """
SELECT quote_id, outcome, fingerprint, answer FROM auction_quotesettlement
WHERE ping_id = %s AND publisher_id = %s ORDER BY quote_id
"""
# One statement: each costs as much again in the client as in PostgreSQL.
_SALE = """
WITH sale AS (INSERT INTO auction_sale (id, quote_id, auction_id, ping_id, lead_id, source_id, publisher_id, advertiser_id,
    account_id, campaign_id, revision_id, mode, vertical, pricing, price, payout_amount, margin_amount,
    currency, holds, contact_keys, counted_at, created_at)
VALUES (%(sale_id)s, %(quote_id)s, %(auction_id)s, %(ping_id)s, %(lead_id)s, %(source_id)s, %(publisher_id)s, %(advertiser_id)s,
    %(account_id)s, %(campaign_id)s, %(revision_id)s, %(mode)s, %(vertical)s, %(pricing)s, %(price)s, %(payout)s, %(margin)s,
    %(currency)s, %(holds)s, %(keys)s, %(counted_at)s, %(at)s))
INSERT INTO auction_saleside (id, organization_id, sale_id, side, status, amount, currency, vertical, quote_id, ping_id, lead_id,
    source_id, campaign_id, created_at)
VALUES (%(buyer_side)s, %(advertiser_id)s, %(sale_id)s, 'advertiser', 'sold', %(price)s, %(currency)s, %(vertical)s, %(quote_id)s,
        %(ping_id)s, %(lead_id)s, NULL, %(campaign_id)s, %(at)s),
       (%(seller_side)s, %(publisher_id)s, %(sale_id)s, 'publisher', 'sold', %(payout)s, %(currency)s, %(vertical)s, %(quote_id)s,
        %(ping_id)s, %(lead_id)s, %(source_id)s, NULL, %(at)s)
"""


@dataclass(frozen=True, slots=True)
class Known:
    """A settlement that stands already."""

    quote_id: UUID
    outcome: str
    fingerprint: str
    answer: dict[str, Any] | None


def settle(ping: PingFacts, verdicts: Sequence[Verdict], *, fingerprint: str, answer: dict[str, Any], at: datetime) -> bool:
    """Write how a post ends its quotes, with its answer; False when any of them had ended before: then roll back."""
    with connection.cursor() as cursor:
        for one in sorted(verdicts, key=lambda verdict: verdict.quote.quote_id):
            outcome = "captured" if one.sold else "refused"
            values: tuple[Any, ...] = (
                one.quote.quote_id,
                ping.ping_id,
                ping.organization_id,
                outcome,
                fingerprint,
                Jsonb(answer),
                at,
            )
            cursor.execute(_OPEN, values)
            if cursor.fetchone() is None:
                return False
    return True


def status_of_ping(ping_id: UUID, organization_id: UUID) -> str | None:
    """Say how the auction of this publisher's ping ended, quoted or no_bid; None for an unknown or foreign ping."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT status FROM auction_auction WHERE ping_id = %s AND publisher_id = %s", (ping_id, organization_id))
        row = cursor.fetchone()
    return row[0] if row else None


def known_settlements(ping_id: UUID, organization_id: UUID) -> tuple[Known, ...]:
    """Give how the quotes of a ping of this publisher ended, as far as they have."""
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, (ping_id, organization_id))
        return tuple(Known(row[0], row[1], row[2], _loaded(row[3])) for row in cursor.fetchall())


def _loaded(value: Any) -> Any:
    # Django's cursors leave jsonb as text.
    return json.loads(value) if isinstance(value, str) else value


def record_sale(ping: PingFacts, quote: QuoteFacts, *, lead_id: UUID, mode: str, keys: ContactKeys, at: datetime) -> UUID:
    """Write a sale and what each side reads of it; gives the sale's id."""
    sale_id = uuid7()
    values: dict[str, Any] = {
        "sale_id": sale_id, "quote_id": quote.quote_id, "auction_id": quote.auction_id, "ping_id": ping.ping_id,
        "lead_id": lead_id, "source_id": ping.source_id, "publisher_id": ping.organization_id,
        "advertiser_id": quote.advertiser_id, "account_id": quote.advertiser_account, "campaign_id": quote.campaign_id,
        "revision_id": quote.revision_id, "mode": mode,
        "vertical": ping.vertical, "pricing": quote.pricing, "price": quote.price, "payout": quote.payout_amount,
        "margin": quote.margin_amount, "currency": quote.currency,
        "holds": Jsonb(msgspec.to_builtins(quote.holds)), "keys": Jsonb(dict(keys.by_name)),
        "counted_at": from_ms(quote.quoted_at_ms), "at": at, "buyer_side": uuid7(), "seller_side": uuid7(),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_SALE, values)
    return sale_id
