"""Reads of shadow scores: what a challenger would have said of the newest leads that its champion served."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection

from scoring.core.labels import GRACE_DAYS, OPEN
from scoring.core.shadows import Beside, beside
from scoring.coverage import telling
from scoring.waiting import outcome_days

NEWEST = 5_000

# Of a lead sold more than once its first sale speaks; a report counts once the sale is due, for early ones are mostly wins.
_SHADOWS = """
    SELECT shadow.probability, example.base_probability, sold.label
    FROM (SELECT ping_id, probability, served_at FROM scoring_shadowscore AS own JOIN scoring_modelversion AS version
            ON version.id = own.version_id WHERE version.name = %(name)s ORDER BY served_at DESC LIMIT %(limit)s) AS shadow
        JOIN scoring_trainingexample AS example USING (ping_id)
        LEFT JOIN LATERAL (
            SELECT coalesce(outcome, false) AS label FROM scoring_outcome AS sale
            WHERE sale.ping_id = shadow.ping_id AND sale.organization_id = ANY(%(telling)s)
                AND (sale.outcome IS NOT NULL OR sale.stage = %(open)s)
                AND sale.sold_at + make_interval(secs => (sale.horizon_days + %(grace)s) * %(day)s) <= %(at)s
            ORDER BY sale_id LIMIT 1) AS sold ON true
    WHERE example.model_version <> %(name)s
"""


def shadows_of(version: str, vertical: str, *, at: datetime) -> Beside | None:
    """Set a version beside who served its newest 5,000 shadow scores; None without any. Call it inside act_as_exchange.

    Both are taken before the level. Outcomes are those of advertisers that pool them and tell enough.
    """
    asked: dict[str, Any] = {
        "name": version, "limit": NEWEST, "telling": list(telling(vertical, at=at)), "open": OPEN, "grace": GRACE_DAYS,
        "day": outcome_days(1).total_seconds(), "at": at,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_SHADOWS, asked)
        rows = cursor.fetchall()
    if not rows:
        return None
    shadow, served, labels = zip(*rows, strict=True)
    known = np.array([label is not None for label in labels], dtype=np.bool_)
    return beside(np.array(served), np.array(shadow), known, np.array(labels, dtype=np.bool_))
