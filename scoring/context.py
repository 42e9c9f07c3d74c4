"""What features know beside a ping, read from the tables: outcomes and repeats of sources, the market's rates; their upload."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from math import isfinite
from operator import attrgetter
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from accounts import audit
from accounts.tenancy import act_as_exchange
from scoring.core.context import Context, Series, SourceQuality, quality_of
from scoring.core.labels import GRACE_DAYS, OPEN
from scoring.core.learning.table import Refused
from scoring.coverage import telling
from scoring.models import Model, Rate, SourceRepeats
from scoring.waiting import outcome_days

QUALITY_DAYS = 365
SERIES_LENGTH_MAX = 60
_COUNTS = """
    SELECT sold.vertical, example.source_id, example.sub_id, count(*), count(*) FILTER (WHERE sold.outcome)
    FROM scoring_outcome AS sold JOIN scoring_trainingexample AS example USING (ping_id)
    WHERE sold.mode = 'live' AND sold.vertical = %(vertical)s AND sold.organization_id = ANY(%(telling)s)
        AND (sold.outcome IS NOT NULL OR sold.stage = %(open)s)
        AND sold.sold_at >= %(since)s
        AND sold.sold_at + make_interval(secs => (sold.horizon_days + %(grace)s) * %(day)s) <= %(at)s
    GROUP BY sold.vertical, example.source_id, example.sub_id
"""


def load_context(at: datetime) -> Context:
    """Read everything beside the ping as it is known at a moment; the exchange's door only."""
    counts = SourceRepeats.objects.values_list("vertical", "source_id", "sub_id", "leads", "repeats")
    return Context(rates=_series(Rate.objects.filter(at__lte=at)), quality=_quality(at), repeats=quality_of(counts))


def upload_rates(series: str, source: Path, *, organization_id: UUID, actor: str) -> int:
    """Store a CSV of dates and values as a series, in place of what stands at the same dates; raises Refused, counts the rows.

    Every process serves the new rates within ten minutes.
    """
    if not series or len(series) > SERIES_LENGTH_MAX:
        raise Refused(f"A series has a name of 1 to {SERIES_LENGTH_MAX} characters.")
    rows = _read(source)
    with act_as_exchange("rates belong to the exchange"), transaction.atomic():
        Rate.objects.bulk_create(
            [Rate(series=series, at=at, value=value) for at, value in rows.items()],
            update_conflicts=True,
            unique_fields=("series", "at"),
            update_fields=("value",),
        )
        changes = {"rows": len(rows), "from": min(rows).isoformat(), "until": max(rows).isoformat()}
        audit.record(
            organization_id=organization_id, actor=actor, verb="rates.uploaded", subject=f"rates:{series}", changes=changes
        )
    return len(rows)


def _quality(at: datetime) -> SourceQuality:
    verticals = Model.objects.values_list("vertical", flat=True)
    return quality_of(row for vertical in verticals for row in _counts(vertical, at))


def _counts(vertical: str, at: datetime) -> list[tuple[Any, ...]]:
    # A source's quality is served to everybody, so only outcomes count whose owners let them teach all, and tell enough of them;
    # and only due ones, for a source whose wins are told fast would look better than it is. What is still open then is no win.
    facts: dict[str, Any] = {
        "vertical": vertical, "since": at - timedelta(days=QUALITY_DAYS), "at": at, "telling": list(telling(vertical, at=at)),
        "open": OPEN, "grace": GRACE_DAYS, "day": outcome_days(1).total_seconds(),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, facts)
        return list(cursor.fetchall())


def _series(rows: Iterable[Rate]) -> dict[str, Series]:
    ordered = sorted(rows, key=attrgetter("series", "at"))
    return {name: _one_series(list(group)) for name, group in groupby(ordered, key=attrgetter("series"))}


def _one_series(rows: Sequence[Rate]) -> Series:
    return Series(tuple(row.at.timestamp() for row in rows), tuple(row.value for row in rows))


def _read(source: Path) -> dict[datetime, float]:
    """Read two columns, date and value; a first line that is none of both is the header."""
    try:
        lines = list(csv.reader(source.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{source} cannot be read: {error}.") from error
    rows: dict[datetime, float] = {}
    for number, line in enumerate(lines, 1):
        try:
            at, value = datetime.fromisoformat(line[0].strip()), float(line[1])
        except (IndexError, ValueError) as error:
            if number == 1 or not any(line):
                continue
            raise Refused(f"{source.name}, line {number}: give a date such as 2026-05-31 and a number, not {line}.") from error
        if not isfinite(value):
            raise Refused(f"{source.name}, line {number}: {line[1]} is no rate.")
        rows[at if at.tzinfo else at.replace(tzinfo=UTC)] = value
    if not rows:
        raise Refused(f"{source.name} holds no rates.")
    return rows
