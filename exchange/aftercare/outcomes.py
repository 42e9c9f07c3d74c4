"""Hands what advertisers report to scoring, which learns from it: sale by sale, and once more from the beginning when asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from accounts.tenancy import act_as_exchange
from campaigns.verticals import load_verticals
from exchange.aftercare.models import Disposition
from exchange.auction.selectors import SideFacts, SoldFacts, list_purchases, list_sales
from exchange.core.dispositions import RECEIPT
from scoring.outcomes import OutcomeReport, record_outcomes, swept_until

WHY = "outcomes are made of the sales and reports of all advertisers"
BATCH = 2_000
# A sale is dated before its transaction commits: it may appear a moment after a younger one.
OVERLAP = timedelta(minutes=10)


def tell_outcomes(rows: Iterable[Disposition], sides: Mapping[UUID, SideFacts]) -> int:
    """Hand reports on, with the purchases they are about by sale; a mere receipt says nothing of what became of the lead."""
    return record_outcomes([_reported(row, sides[row.sale_id]) for row in rows if row.status != RECEIPT])


def record_new_sales() -> int:
    """Let scoring know of the sales since the last one it knows of, so that it sees of which nothing is told; counts them."""
    with act_as_exchange(WHY):
        newest = swept_until()
    return record_sales(since=None if newest is None else newest - OVERLAP)


def record_sales(*, since: datetime | None) -> int:
    """Let scoring know of all sales since a time, batch by batch, each in a transaction of its own; safe to repeat."""
    changed, after = 0, None
    while True:
        with act_as_exchange(WHY):
            sales = list_sales(since=since, after=after, limit=BATCH)
            changed += record_outcomes([_sold(sale, sale.clearing_price) for sale in sales])
        if len(sales) < BATCH:
            return changed
        after = sales[-1].sale_id


def record_reports(*, since: datetime | None) -> int:
    """Hand all reports told since a time on once more, batch by batch; safe to repeat."""
    changed, after = 0, None
    while True:
        with act_as_exchange(WHY):
            rows = (
                Disposition.objects.order_by("id") if after is None else Disposition.objects.order_by("id").filter(id__gt=after)
            )
            batch = list((rows if since is None else rows.filter(recorded_at__gte=since))[:BATCH])
            sides = {side.sale_id: side for side in list_purchases(sale_ids={row.sale_id for row in batch})}
            changed += tell_outcomes(batch, sides)
        if len(batch) < BATCH:
            return changed
        after = batch[-1].id


def _reported(row: Disposition, side: SideFacts) -> OutcomeReport:
    told = _sold(side, side.amount)
    return replace(told, stage=row.stage, report_id=row.id, occurred_at=row.occurred_at, known_at=row.recorded_at)


def _sold(sale: SideFacts | SoldFacts, clearing_price: int) -> OutcomeReport:
    return OutcomeReport(
        sale_id=sale.sale_id,
        ping_id=sale.ping_id,
        organization_id=sale.organization_id,
        campaign_id=sale.campaign_id,
        vertical=sale.vertical,
        mode=sale.mode,
        horizon_days=load_verticals()[sale.vertical].horizon_days,
        sold_at=sale.created_at,
        clearing_price=clearing_price,
    )
