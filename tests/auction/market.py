"""A publisher, an advertiser with money, and whole quotes between them, in a database that really commits."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, connections

from accounts.core.clock import from_ms, utc_now
from accounts.core.ids import uuid7
from accounts.ledger import services as ledger
from accounts.ledger.selectors import get_account, list_credit
from accounts.services import create_organization
from accounts.tenancy import act_as_exchange
from campaigns.core.bids import Step
from exchange.auction.counters import Counters
from exchange.auction.holds import Reserved
from exchange.auction.rebuild import quote_hold
from exchange.auction.sweeper import seen_by
from exchange.core import record

MICROS = 1_000_000
ACTOR = "system:test"
WINDOW_ENDS_MS = int(time.time() * 1000) + 86_400_000
PHONE, EMAIL = "a" * 64, "b" * 64
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Trade:
    """Who trades in a test, and one reservation as the ping path makes it."""

    operator_id: UUID
    publisher_id: UUID
    advertiser_id: UUID
    wallet: UUID
    payable: UUID
    limit_id: UUID

    @property
    def cap_key(self) -> str:
        return f"{self.limit_id.hex}:1700000000"

    def credit(self, market: Counters) -> None:
        for one in list_credit(account_ids=[self.wallet]):
            market.set_credit(one.account_id, one.credit, one.version)

    def quote(self, market: Counters, *, price: int = 25, cap: int = 50, lifetime_ms: int = 60_000, ping_id: UUID | None = None):
        """Hold one quote with its whole record; gives (ping facts, quote facts)."""
        now_ms = int(time.time() * 1000)
        ping = ping_facts(self, ping_id or uuid7(now_ms))
        quote = self._quote_facts(price, cap, now_ms)
        outcome = market.reserve(
            ping_id=ping.ping_id,
            organization_id=ping.organization_id,
            source_id=ping.source_id,
            ping_facts=record.encode(ping),
            quotes=[quote_hold(quote)],
            record=record.encode(auction_record(ping, quote, now_ms)),
            lifetime_ms=lifetime_ms,
        )
        assert isinstance(outcome, Reserved)
        return ping, quote

    def no_bid(self, market: Counters, **changes: Any) -> record.AuctionRecord:
        now_ms = int(time.time() * 1000)
        ping = ping_facts(self, uuid7(now_ms))
        written = auction_record(ping, None, now_ms, **changes)
        market.no_bid(record.encode(written), ping_id=ping.ping_id, organization_id=ping.organization_id)
        return written

    def sell(self, ping: record.PingFacts, quote: record.QuoteFacts) -> None:
        """Do what a post's transaction does: settlement, sale and money, all or nothing."""
        with act_as_exchange("a test sells a lead"), connection.cursor() as cursor:
            end(cursor, ping, quote, "captured")
            cursor.execute(_SALE, _sale(self, ping, quote))
            ledger.capture(
                quote_id=quote.quote_id, advertiser_account_id=self.wallet, publisher_account_id=self.payable,
                price_amount=quote.price, payout_amount=quote.payout_amount, at=utc_now(), actor=ACTOR,
            )  # fmt: skip

    def _quote_facts(self, price: int, cap: int, now_ms: int) -> record.QuoteFacts:
        holds = (
            record.Hold(self.cap_key, cap, 1, WINDOW_ENDS_MS, "cap_reached"),
            record.Hold("budget:1", 10_000 * MICROS, price * MICROS, WINDOW_ENDS_MS, "budget_reached"),
        )
        return record.QuoteFacts(
            quote_id=uuid7(), auction_id=uuid7(), campaign_id=uuid7(), revision_id=uuid7(), advertiser_id=self.advertiser_id,
            advertiser_account=self.wallet, advertiser_name="Roofs", price=price * MICROS, payout_amount=price * 800_000,
            margin_amount=price * 200_000, currency="USD", pricing="first_price", consent_policy="basic", consent_age_days_max=30,
            dedupe_days=90, quoted_at_ms=now_ms, holds=holds,
        )  # fmt: skip


_SALE = """
INSERT INTO auction_sale (id, quote_id, auction_id, ping_id, lead_id, source_id, publisher_id, advertiser_id, account_id,
    campaign_id, revision_id, mode, vertical, pricing, price, payout_amount, margin_amount, currency, holds, contact_keys,
    counted_at, created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'live', 'home.roofing', 'first_price', %s, %s, %s, 'USD', %s, %s, %s, now())
"""


def _sale(trade: Trade, ping: record.PingFacts, quote: record.QuoteFacts) -> list[Any]:
    ids = [uuid7(), quote.quote_id, quote.auction_id, ping.ping_id, uuid7(), ping.source_id, ping.organization_id]
    buyer = [trade.advertiser_id, trade.wallet, quote.campaign_id, quote.revision_id]
    money = [quote.price, quote.payout_amount, quote.margin_amount]
    documents = [record.encode(value).decode() for value in (quote.holds, ping.contact_keys)]
    return [*ids, *buyer, *money, *documents, from_ms(quote.quoted_at_ms)]


def open_trade(dollars: int = 1000) -> Trade:
    """Make the three organizations with their accounts, and pay in."""
    ids = {}
    for kind in ("operator", "publisher", "advertiser"):
        ids[kind] = create_organization(name=kind, slug=f"{kind}-{next(_numbers)}", kind=kind, actor=ACTOR).id
        ledger.open_accounts(organization_id=ids[kind], actor=ACTOR)
    wallet = get_account(organization_id=ids["advertiser"], kind="wallet", currency="USD").id
    payable = get_account(organization_id=ids["publisher"], kind="payable", currency="USD").id
    ledger.deposit(idempotency_key="first", account_id=wallet, amount=dollars * MICROS, at=utc_now(), actor=ACTOR)
    return Trade(ids["operator"], ids["publisher"], ids["advertiser"], wallet, payable, uuid7())


def ping_facts(trade: Trade, ping_id: UUID) -> record.PingFacts:
    return record.PingFacts(
        ping_id=ping_id,
        organization_id=trade.publisher_id,
        account_id=trade.payable,
        source_id=uuid7(),
        vertical="home.roofing",
        lead={"zip": "78701", "stories": 2},
        contact_keys={"phone_sha256": PHONE, "email_sha256": EMAIL},
        currency="USD",
    )


def auction_record(ping: record.PingFacts, quote: record.QuoteFacts | None, now_ms: int, **changes: Any) -> record.AuctionRecord:
    pinged = record.PingRecord(
        id=ping.ping_id, organization_id=ping.organization_id, source_id=ping.source_id, vertical=ping.vertical, kind="form",
        status="quoted" if quote else "no_bid", received_at_ms=now_ms, lead=ping.lead, contact_keys=ping.contact_keys,
        reasons=[] if quote else [record.ReasonCount("no_campaign")], request_id="req_1",
    )  # fmt: skip
    bid = record.BidRecord(
        organization_id=quote.advertiser_id, campaign_id=quote.campaign_id, revision_id=quote.revision_id,
        bid_price=quote.price, status="won", clearing_price=quote.price, payout_amount=quote.payout_amount,
        margin_amount=quote.margin_amount, quote_id=quote.quote_id, arithmetic=(Step("base", None, 25_000_000),),
    ) if quote else None  # fmt: skip
    fields: dict[str, Any] = {
        "id": quote.auction_id if quote else uuid7(now_ms), "mode": "live", "engine_version": 1, "snapshot_version": 7,
        "seed": "s", "currency": "USD", "pricing": "first_price", "floor_price": 0, "floor_payout": 0,
        "margin": {"kind": "percent", "value": "0.20"},
        "ping": pinged, "score": record.ScoreRecord(0.25, 61, 0.75, "m1", [1.0, None, 2.5]), "bids": [bid] if bid else [],
    }  # fmt: skip
    return record.AuctionRecord(**(fields | changes))


def end(cursor: Any, ping: record.PingFacts, quote: record.QuoteFacts, outcome: str) -> int:
    """Write a settlement; gives 1, or 0 when there was one."""
    cursor.execute(
        "INSERT INTO auction_quotesettlement (quote_id, ping_id, publisher_id, outcome, fingerprint, answer, settled_at)"
        " VALUES (%s, %s, %s, %s, '', NULL, now()) ON CONFLICT DO NOTHING",
        [quote.quote_id, ping.ping_id, ping.organization_id, outcome],
    )
    return int(cursor.rowcount)


def outcomes() -> dict[UUID, str]:
    return dict(rows("SELECT quote_id, outcome FROM auction_quotesettlement"))


def rows(sql: str, *arguments: Any) -> list[tuple[Any, ...]]:
    """Read as the exchange."""
    with act_as_exchange("a test looks"), connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        return cursor.fetchall()


def count(table: str) -> int:
    return int(rows(f"SELECT count(*) FROM {table}")[0][0])


def remembered(trade: Trade) -> dict[str, dict[str, int]]:
    """What the counters are told when this advertiser buys."""
    return {key: dict(owners) for key, owners in seen_by(trade.advertiser_id, (PHONE, EMAIL)).items()}


def empty_database() -> None:
    """Take away what a test wrote, as the owner of the tables, who alone may switch the triggers off."""
    tables = (
        "ledger_entry", "ledger_event", "ledger_account", "accounts_auditentry", "intake_suppression", "intake_ping",
        "auction_auction", "auction_bid", "auction_quotesettlement", "auction_sale", "auction_saleside",
        "scoring_trainingexample",
    )  # fmt: skip
    with connections["owner"].cursor() as cursor:
        cursor.execute("; ".join(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables))
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
        cursor.execute("; ".join(f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables))
        cursor.execute("DELETE FROM accounts_organization WHERE live_id IS NOT NULL; DELETE FROM accounts_organization")
    connections.close_all()
