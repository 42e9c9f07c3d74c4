"""What became of sales, in one form for every read that joins it, and where a window of sales begins.

Which report counts is decided once, in scoring/outcomes.py: a mere receipt is none, and of several the one that happened last
counts. So nothing here reads reports; a sale of which nothing was told has no row, or one of stage "silent".

What a report makes of a sale is the rule of scoring/core/labels.py, in SQL once, here. Silence is no outcome on any page, however
much an advertiser tells; only training reads that of advertisers which tell of nearly all.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.core.clock import to_ms
from accounts.core.ids import first_at
from scoring.core.labels import GRACE_DAYS
from scoring.waiting import outcome_days

# Stands behind `auction_sale AS sale`; gives told.stage, .outcome (won within the horizon), .occurred_at, .known_at, .report_id.
TOLD = "LEFT JOIN scoring_outcome AS told ON told.sale_id = sale.id"
# Stands behind that join; gives label.won (within the horizon; NULL while unknown) and label.due_at. Needs the values of `waits`.
LABEL = """
CROSS JOIN LATERAL (
    SELECT told.sold_at + (told.horizon_days + %(grace)s) * %(day)s::interval AS due_at
) AS waited CROSS JOIN LATERAL (
    SELECT waited.due_at, coalesce(told.outcome, CASE WHEN told.stage = 'open' AND waited.due_at <= %(at)s THEN false END) AS won
) AS label
"""
# A row's id is made a moment before or after its time; the id finds the rows, the time decides.
SLACK = timedelta(minutes=1)
# From a ping to its sale no more than its quotes live; a day is far more.
SOLD_WITHIN = timedelta(days=1)


def waits(at: datetime) -> dict[str, Any]:
    """Give the values of LABEL, as things stand `at`."""
    return {"at": at, "grace": GRACE_DAYS, "day": outcome_days(1)}


def first_of(since: datetime) -> UUID:
    """Give the smallest id that a row of a window may have: it bounds a scan and says which partitions to read."""
    return first_at(to_ms(since - SLACK))
