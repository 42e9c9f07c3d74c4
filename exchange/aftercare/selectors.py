"""Reads of dispositions. Inside act_as(org) they show the advertiser's own reports only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from exchange.aftercare.models import Disposition
from exchange.core.dispositions import latest


@dataclass(frozen=True, slots=True)
class DispositionFacts:
    """One report; `revenue` in micros."""

    disposition_id: UUID
    sale_id: UUID
    lead_id: UUID
    campaign_id: UUID | None
    vertical: str
    status: str
    stage: str
    occurred_at: datetime
    revenue: int | None
    currency: str
    agent: str
    recorded_at: datetime


def disposition_rows(*, sale_id: UUID | None = None, lead_id: UUID | None = None) -> QuerySet[Disposition]:
    """Give the reports inside the present door, to be cut into pages by id."""
    wanted = {"sale_id": sale_id, "lead_id": lead_id}
    rows: QuerySet[Disposition] = Disposition.objects.all()
    return rows.filter(**{name: value for name, value in wanted.items() if value is not None})


def current_dispositions(sale_ids: Iterable[UUID]) -> dict[UUID, DispositionFacts]:
    """Give for each of these sales the report that counts now; a sale without one is left out."""
    by_sale: dict[UUID, list[DispositionFacts]] = defaultdict(list)
    for row in Disposition.objects.filter(sale_id__in=list(sale_ids)):
        by_sale[row.sale_id].append(disposition_facts(row))
    return {sale_id: found for sale_id, reports in by_sale.items() if (found := latest(reports)) is not None}


def disposition_facts(row: Disposition) -> DispositionFacts:
    """Give a report as a value."""
    return DispositionFacts(
        disposition_id=row.id,
        sale_id=row.sale_id,
        lead_id=row.lead_id,
        campaign_id=row.campaign_id,
        vertical=row.vertical,
        status=row.status,
        stage=row.stage,
        occurred_at=row.occurred_at,
        revenue=row.revenue,
        currency=row.currency,
        agent=row.agent,
        recorded_at=row.recorded_at,
    )
