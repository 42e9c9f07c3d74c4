"""Sold leads with their touchpoints and what became of them: an advertiser's own purchases, or everybody's for the operator.

Touchpoints are the publisher's; a buyer reads the channels of leads it bought, and neither campaigns nor times.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from accounts.identity import Caller
from accounts.tenancy import act_as_exchange
from reporting.core.channels import SoldLead

WHY = "a sale of the caller's own, or the operator's office, proves that it may know the channels"
DAY_SECONDS = 86_400
ROWS_MAX = 50_000
# A report is never changed: of those on a sale the latest by occurred_at counts.
_SOLD = """
SELECT sale.lead_id, ping.touchpoints, ping.percentile, report.stage, sale.price, report.revenue
FROM auction_sale AS sale JOIN intake_ping AS ping ON ping.id = sale.ping_id LEFT JOIN LATERAL (
    SELECT stage, revenue FROM aftercare_disposition WHERE sale_id = sale.id AND organization_id = sale.advertiser_id
    ORDER BY occurred_at DESC, id DESC LIMIT 1
) AS report ON true
WHERE sale.mode = %(mode)s AND sale.created_at >= %(since)s AND sale.created_at < %(until)s
    AND (%(buyer)s::uuid IS NULL OR sale.advertiser_id = %(buyer)s)
ORDER BY sale.id DESC LIMIT %(limit)s
"""


def list_sold(caller: Caller, *, since: datetime, until: datetime) -> tuple[SoldLead, ...]:
    """List the sales the caller may know of, the newest first, at most ROWS_MAX."""
    buyer = None if caller.kind == "operator" else caller.organization_id
    facts: dict[str, Any] = {"mode": caller.mode, "since": since, "until": until, "buyer": buyer, "limit": ROWS_MAX}
    with act_as_exchange(WHY), connection.cursor() as cursor:
        cursor.execute(_SOLD, facts)
        return tuple(_sold(row) for row in cursor.fetchall())


def _sold(row: Sequence[Any]) -> SoldLead:
    lead_id, touchpoints, percentile, stage, price, revenue = row
    touches = _touches(touchpoints)
    return SoldLead(
        lead_id=lead_id,
        channels=tuple(str(touch["channel"]) for touch in touches),
        ages_days=_ages(touches),
        percentile=None if percentile is None else float(percentile),
        won={"won": True, "lost": False, "invalid": False}.get(stage),
        price=price,
        revenue=revenue or 0,
    )


def _touches(touchpoints: str | None) -> list[Mapping[str, Any]]:
    """Read stored touchpoints in order of their times; those without one stand as they were sent."""
    # A raw cursor gives jsonb as text.
    found = [touch for touch in json.loads(touchpoints or "[]") if touch.get("channel")]
    timed = all(touch.get("at") for touch in found)
    return sorted(found, key=lambda touch: datetime.fromisoformat(touch["at"])) if timed else found


def _ages(touches: Sequence[Mapping[str, Any]]) -> tuple[float, ...]:
    if not touches or not all(touch.get("at") for touch in touches):
        return ()
    times = [datetime.fromisoformat(touch["at"]) for touch in touches]
    return tuple((times[-1] - at).total_seconds() / DAY_SECONDS for at in times)
