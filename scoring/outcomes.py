"""Outcomes of sales: kept as they are told, and read as labelled examples.

What a report decides is stored with it. What only time decides (an open lead that is due, a silent one) is decided when read.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection

from accounts import audit
from accounts.core.clock import to_ms, utc_now
from accounts.core.ids import encode
from accounts.selectors import list_pooling
from accounts.tenancy import act_as_exchange
from scoring.core.examples import Floats, Labelled
from scoring.core.features import FEATURES_VERSION
from scoring.core.labels import GRACE_DAYS, Coverage, due_label, selection_weights, standing, told_label
from scoring.models import ModelVersion, Outcome
from scoring.waiting import outcome_days

ACTOR = "system:outcomes"
BELONGS = "outcomes and examples belong to the exchange"


@dataclass(frozen=True, slots=True)
class OutcomeReport:
    """One report on one sale, or with stage "silent" the sale alone: then `report_id`, `occurred_at` and `known_at` are None."""

    sale_id: UUID
    ping_id: UUID | None
    organization_id: UUID
    campaign_id: UUID | None
    vertical: str
    mode: str
    horizon_days: int
    sold_at: datetime
    stage: str = "silent"
    report_id: UUID | None = None
    occurred_at: datetime | None = None
    known_at: datetime | None = None


# The report that counts wins whatever the order of arrival, so batches may come twice, late or at the same time.
_KEEP = """
    INSERT INTO scoring_outcome AS kept
        (sale_id, ping_id, organization_id, campaign_id, vertical, mode, horizon_days, sold_at, stage, outcome, report_id,
         occurred_at, known_at, first_known_at, revision, swept)
    SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::int[], %s::timestamptz[],
        %s::text[], %s::bool[], %s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::int[], %s::bool[])
    ON CONFLICT (sale_id) DO UPDATE SET
        stage = excluded.stage, outcome = excluded.outcome, report_id = excluded.report_id, occurred_at = excluded.occurred_at,
        known_at = excluded.known_at, first_known_at = coalesce(kept.first_known_at, excluded.first_known_at),
        revision = kept.revision + 1
    WHERE excluded.report_id IS NOT NULL
        AND (kept.report_id IS NULL OR (excluded.occurred_at, excluded.report_id) > (kept.occurred_at, kept.report_id))
    RETURNING organization_id, outcome, revision
"""


def record_outcomes(rows: Sequence[OutcomeReport]) -> int:
    """Keep what was told of sales, in the caller's transaction, and count the sales for which something else stands now.

    Safe to repeat, and in any order: of each sale the report that happened last, then was told last, counts.
    """
    if not rows:
        return 0
    firsts: dict[UUID, datetime] = {}
    for one in rows:
        if one.known_at is not None:
            firsts[one.sale_id] = min(one.known_at, firsts.get(one.sale_id, one.known_at))
    # In one order, so that two batches at once wait for each other instead of locking each other out.
    kept = sorted(standing(rows).values(), key=lambda one: one.sale_id)
    columns = list(zip(*(_values(one, firsts.get(one.sale_id)) for one in kept), strict=True))
    with act_as_exchange(BELONGS):
        with connection.cursor() as cursor:
            cursor.execute(_KEEP, [list(column) for column in columns])
            changed = cursor.fetchall()
        _tell(changed)
    return len(changed)


def _values(one: OutcomeReport, first_known_at: datetime | None) -> tuple[Any, ...]:
    label = told_label(one.stage, occurred_at=one.occurred_at, sold_at=one.sold_at, horizon_days=one.horizon_days)
    return (
        one.sale_id, one.ping_id, one.organization_id, one.campaign_id, one.vertical, one.mode, one.horizon_days, one.sold_at,
        one.stage, label, one.report_id, one.occurred_at, one.known_at, first_known_at, int(one.report_id is not None),
        one.report_id is None,
    )  # fmt: skip


def _tell(changed: Sequence[tuple[UUID, bool | None, int]]) -> None:
    """Write one entry of audit for each advertiser that told something; a sale as such is no news."""
    told: dict[UUID, Counter[str]] = defaultdict(Counter)
    for organization_id, outcome, revision in changed:
        if revision:
            label = "open" if outcome is None else "won in time" if outcome else "not won in time"
            told[organization_id].update([label, *(["revised"] if revision > 1 else [])])
    for organization_id, counts in told.items():
        subject = encode("organization", organization_id)
        audit.record(
            organization_id=organization_id, actor=ACTOR, verb="outcomes.recorded", subject=subject, changes=dict(counts)
        )


_LABELLED = """
    SELECT sold.ping_id, example.features, example.base_probability, example.probability, sold.outcome, sold.stage,
        (extract(epoch FROM example.served_at) * 1000)::bigint, (extract(epoch FROM sold.known_at) * 1000)::bigint,
        (extract(epoch FROM sold.sold_at) * 1000)::bigint + ((sold.horizon_days + %(grace)s) * %(day)s * 1000)::bigint,
        example.model_version, example.source_id, example.state, sold.organization_id, sold.campaign_id
    FROM scoring_outcome AS sold JOIN scoring_trainingexample AS example USING (ping_id)
    WHERE sold.mode = %(mode)s AND sold.vertical = %(vertical)s AND example.model_version = ANY(%(versions)s)
        AND (%(since)s::timestamptz IS NULL OR example.served_at >= %(since)s)
        AND (%(until)s::timestamptz IS NULL OR example.served_at < %(until)s)
        AND (%(advertiser)s::uuid IS NULL OR sold.organization_id = %(advertiser)s)
        AND (%(pooling)s::uuid[] IS NULL OR sold.organization_id = ANY(%(pooling)s))
    ORDER BY example.served_at, sold.sale_id
"""
PING, FEATURES, BASE, SERVED, OUTCOME, STAGE, SERVED_MS, KNOWN_MS, DUE_MS, VERSION, SOURCE, STATE, ADVERTISER, CAMPAIGN = range(
    14
)
NO_CAMPAIGN = UUID(int=0)


def labelled(
    vertical: str,
    *,
    mode: str = "live",
    since: datetime | None = None,
    until: datetime | None = None,
    advertiser: UUID | None = None,
    pooled_only: bool = True,
    features_version: int = FEATURES_VERSION,
) -> Labelled:
    """Give the sold leads of a vertical whose outcome is known now, served in [since, until), in order of serving.

    Call it inside act_as_exchange. Advertisers known to report too little are left out: their labels are their wins. With
    `pooled_only` so are those that have not opted in to pooling.
    """
    now = utc_now()
    versions = ModelVersion.objects.filter(model__vertical=vertical, features_version=features_version)
    asked: dict[str, Any] = {
        "grace": GRACE_DAYS, "day": outcome_days(1).total_seconds(), "mode": mode, "vertical": vertical, "since": since,
        "until": until, "advertiser": advertiser,
        "pooling": list(list_pooling()) if pooled_only else None,
        "versions": list(versions.values_list("name", flat=True)),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_LABELLED, asked)
        rows = cursor.fetchall()
    known = _decide(rows, coverage(vertical, mode=mode, at=now), to_ms(now))
    return _columns(vertical, features_version, known, _scored(asked), to_ms(now))


def _decide(rows: Sequence[tuple[Any, ...]], coverages: dict[UUID, Coverage], now_ms: int) -> list[tuple[Any, ...]]:
    """Keep the rows with a label, decided by time where no report did; an advertiser without coverage yet is trusted."""
    levels = {who: one.level for who, one in coverages.items()}
    width = len(rows[-1][FEATURES]) if rows else 0
    kept = []
    for row in rows:
        level = levels.get(row[ADVERTISER], "unknown")
        # A vertical's fields may have changed without a new version of the features: the newest row says how many columns count.
        if level == "low" or len(row[FEATURES]) != width:
            continue
        if row[OUTCOME] is not None:
            kept.append(row)
        elif row[DUE_MS] <= now_ms and (label := due_label(row[STAGE], high_coverage=level == "high")) is not None:
            kept.append((*row[:OUTCOME], label, *row[STAGE:KNOWN_MS], row[DUE_MS], *row[DUE_MS:]))
    return kept


def _columns(vertical: str, version: int, rows: Sequence[tuple[Any, ...]], scored: Floats, now_ms: int) -> Labelled:
    columns = list(zip(*rows, strict=True)) if rows else [() for _ in range(14)]
    served = np.array(columns[SERVED], dtype=np.float64)
    values = np.frombuffer(b"".join(columns[FEATURES]), dtype="<f8").astype(np.float64)
    return Labelled(
        vertical=vertical,
        features_version=version,
        ping_ids=columns[PING],
        features=values.reshape(len(rows), -1) if rows else values.reshape(0, 0),
        base=np.array(columns[BASE], dtype=np.float64),
        served=served,
        outcomes=np.array(columns[OUTCOME], dtype=np.bool_),
        weights=selection_weights(served, scored),
        mature=np.array(columns[DUE_MS], dtype=np.int64) <= now_ms,
        served_at_ms=np.array(columns[SERVED_MS], dtype=np.int64),
        known_at_ms=np.array(columns[KNOWN_MS], dtype=np.int64),
        versions=columns[VERSION],
        sources=columns[SOURCE],
        states=columns[STATE],
        advertisers=columns[ADVERTISER],
        campaigns=tuple(one or NO_CAMPAIGN for one in columns[CAMPAIGN]),
    )


_SCORED = """
    SELECT probability FROM scoring_trainingexample
    WHERE mode = %(mode)s AND vertical = %(vertical)s AND model_version = ANY(%(versions)s)
        AND (%(since)s::timestamptz IS NULL OR served_at >= %(since)s)
        AND (%(until)s::timestamptz IS NULL OR served_at < %(until)s)
"""


def _scored(asked: Mapping[str, Any]) -> Floats:
    """Give the probabilities of all leads that were scored in the window, sold or not."""
    with connection.cursor() as cursor:
        cursor.execute(_SCORED, asked)
        return np.array([row[0] for row in cursor.fetchall()], dtype=np.float64)


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


@dataclass(frozen=True, slots=True)
class LabelCounts:
    """The labels of one campaign, and how many of them are wins within the horizon."""

    labels: int
    wins: int


_OF_CAMPAIGN = """
    SELECT stage, outcome, sold_at + make_interval(secs => (horizon_days + %s) * %s) <= %s, count(*)
    FROM scoring_outcome WHERE campaign_id = %s GROUP BY 1, 2, 3
"""


def count_labels(campaign_id: UUID, *, at: datetime, high_coverage: bool) -> LabelCounts:
    """Count the labels of a campaign, pooled or private. Call it inside act_as_exchange."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_CAMPAIGN, [GRACE_DAYS, outcome_days(1).total_seconds(), at, campaign_id])
        groups = cursor.fetchall()
    labels: Counter[bool | None] = Counter()
    for stage, told, due, count in groups:
        labels[due_label(stage, high_coverage=high_coverage) if told is None and due else told] += count
    return LabelCounts(labels[True] + labels[False], labels[True])


def swept_until() -> datetime | None:
    """Give when the newest sale was sold that was known before any report on it: all older ones are. Inside act_as_exchange."""
    return Outcome.objects.filter(swept=True).order_by("-sold_at").values_list("sold_at", flat=True).first()
