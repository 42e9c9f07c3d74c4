"""The live news: what the journal announces, cut into the events that each organization may see. None holds personal data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec

from accounts.core.clock import from_ms, rfc3339
from accounts.core.ids import encode
from accounts.core.money import Money

Event = dict[str, Any]


class BidNews(msgspec.Struct, frozen=True):
    """One bid, as announced."""

    organization_id: UUID
    campaign_id: UUID
    bid_price: int
    clearing_price: int
    payout_amount: int
    status: str
    reason: str


class AuctionNews(msgspec.Struct, frozen=True):
    """One auction, as announced; amounts in micros."""

    ping_id: UUID
    publisher_id: UUID
    source_id: UUID
    vertical: str
    status: str
    received_at_ms: int
    score: int | None
    currency: str
    bids: list[BidNews]


decode_news = msgspec.json.Decoder(list[AuctionNews]).decode


def events_of(news: AuctionNews) -> Iterator[tuple[UUID, Event]]:
    """Give each event with the one organization that may see it: the ping to its publisher, each bid to its advertiser."""
    payout = sum(bid.payout_amount for bid in news.bids)
    yield (
        news.publisher_id,
        ping_event(
            ping_id=news.ping_id, at_ms=news.received_at_ms, vertical=news.vertical, source_id=news.source_id,
            status=news.status, payout_amount=payout, currency=news.currency, score=news.score,
        ),
    )  # fmt: skip
    for bid in news.bids:
        event = bid_event(
            ping_id=news.ping_id, campaign_id=bid.campaign_id, at_ms=news.received_at_ms, vertical=news.vertical,
            source_id=news.source_id, status=bid.status, reason=bid.reason, bid_price=bid.bid_price,
            clearing_price=bid.clearing_price, currency=news.currency,
        )  # fmt: skip
        yield bid.organization_id, event


def ping_event(
    *,
    ping_id: UUID,
    at_ms: int,
    vertical: str,
    source_id: UUID,
    status: str,
    payout_amount: int,
    currency: str,
    score: int | None,
) -> Event:
    """Write a ping for its publisher; `key` is the same in snapshot and news."""
    return {
        "key": encode("ping", ping_id),
        "kind": "ping",
        "at": rfc3339(from_ms(at_ms)),
        "ping_id": encode("ping", ping_id),
        "vertical": vertical,
        "source_id": encode("source", source_id),
        "status": status,
        "payout": Money(payout_amount, currency).as_json() if status == "quoted" else None,
        "score": score,
    }


def bid_event(
    *,
    ping_id: UUID,
    campaign_id: UUID,
    at_ms: int,
    vertical: str,
    source_id: UUID,
    status: str,
    reason: str,
    bid_price: int,
    clearing_price: int,
    currency: str,
) -> Event:
    """Write a bid for its advertiser; `key` is the same in snapshot and news."""
    ping, campaign = encode("ping", ping_id), encode("campaign", campaign_id)
    return {
        "key": f"{ping}/{campaign}",
        "kind": "bid",
        "at": rfc3339(from_ms(at_ms)),
        "ping_id": ping,
        "vertical": vertical,
        "source_id": encode("source", source_id),
        "campaign_id": campaign,
        "status": status,
        "reason": reason or None,
        "bid": Money(bid_price, currency).as_json(),
        "price": Money(clearing_price, currency).as_json() if status == "won" else None,
    }
