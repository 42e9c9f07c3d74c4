"""Reads of money by day: what the organization inside whose door we stand earned by source, or spent by campaign."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from django.db.models import Count, Sum
from django.db.models.functions import TruncDate

from accounts.identity import Caller
from campaigns.selectors import list_campaigns, source_rows
from reporting.core.days import Cell, Period, Sheet, earlier, sheet_of
from reporting.selectors import list_sales
from reporting.told import first_of

Side = Literal["publisher", "advertiser"]
PART_OF: dict[Side, str] = {"publisher": "source_id", "advertiser": "campaign_id"}


def days_of(caller: Caller, side: Side, period: Period) -> Sheet:
    """Give one side's money of a period by the day of the sale, beside the period before; what was returned is left out."""
    before = earlier(period)
    return sheet_of(period, cells_of(caller, side, period), cells_of(caller, side, before), names_of(side))


def cells_of(caller: Caller, side: Side, period: Period) -> tuple[Cell, ...]:
    """Sum one side's sales that stand by day and part, the oldest day first."""
    sold = list_sales(caller, side=side, since=period.since, until=period.until).filter(
        id__gte=first_of(period.since), status="sold", currency=caller.currency
    )
    by_day = sold.annotate(on=TruncDate("created_at", tzinfo=period.until.tzinfo)).order_by("on", PART_OF[side])
    rows = by_day.values_list("on", PART_OF[side]).annotate(Count("id"), Sum("amount"))
    return tuple(Cell(on, part_id, leads, int(amount)) for on, part_id, leads, amount in rows)


def names_of(side: Side) -> dict[UUID, str]:
    """Give the names of one's own sources or campaigns."""
    rows = source_rows() if side == "publisher" else list_campaigns()
    return dict(rows.values_list("id", "name"))
