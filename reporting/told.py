"""What became of sales, in one form for every read that joins it, and where a window of sales begins.

Which report counts is decided once, in scoring/outcomes.py: a mere receipt is none, and of several the one that happened last
counts. So nothing here reads reports; a sale of which nothing was told has no row, or one of stage "silent".
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from accounts.core.clock import to_ms
from accounts.core.ids import first_at

# Stands behind `auction_sale AS sale`; gives told.stage, .outcome (won within the horizon), .occurred_at, .known_at, .report_id.
TOLD = "LEFT JOIN scoring_outcome AS told ON told.sale_id = sale.id"
# A row's id is made a moment before or after its time; the id finds the rows, the time decides.
SLACK = timedelta(minutes=1)
# From a ping to its sale no more than its quotes live; a day is far more.
SOLD_WITHIN = timedelta(days=1)


def first_of(since: datetime) -> UUID:
    """Give the smallest id that a row of a window may have: it bounds a scan and says which partitions to read."""
    return first_at(to_ms(since - SLACK))
