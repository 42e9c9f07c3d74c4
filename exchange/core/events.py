"""What the exchange tells the systems of both sides, and its operator's, by webhook: thin events, no personal data.

To each its own closed list: both sides hear of leads with their own amounts, the operator of alerts and champions.

The body of each is {"id", "type", "timestamp", "data"}; whoever wants more reads it by id over the API.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from accounts.core.clock import from_ms, rfc3339
from accounts.core.ids import encode
from accounts.core.money import Money
from exchange.core.record import AuctionRecord, PingFacts, QuoteFacts
from scoring.core import notices

QUOTED, SOLD, DELIVERED, RETURNED, TEST = "ping.quoted", "lead.sold", "lead.delivered", "lead.returned", "webhook.test"
TRADERS_TYPES, OPERATORS_TYPES = (QUOTED, SOLD, DELIVERED, RETURNED), notices.TYPES
TYPES = (*TRADERS_TYPES, *OPERATORS_TYPES)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, for one organization; told once per `subject_id` and type."""

    organization_id: UUID
    type: str
    subject_id: UUID
    at: datetime
    data: Mapping[str, Any]


def types_for(kind: str) -> tuple[str, ...]:
    """Give the events that an organization of a kind may hear of."""
    return OPERATORS_TYPES if kind == "operator" else TRADERS_TYPES


def types_unless_asked(kind: str) -> tuple[str, ...]:
    """Give those it hears of unless it asks otherwise: a quote is no sale yet, and there are many of them."""
    return tuple(one for one in types_for(kind) if one != QUOTED)


def body_of(event: Event, message_id: UUID) -> str:
    """Write an event as it is sent, the same text on every attempt."""
    whole = {"id": encode("event", message_id), "type": event.type, "timestamp": rfc3339(event.at), "data": dict(event.data)}
    return msgspec.json.encode(whole).decode()


def sold(sale_id: UUID, lead_id: UUID, ping: PingFacts, quote: QuoteFacts, *, at: datetime) -> tuple[Event, Event]:
    """Tell both sides of a sale: the advertiser its price, the publisher its payout."""
    shared = {
        "sale_id": encode("sale", sale_id),
        "lead_id": encode("lead", lead_id),
        "ping_id": encode("ping", ping.ping_id),
        "quote_id": encode("quote", quote.quote_id),
        "source_id": encode("source", ping.source_id),
        "vertical": ping.vertical,
    }
    campaign = encode("campaign", quote.campaign_id)
    price, payout = Money(quote.price, quote.currency).as_json(), Money(quote.payout_amount, quote.currency).as_json()
    return (
        Event(quote.advertiser_id, SOLD, sale_id, at, {**shared, "campaign_id": campaign, "price": price}),
        Event(ping.organization_id, SOLD, sale_id, at, {**shared, "payout": payout}),
    )


def delivered(
    *,
    delivery_id: UUID,
    sale_id: UUID,
    lead_id: UUID,
    campaign_id: UUID,
    advertiser_id: UUID,
    publisher_id: UUID | None,
    at: datetime,
) -> Iterator[Event]:
    """Tell both sides that the buyer's system has taken a lead."""
    shared = {"sale_id": encode("sale", sale_id), "lead_id": encode("lead", lead_id)}
    own = {"delivery_id": encode("delivery", delivery_id), "campaign_id": encode("campaign", campaign_id)}
    yield Event(advertiser_id, DELIVERED, sale_id, at, {**shared, **own})
    if publisher_id is not None:
        yield Event(publisher_id, DELIVERED, sale_id, at, shared)


def quoted(record: AuctionRecord) -> Iterator[Event]:
    """Tell a ping's publisher its quotes, and each winner its own."""
    won = [bid for bid in record.bids if bid.quote_id is not None]
    if not won:
        return
    ping, at = record.ping, from_ms(record.ping.received_at_ms)
    shared = {
        "ping_id": encode("ping", ping.id),
        "source_id": encode("source", ping.source_id),
        "vertical": ping.vertical,
    }
    quotes = [_quote(bid.quote_id, "payout", bid.payout_amount, record.currency) for bid in won if bid.quote_id]
    yield Event(ping.organization_id, QUOTED, ping.id, at, {**shared, "quotes": quotes})
    for bid in won:
        if bid.quote_id is not None:
            own = _quote(bid.quote_id, "price", bid.clearing_price, record.currency)
            data = {**shared, **own, "campaign_id": encode("campaign", bid.campaign_id)}
            yield Event(bid.organization_id, QUOTED, bid.quote_id, at, data)


def returned(
    *, organization_id: UUID, return_id: UUID, sale_id: UUID, lead_id: UUID, amount: int, currency: str, at: datetime
) -> Event:
    """Tell one side that a sale was taken back, and what it gets or loses by that."""
    ids = {"return_id": encode("return", return_id), "sale_id": encode("sale", sale_id), "lead_id": encode("lead", lead_id)}
    return Event(organization_id, RETURNED, return_id, at, {**ids, "amount": Money(amount, currency).as_json()})


def _quote(quote_id: UUID, name: str, amount: int, currency: str) -> dict[str, Any]:
    return {"quote_id": encode("quote", quote_id), name: Money(amount, currency).as_json()}
