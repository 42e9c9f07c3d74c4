"""The live news cut into the events that each organization may see. None holds personal data.

An event is a row of the feed, or the part of a row that changed: a page merges it into the row with the same `key`. A row that
got somewhere goes quoted -> sold, refused or expired; the others are lost or filtered (an advertiser's), no_bid (a publisher's).
The operator's rows are whole auctions and alone name both sides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.core.clock import from_ms, rfc3339
from accounts.core.ids import encode
from accounts.core.money import Money
from exchange.core.news import AuctionNews, BidNews, EndingNews, decode_news
from exchange.core.record import ReasonCount

__all__ = [
    "Event", "Subject", "auction_part", "auction_row", "bid_row", "decode_news", "endings", "events_of", "filtered_row",
    "ping_row", "subject_of",
]  # fmt: skip

Event = dict[str, Any]
ZIP_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Subject:
    """What both sides may know of a ping; `facts` is what filters ask of it, `us` how long its stages took."""

    ping_id: UUID
    source_id: UUID
    vertical: str
    at_ms: int
    score: int | None
    us: int
    facts: dict[str, Any]
    currency: str


def subject_of(news: AuctionNews) -> Subject:
    """Give what both sides may know."""
    return Subject(
        news.ping_id, news.source_id, news.vertical, news.received_at_ms, news.score, news.us, news.facts, news.currency
    )


def events_of(news: AuctionNews) -> Iterator[tuple[UUID, Event]]:
    """Give each event with the one organization that may see it: the ping to its publisher, each bid to its advertiser."""
    subject, payout = subject_of(news), sum(bid.payout_amount for bid in news.bids)
    yield news.publisher_id, ping_row(subject, status=news.status, payout_amount=payout, reasons=news.reasons)
    for bid in news.bids:
        yield bid.organization_id, bid_row(subject, bid)


def auction_row(news: AuctionNews) -> Event:
    """Write an auction for the operator: its publisher, who won and for what; quoted, or no_bid with the first reason."""
    won = [bid for bid in news.bids if bid.status == "won"]
    paid = sum(bid.clearing_price for bid in won)
    return {
        "key": encode("ping", news.ping_id),
        "kind": "auction",
        **_shared(subject_of(news)),
        **_outcome(news.status, news.reasons),
        "publisher_id": encode("organization", news.publisher_id),
        "winner_ids": [encode("organization", bid.organization_id) for bid in won],
        "bids": len(news.bids),
        "price": Money(paid, news.currency).as_json() if won else None,
    }


def ping_row(subject: Subject, *, status: str, payout_amount: int, reasons: list[ReasonCount]) -> Event:
    """Write a ping for its publisher: quoted, or no_bid with the first reason."""
    return {
        "key": encode("ping", subject.ping_id),
        "kind": "ping",
        **_shared(subject),
        **_outcome(status, reasons),
        "payout": Money(payout_amount, subject.currency).as_json() if status == "quoted" else None,
    }


def bid_row(subject: Subject, bid: BidNews) -> Event:
    """Write a bid for its advertiser: quoted, or lost with the reason."""
    won = bid.status == "won"
    return {
        **_own(subject, bid.campaign_id),
        "status": "quoted" if won else "lost",
        "reason": bid.reason or None,
        "detail": bid.detail or None,
        "bid": Money(bid.bid_price, subject.currency).as_json(),
        "price": Money(bid.clearing_price, subject.currency).as_json() if won else None,
    }


def filtered_row(subject: Subject, campaign_id: UUID, *, reason: str, detail: str) -> Event:
    """Write for an advertiser why a campaign did not bid."""
    about = {"status": "filtered", "reason": reason, "detail": detail or None, "bid": None, "price": None}
    return {**_own(subject, campaign_id), **about}


def endings(news: EndingNews) -> Iterator[tuple[UUID, Event]]:
    """Give what changed in the row of each party, with the one organization that may see it."""
    if news.status is not None:
        part = {"kind": "ping", **_ended(news, news.status)}
        if news.status == "sold":
            part["payout"] = Money(news.payout_amount, news.currency).as_json()
        yield news.publisher_id, part
    for quote in news.quotes:
        key = f"{encode('ping', news.ping_id)}/{encode('campaign', quote.campaign_id)}"
        part = {"key": key, "kind": "bid", "status": quote.status, "ended_at": rfc3339(from_ms(news.at_ms))}
        part |= {"reason": quote.reasons[0] if quote.reasons else None, "detail": None}
        if quote.status == "sold":
            part["price"] = Money(quote.price, news.currency).as_json()
        yield quote.organization_id, part


def auction_part(news: EndingNews) -> Event | None:
    """Give what changed in the operator's row; None when another quote of the ping was sold before."""
    if news.status is None:
        return None
    part = {"kind": "auction", **_ended(news, news.status)}
    if news.status == "sold":
        sold = [quote for quote in news.quotes if quote.status == "sold"]
        part["winner_ids"] = [encode("organization", quote.organization_id) for quote in sold]
        part["price"] = Money(sum(quote.price for quote in sold), news.currency).as_json()
    return part


def _outcome(status: str, reasons: list[ReasonCount]) -> Event:
    why = reasons[0] if reasons and status != "quoted" else None
    told = {"reason": why.code, "detail": why.detail or None} if why else {"reason": None, "detail": None}
    return {"status": status, **told, "lead_id": None, "ended_at": None}


def _ended(news: EndingNews, status: str) -> Event:
    return {
        "key": encode("ping", news.ping_id),
        "status": status,
        "ended_at": rfc3339(from_ms(news.at_ms)),
        "lead_id": encode("lead", news.lead_id) if news.lead_id else None,
        "reason": news.reasons[0] if news.reasons else None,
        "detail": None,
    }


def _own(subject: Subject, campaign_id: UUID) -> Event:
    campaign = encode("campaign", campaign_id)
    key = f"{encode('ping', subject.ping_id)}/{campaign}"
    return {"key": key, "kind": "bid", **_shared(subject), "campaign_id": campaign, "ended_at": None}


def _shared(subject: Subject) -> Event:
    zip_code = str(subject.facts.get("zip") or "")
    return {
        "at": rfc3339(from_ms(subject.at_ms)),
        "ping_id": encode("ping", subject.ping_id),
        "vertical": subject.vertical,
        "source_id": encode("source", subject.source_id),
        "state": subject.facts.get("state"),
        "zip3": zip_code[:ZIP_SHOWN] or None,
        "score": subject.score,
        "ms": round(subject.us / 1000, 1),
    }
