"""Sold leads with all that their advertisers told of them: an advertiser's own, or everybody's of a vertical for the operator.

Reports belong to the advertiser; nobody but it and the operator reads when it called whom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.identity import Caller
from accounts.tenancy import act_as_exchange
from campaigns.core.places import zone_of_zip
from exchange.core.dispositions import RECEIPT, WON
from reporting.core.timing import Teller, ToldLead
from reporting.learning import coverage_of_all
from reporting.told import SOLD_WITHIN, TOLD, first_of
from scoring.core.calling import home_of
from scoring.core.labels import GRACE_DAYS, SILENT, due_label
from scoring.waiting import outcome_days

WHY = "a sale of the caller's own, or the operator's office, proves that it may know what was told of it"
ROWS_MAX = 20_000
# More reports on one lead than these, the earliest, say nothing more about its first contact.
REPORTS_MAX = 60
# A buyer's own side of each sale is found by an index; the market's sales would have to be read through.
_SALES = "auction_saleside AS own JOIN auction_sale AS sale ON sale.id = own.sale_id"
_WHOSE = """own.side = 'advertiser' AND sale.mode = %(mode)s AND own.id >= %(first)s
    AND own.created_at >= %(since)s AND own.created_at < %(until)s
    AND (%(buyer)s::uuid IS NULL OR own.organization_id = %(buyer)s)"""
_CHOICES = f"""
SELECT own.vertical, own.campaign_id, count(*) FROM {_SALES} WHERE {_WHOSE} GROUP BY 1, 2
"""  # noqa: S608  tables and condition are our own constants
_TOLD_LEADS = f"""
SELECT own.organization_id, sale.created_at, ping.lead ->> 'state', ping.lead ->> 'zip', coalesce(told.stage, %(silent)s),
    told.first_known_at, told.occurred_at, told.outcome, told.horizon_days, said.statuses, said.times
FROM {_SALES} {TOLD} JOIN intake_ping AS ping ON ping.id = sale.ping_id
LEFT JOIN LATERAL (
    SELECT array_agg(status ORDER BY occurred_at, id) AS statuses, array_agg(occurred_at ORDER BY occurred_at, id) AS times
    FROM (
        SELECT id, status, occurred_at FROM aftercare_disposition
        WHERE organization_id = own.organization_id AND sale_id = sale.id AND status <> %(receipt)s
        ORDER BY occurred_at, id LIMIT %(reports)s
    ) AS early
) AS said ON true
WHERE {_WHOSE} AND ping.id >= %(first_ping)s AND own.vertical = %(vertical)s
    AND (%(campaign)s::uuid IS NULL OR own.campaign_id = %(campaign)s)
ORDER BY own.id DESC LIMIT %(limit)s
"""  # noqa: S608  tables, join and condition are our own constants
_LAST_TOLD = """
SELECT who, newest.recorded_at FROM unnest(%s::uuid[]) AS who, LATERAL (
    SELECT recorded_at FROM aftercare_disposition WHERE organization_id = who AND status <> %s ORDER BY id DESC LIMIT 1
) AS newest
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which sales: those of a vertical from `since` on, before `until`; of one campaign, or of all."""

    vertical: str
    since: datetime
    until: datetime
    campaign_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What was found: leads, the newest first and at most as many as asked for, and how each advertiser tells."""

    leads: tuple[ToldLead, ...]
    tellers: Mapping[UUID, Teller]
    cut: bool


def count_sales(caller: Caller, *, since: datetime, until: datetime) -> dict[str, dict[UUID, int]]:
    """Count the sales the caller may know of by vertical and campaign, the vertical with most of them first."""
    with act_as_exchange(WHY), connection.cursor() as cursor:
        cursor.execute(_CHOICES, _whose(caller, since, until))
        rows = cursor.fetchall()
    found: dict[str, dict[UUID, int]] = {}
    for vertical, campaign_id, count in rows:
        found.setdefault(vertical, {})[campaign_id] = count
    return dict(sorted(found.items(), key=lambda item: (-sum(item[1].values()), item[0])))


def list_told(caller: Caller, asked: Asked, *, limit: int = ROWS_MAX) -> Told:
    """List sold leads with what was told of them, as far as the caller may know."""
    facts = _whose(caller, asked.since, asked.until) | {
        "first_ping": first_of(asked.since - SOLD_WITHIN), "silent": SILENT, "receipt": RECEIPT, "reports": REPORTS_MAX,
        "vertical": asked.vertical, "campaign": asked.campaign_id, "limit": limit,
    }  # fmt: skip
    with act_as_exchange(WHY), connection.cursor() as cursor:
        cursor.execute(_TOLD_LEADS, facts)
        rows = cursor.fetchall()
        cursor.execute(_LAST_TOLD, [list({row[0] for row in rows}), RECEIPT])
        told_until: dict[UUID, datetime] = dict(cursor.fetchall())
        coverages = coverage_of_all(asked.vertical, mode=caller.mode, at=asked.until)
    tellers = {who: Teller(coverages[who].level if who in coverages else "unknown", at) for who, at in told_until.items()}
    leads = tuple(_lead(row, tellers.get(row[0]), asked.until) for row in rows)
    return Told(leads, tellers, cut=len(rows) == limit)


def _whose(caller: Caller, since: datetime, until: datetime) -> dict[str, Any]:
    buyer = None if caller.kind == "operator" else caller.organization_id
    return {"mode": caller.mode, "buyer": buyer, "since": since, "until": until, "first": first_of(since)}


def _lead(row: Sequence[Any], teller: Teller | None, at: datetime) -> ToldLead:
    advertiser_id, sold_at, state, zip_code, stage, first_told_at, occurred_at, outcome, horizon_days, statuses, times = row
    due = horizon_days is not None and sold_at + outcome_days(horizon_days + GRACE_DAYS) <= at
    high = teller is not None and teller.level == "high"
    return ToldLead(
        advertiser_id=advertiser_id, sold_at=sold_at, home=home_of(state or "", zone_of_zip(zip_code or "")), stage=stage,
        reports=tuple(zip(statuses or (), times or (), strict=True)), first_told_at=first_told_at,
        won_at=occurred_at if stage == WON else None,
        won=due_label(stage, high_coverage=high) if outcome is None and due else outcome,
    )  # fmt: skip


def lately(vertical: str, *, at: datetime, days: int, campaign_id: UUID | None = None) -> Asked:
    """Ask for the sales of a vertical of so many days until now."""
    return Asked(vertical, at - timedelta(days=days), at, campaign_id)
