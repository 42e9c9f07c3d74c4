"""Counts how often sources bring persons that somebody brought before; scoring gets the counts, and the keys stay here."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from accounts.core.clock import to_ms
from accounts.core.ids import first_at
from accounts.tenancy import act_as_exchange
from scoring.core.context import REPEAT_DAYS, RepeatCount
from scoring.repeats import replace_repeats

SUB_ID_LEADS_MIN = 20
"""A sub-id of fewer leads says nothing beyond its source, and click ids sent as sub-ids would be as many rows as leads."""
TIMEOUT_MS = 600_000
# One pass over the live leads of twice the days, by the key, whose first bits are the time. A contact key holds its kind, so a
# telephone never equals an e-mail. The sub-id is looked up ping by ping (LIMIT keeps the planner from reading all pings instead).
_COUNTED = """
    WITH posted AS (
        SELECT lead.vertical, lead.source_id, lead.ping_id, lead.received_at,
            lead.phone_key <> '' AND lead.received_at - lag(lead.received_at) OVER phones <= %(age)s
                OR lead.email_key <> '' AND lead.received_at - lag(lead.received_at) OVER emails <= %(age)s AS repeated
        FROM intake_lead AS lead JOIN accounts_organization AS publisher ON publisher.id = lead.organization_id
        WHERE publisher.mode = 'live' AND lead.id >= %(first)s AND lead.received_at <= %(at)s
        WINDOW phones AS (PARTITION BY lead.phone_key ORDER BY lead.received_at, lead.id),
            emails AS (PARTITION BY lead.email_key ORDER BY lead.received_at, lead.id)
    ), counted AS (
        SELECT posted.vertical, posted.source_id, coalesce(ping.sub_id, '') AS sub_id, count(*) AS leads,
            count(*) FILTER (WHERE repeated) AS repeats
        FROM posted LEFT JOIN LATERAL (
            SELECT sub_ids ->> 0 AS sub_id FROM intake_ping WHERE id = posted.ping_id LIMIT 1
        ) AS ping ON true
        WHERE posted.received_at > %(at)s - %(age)s
        GROUP BY 1, 2, 3
    )
    SELECT vertical, source_id, CASE WHEN leads >= %(least)s THEN sub_id ELSE '' END, sum(leads)::int, sum(repeats)::int
    FROM counted GROUP BY 1, 2, 3
"""


def count_repeats(*, at: datetime) -> int:
    """Count the leads of each live source in the last 90 days and its repeats, hand both to scoring, and count the rows."""
    age = timedelta(days=REPEAT_DAYS)
    facts: dict[str, Any] = {"age": age, "at": at, "first": first_at(to_ms(at - 2 * age)), "least": SUB_ID_LEADS_MIN}
    with act_as_exchange("a person may come by anybody", timeout_ms=TIMEOUT_MS), connection.cursor() as cursor:
        cursor.execute(_COUNTED, facts)
        counts = [RepeatCount(*row) for row in cursor.fetchall()]
    return replace_repeats(counts, at=at)
