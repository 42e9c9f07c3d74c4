"""News of the market for the live feed, as it travels on `auctions:<mode>`: an auction, and later how its quotes ended.

A message is a JSON list of these. It goes to the two parties' pages only and holds no personal data; amounts are int micros.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from accounts.core.clock import to_ms
from accounts.core.money import text_from_micros
from exchange.core.auction import smallest_price
from exchange.core.reading import rules_of
from exchange.core.reasons import Reason, public_form
from exchange.core.record import AuctionRecord, BidRecord, PingFacts, ReasonCount
from exchange.core.verdict import Verdict, codes_of, payout_of, status_of

REASONS_TOLD = 3


class BidNews(msgspec.Struct, frozen=True, gc=False):
    """One bid."""

    organization_id: UUID
    campaign_id: UUID
    bid_price: int
    clearing_price: int
    payout_amount: int
    status: str
    reason: str
    detail: str = ""


class AuctionNews(msgspec.Struct, frozen=True, gc=False, tag_field="news", tag="auction"):
    """One auction: `facts` is what filters asked of the ping, `us` the whole of its stages, `reasons` why nobody bid."""

    ping_id: UUID
    publisher_id: UUID
    source_id: UUID
    vertical: str
    status: str
    received_at_ms: int
    score: int | None
    currency: str
    bids: list[BidNews]
    facts: dict[str, Any] = {}
    us: int = 0
    reasons: list[ReasonCount] = []


class QuoteEnding(msgspec.Struct, frozen=True, gc=False):
    """How one quote ended, for its advertiser: sold, refused (with codes) or expired."""

    organization_id: UUID
    campaign_id: UUID
    status: str
    price: int = 0
    reasons: tuple[str, ...] = ()


class EndingNews(msgspec.Struct, frozen=True, gc=False, tag_field="news", tag="ending"):
    """How quotes of one ping ended. `status` is what its publisher reads of the ping, None when that has not changed."""

    ping_id: UUID
    publisher_id: UUID
    status: str | None
    payout_amount: int
    currency: str
    at_ms: int
    quotes: tuple[QuoteEnding, ...]
    lead_id: UUID | None = None
    reasons: tuple[str, ...] = ()


News = AuctionNews | EndingNews
decode_news = msgspec.json.Decoder(list[News]).decode


def news_of_auction(record: AuctionRecord) -> AuctionNews:
    """Cut a record down to what a page shows."""
    ping, score = record.ping, record.score
    facts = {**ping.lead, "kind": ping.kind, "sub_id": ping.sub_ids[0] if ping.sub_ids else None}
    facts |= {"device": ping.behaviour.get("device"), "score_percentile": score.percentile if score else None}
    return AuctionNews(
        ping_id=ping.id,
        publisher_id=ping.organization_id,
        source_id=ping.source_id,
        vertical=ping.vertical,
        status=ping.status,
        received_at_ms=ping.received_at_ms,
        score=score.score if score else None,
        currency=record.currency,
        bids=[_bid(bid, record) for bid in record.bids],
        facts={name: value for name, value in facts.items() if value is not None},
        us=sum(us for _, us in record.stages_us),
        reasons=ping.reasons[:REASONS_TOLD],
    )


def _bid(bid: BidRecord, record: AuctionRecord) -> BidNews:
    return BidNews(
        organization_id=bid.organization_id,
        campaign_id=bid.campaign_id,
        bid_price=bid.bid_price,
        clearing_price=bid.clearing_price,
        payout_amount=bid.payout_amount,
        status=bid.status,
        reason=bid.reason,
        detail=bid.detail or (_smallest(record) if bid.reason == Reason.BELOW_FLOOR else ""),
    )


def _smallest(record: AuctionRecord) -> str:
    least = smallest_price(rules_of(record))
    return "" if least is None else f"smallest price {text_from_micros(least)}"


def news_of_post(ping: PingFacts, verdicts: Sequence[Verdict], *, lead_id: UUID, at: datetime) -> EndingNews:
    """Say how a post ended the quotes it was sent against."""
    return EndingNews(
        ping_id=ping.ping_id,
        publisher_id=ping.organization_id,
        status="sold" if status_of(verdicts) == "sold" else "refused",
        payout_amount=payout_of(verdicts),
        currency=ping.currency,
        at_ms=to_ms(at),
        quotes=tuple(_ended(one) for one in verdicts),
        lead_id=lead_id,
        reasons=codes_of(verdicts),
    )


def _ended(one: Verdict) -> QuoteEnding:
    return QuoteEnding(
        organization_id=one.quote.advertiser_id,
        campaign_id=one.quote.campaign_id,
        status="sold" if one.sold else "refused",
        price=one.quote.price if one.sold else 0,
        reasons=tuple(public_form(reason).value for reason in one.reasons),
    )
