"""Sold leads with their touchpoints and what became of them: an advertiser's own purchases, or everybody's for the operator.

Touchpoints are the publisher's; a buyer reads the channels of leads it bought, and neither campaigns nor times.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from accounts.identity import Caller
from accounts.tenancy import act_as_exchange
from reporting.core.channels import SoldLead, folded
from reporting.told import LABEL, TOLD, first_of, waits

WHY = "a sale of the caller's own, or the operator's office, proves that it may know the channels"
DAY_SECONDS = 86_400
ROWS_MAX = 50_000
# A ping is as much older than its sale as its quotes live, a minute unless settings say otherwise.
PING_OLDER = timedelta(days=1)
_SOLD = f"""
SELECT sale.lead_id, ping.touchpoints, ping.percentile, label.won, sale.price
FROM auction_sale AS sale {TOLD} {LABEL} JOIN intake_ping AS ping ON ping.id = sale.ping_id
WHERE sale.mode = %(mode)s AND sale.id >= %(first)s AND ping.id >= %(first_ping)s
    AND sale.created_at >= %(since)s AND sale.created_at < %(until)s
    AND (%(buyer)s::uuid IS NULL OR sale.advertiser_id = %(buyer)s)
ORDER BY sale.id DESC LIMIT %(limit)s
"""  # noqa: S608  the join is our own constant


def list_sold(caller: Caller, *, since: datetime, until: datetime) -> tuple[SoldLead, ...]:
    """List the sales the caller may know of, the newest first, at most ROWS_MAX, their rarer channels folded into one.

    What became of them is told as it stands at `until`.
    """
    buyer = None if caller.kind == "operator" else caller.organization_id
    facts: dict[str, Any] = {
        "mode": caller.mode, "buyer": buyer, "since": since, "until": until, "first": first_of(since),
        "first_ping": first_of(since - PING_OLDER), "limit": ROWS_MAX, **waits(until),
    }  # fmt: skip
    with act_as_exchange(WHY), connection.cursor() as cursor:
        cursor.execute(_SOLD, facts)
        return folded([_sold(row) for row in cursor.fetchall()])


def _sold(row: Sequence[Any]) -> SoldLead:
    lead_id, touchpoints, percentile, won, price = row
    touches = _touches(touchpoints)
    return SoldLead(
        lead_id=lead_id,
        channels=tuple(str(touch["channel"]) for touch in touches),
        ages_days=_ages(touches),
        percentile=None if percentile is None else float(percentile),
        won=won,
        price=price,
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
