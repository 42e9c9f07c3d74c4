"""Reads of the market for the stages after it. Callers stand in the door that fits: an organization's own, or the exchange's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.core.clock import to_ms
from accounts.core.ids import first_at
from campaigns.selectors import currency_of
from exchange.auction.models import Sale, SaleSide


@dataclass(frozen=True, slots=True)
class SideFacts:
    """A sale as one party sees it; `amount` in micros."""

    sale_id: UUID
    organization_id: UUID
    side: str
    amount: int
    currency: str
    vertical: str
    ping_id: UUID | None
    lead_id: UUID
    campaign_id: UUID | None
    created_at: datetime

    @property
    def mode(self) -> str:
        """Name the market it was sold in: only the live one trades in real money."""
        return "live" if self.currency == currency_of("live") else "test"


@dataclass(frozen=True, slots=True)
class SoldFacts:
    """A sale as the exchange sees it; `organization_id` is its buyer's, `clearing_price` in micros what that one paid."""

    sale_id: UUID
    ping_id: UUID
    organization_id: UUID
    campaign_id: UUID
    vertical: str
    mode: str
    created_at: datetime
    clearing_price: int


def list_sides_of_sale(sale_id: UUID) -> tuple[SideFacts, ...]:
    """List the visible sides of one sale."""
    return tuple(_facts(row) for row in SaleSide.objects.filter(sale_id=sale_id).order_by("side"))


def list_purchases(*, sale_ids: Iterable[UUID] = (), lead_ids: Iterable[UUID] = ()) -> tuple[SideFacts, ...]:
    """List what the organization inside whose door we are bought, by sale or by lead."""
    bought = SaleSide.objects.filter(side="advertiser")
    by_sale, by_lead = list(sale_ids), list(lead_ids)
    found = [*bought.filter(sale_id__in=by_sale)] if by_sale else []
    found += [*bought.filter(lead_id__in=by_lead)] if by_lead else []
    return tuple(_facts(row) for row in found)


def list_sales(*, since: datetime | None, after: UUID | None, limit: int) -> tuple[SoldFacts, ...]:
    """List sales of all advertisers by id, those after an id and sold since a time; the exchange's door only."""
    rows = Sale.objects.order_by("id")
    rows = rows if since is None else rows.filter(id__gte=first_at(to_ms(since)))
    rows = rows if after is None else rows.filter(id__gt=after)
    names = ("id", "ping_id", "advertiser_id", "campaign_id", "vertical", "mode", "created_at", "price")
    return tuple(SoldFacts(*row) for row in rows.values_list(*names)[:limit])


def _facts(row: SaleSide) -> SideFacts:
    return SideFacts(
        sale_id=row.sale_id,
        organization_id=row.organization_id,
        side=row.side,
        amount=row.amount,
        currency=row.currency,
        vertical=row.vertical,
        ping_id=row.ping_id,
        lead_id=row.lead_id,
        campaign_id=row.campaign_id,
        created_at=row.created_at,
    )
