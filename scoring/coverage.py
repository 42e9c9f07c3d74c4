"""How much advertisers tell of what became of their leads, and whose outcomes teach all."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.selectors import list_pooling
from scoring.core.labels import GRACE_DAYS, Coverage
from scoring.waiting import outcome_days

_COVERAGE = """
    SELECT organization_id, count(*), count(report_id),
        count(*) FILTER (WHERE sold_at + make_interval(secs => (horizon_days + %(grace)s) * %(day)s) <= %(at)s),
        count(report_id) FILTER (WHERE sold_at + make_interval(secs => (horizon_days + %(grace)s) * %(day)s) <= %(at)s),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM first_known_at - sold_at) / 86400::float8)
    FROM scoring_outcome
    WHERE mode = %(mode)s AND sold_at <= %(at)s AND (%(vertical)s::text IS NULL OR vertical = %(vertical)s)
        AND (%(advertiser)s::uuid IS NULL OR organization_id = %(advertiser)s)
        AND (%(campaign)s::uuid IS NULL OR campaign_id = %(campaign)s)
    GROUP BY organization_id
"""


def coverage(
    vertical: str | None = None,
    *,
    mode: str = "live",
    at: datetime,
    advertiser: UUID | None = None,
    campaign: UUID | None = None,
) -> dict[UUID, Coverage]:
    """Say of each advertiser with sales how much it reports, `at` some time. Call it inside act_as_exchange."""
    asked: dict[str, Any] = {
        "grace": GRACE_DAYS, "day": outcome_days(1).total_seconds(), "at": at, "mode": mode, "vertical": vertical,
        "advertiser": advertiser, "campaign": campaign,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_COVERAGE, asked)
        rows = cursor.fetchall()
    return {who: Coverage(*figures) for who, *figures in rows}


def telling(vertical: str, *, at: datetime) -> frozenset[UUID]:
    """Name the advertisers that pool their outcomes and tell enough of them. Call it inside act_as_exchange."""
    low = {who for who, one in coverage(vertical, at=at).items() if one.level == "low"}
    return frozenset(list_pooling()) - low
