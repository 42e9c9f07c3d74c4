"""Outcomes of sales: kept as they are told, and read as labelled examples.

What a report decides is stored with it. What only time decides (an open lead that is due, a silent one) is decided when read.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from django.db import connection

from accounts import audit
from accounts.core.clock import to_ms, utc_now
from accounts.core.ids import encode
from accounts.core.money import MICROS
from accounts.selectors import list_pooling
from accounts.tenancy import act_as_exchange
from scoring.champions import champions
from scoring.core.delays import OWN_WINS, Delays, Readings, Rule, early_share, rule_of
from scoring.core.examples import DOUBLE, Floats, Labelled
from scoring.core.features import FEATURES_VERSION
from scoring.core.labels import GRACE_DAYS, Coverage, due_label, selection_weights, standing, told_label
from scoring.coverage import coverage
from scoring.models import ModelVersion, Outcome
from scoring.waiting import outcome_day_ms, outcome_days

ACTOR = "system:outcomes"
BELONGS = "outcomes and examples belong to the exchange"


@dataclass(frozen=True, slots=True)
class OutcomeReport:
    """One report on one sale, or with stage "silent" the sale alone: then `report_id`, `occurred_at` and `known_at` are None.

    `clearing_price` in micros is what the advertiser paid; None where the reporter does not know it.
    """

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
    clearing_price: int | None = None


# The report that counts wins whatever the order of arrival, so batches may come twice, late or at the same time.
_KEEP = """
    INSERT INTO scoring_outcome AS kept
        (sale_id, ping_id, organization_id, campaign_id, vertical, mode, horizon_days, sold_at, stage, outcome, report_id,
         occurred_at, known_at, first_known_at, revision, swept, clearing_price)
    SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::int[], %s::timestamptz[],
        %s::text[], %s::bool[], %s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::int[], %s::bool[],
        %s::bigint[])
    ON CONFLICT (sale_id) DO UPDATE SET
        stage = excluded.stage, outcome = excluded.outcome, report_id = excluded.report_id, occurred_at = excluded.occurred_at,
        known_at = CASE WHEN kept.outcome = excluded.outcome
            THEN least(kept.known_at, excluded.known_at) ELSE excluded.known_at END,
        first_known_at = coalesce(kept.first_known_at, excluded.first_known_at),
        revision = kept.revision + 1
    WHERE excluded.report_id IS NOT NULL
        AND (kept.report_id IS NULL OR (excluded.occurred_at, excluded.report_id) > (kept.occurred_at, kept.report_id))
    RETURNING organization_id, outcome, revision
"""
_PRICE = """
    UPDATE scoring_outcome AS kept SET clearing_price = paid.price
    FROM unnest(%s::uuid[], %s::bigint[]) AS paid (sale_id, price)
    WHERE kept.sale_id = paid.sale_id AND kept.clearing_price IS NULL
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
            # A price may come after the reports, and whichever of them counts: it is the sale's, not the report's.
            cursor.execute(_PRICE, [[one.sale_id for one in kept], [one.clearing_price for one in kept]])
        _tell(changed)
    return len(changed)


def _values(one: OutcomeReport, first_known_at: datetime | None) -> tuple[Any, ...]:
    label = told_label(one.stage, occurred_at=one.occurred_at, sold_at=one.sold_at, horizon_days=one.horizon_days)
    return (
        one.sale_id, one.ping_id, one.organization_id, one.campaign_id, one.vertical, one.mode, one.horizon_days, one.sold_at,
        one.stage, label, one.report_id, one.occurred_at, one.known_at, first_known_at, int(one.report_id is not None),
        one.report_id is None, one.clearing_price,
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
        (extract(epoch FROM sold.sold_at) * 1000)::bigint, %(day_ms)s::bigint * (sold.horizon_days + %(grace)s),
        example.model_version, example.source_id, example.state, sold.organization_id, sold.campaign_id,
        coalesce(sold.clearing_price::float8, 'NaN'),
        sold.sale_id, (extract(epoch FROM sold.read_at) * 1000)::bigint, sold.read_won, sold.read_share
    FROM scoring_outcome AS sold JOIN scoring_trainingexample AS example USING (ping_id)
    WHERE sold.mode = %(mode)s AND sold.vertical = %(vertical)s AND example.model_version = ANY(%(versions)s)
        AND (%(since)s::timestamptz IS NULL OR example.served_at >= %(since)s)
        AND (%(until)s::timestamptz IS NULL OR example.served_at < %(until)s)
        AND (%(advertiser)s::uuid IS NULL OR sold.organization_id = %(advertiser)s)
        AND (%(pooling)s::uuid[] IS NULL OR sold.organization_id = ANY(%(pooling)s))
    ORDER BY example.served_at, sold.sale_id
"""
NO_CAMPAIGN = UUID(int=0)


class _Sold(NamedTuple):
    """One sold lead as the query above gives it; `due_after_ms` counts from the sale."""

    ping_id: UUID
    features: bytes
    base: float
    served: float
    outcome: bool | None
    stage: str
    served_ms: int
    known_ms: int | None
    sold_ms: int
    due_after_ms: int
    version: str
    source: UUID
    state: str
    advertiser: UUID
    campaign: UUID | None
    clearing_price: float
    sale_id: UUID
    read_ms: int | None
    read_won: bool | None
    read_share: float | None

    @property
    def due_ms(self) -> int:
        """Give when its silence may be read."""
        return self.sold_ms + self.due_after_ms


def labelled(
    vertical: str,
    *,
    mode: str = "live",
    since: datetime | None = None,
    until: datetime | None = None,
    advertiser: UUID | None = None,
    pooled_only: bool = True,
    features_version: int = FEATURES_VERSION,
    weighed: bool = True,
) -> Labelled:
    """Give the sold leads of a vertical whose outcome is known now, served in [since, until), in order of serving.

    Call it inside act_as_exchange. Advertisers known to report too little are left out: their labels are their wins. With
    `pooled_only` so are those that have not opted in to pooling. Without `weighed` all weights are 1, and no score is read.
    """
    now = utc_now()
    asked = _asked(vertical, mode, advertiser, pooled_only, features_version) | {"since": since, "until": until}
    coverages = coverage(vertical, mode=mode, at=now)
    known = [
        label for row in _sold(asked, coverages) if (label := _label(row, coverages.get(row.advertiser), to_ms(now))) is not None
    ]
    return _columns(vertical, features_version, known, to_ms(now), scored=_scored(asked) if weighed else None)


def readings(vertical: str, *, mode: str = "live") -> Readings:
    """Give the sold leads of pooled advertisers, each as it was read once for the level, in the order of reading.

    Call it inside act_as_exchange. These are the early readings that `read_early` wrote down, and the other leads once they
    are due. No rule of today and no later report changes an early reading, so that what was watched stays as it was.
    """
    now_ms = to_ms(now := utc_now())
    coverages = coverage(vertical, mode=mode, at=now)
    rows = _sold(_asked(vertical, mode, None, True, FEATURES_VERSION), coverages)
    found = [read for row in rows if (read := _read(row, coverages.get(row.advertiser), now_ms)) is not None]
    found.sort(key=lambda one: (one[0].known_ms, one[0].served_ms))
    shares = np.array([share for _, share in found], dtype=np.float64)
    return Readings(_columns(vertical, FEATURES_VERSION, [row for row, _ in found], now_ms, shares=shares), _rule(rows, now_ms))


_EARLY = """
    UPDATE scoring_outcome AS kept SET read_at = %s, read_won = early.won, read_share = early.share
    FROM unnest(%s::uuid[], %s::bool[], %s::float8[]) AS early (sale_id, won, share)
    WHERE kept.sale_id = early.sale_id AND kept.read_at IS NULL
"""


def read_early(vertical: str, *, at: datetime, mode: str = "live") -> int:
    """Read the leads of pooled advertisers that are not due and whose day has come, for good, and count them.

    Call it inside act_as_exchange. The day is that of today's `delays`, and each lead is read as it stood on it. When it was read
    is kept as well: readings have the order in which they were made, so a rule that moves brings nothing behind what was watched.
    """
    coverages = coverage(vertical, mode=mode, at=at)
    rows = _sold(_asked(vertical, mode, None, True, FEATURES_VERSION), coverages)
    rule, now_ms = _rule(rows, to_ms(at)), to_ms(at)
    found = [read for row in rows if (read := _early(row, rule, coverages.get(row.advertiser), now_ms)) is not None]
    with connection.cursor() as cursor:
        cursor.execute(_EARLY, [at, *([read[place] for read in found] for place in range(3))])
        return int(cursor.rowcount)


def _asked(vertical: str, mode: str, advertiser: UUID | None, pooled_only: bool, features_version: int) -> dict[str, Any]:
    versions = ModelVersion.objects.filter(model__vertical=vertical, features_version=features_version)
    return {
        "grace": GRACE_DAYS, "day_ms": outcome_day_ms(), "mode": mode, "vertical": vertical, "since": None, "until": None,
        "advertiser": advertiser, "pooling": list(list_pooling()) if pooled_only else None,
        "versions": list(versions.values_list("name", flat=True)),
    }  # fmt: skip


def _sold(asked: Mapping[str, Any], coverages: Mapping[UUID, Coverage]) -> list[_Sold]:
    """Read sold leads in order of serving, without those of advertisers that report too little."""
    low = {who for who, one in coverages.items() if one.level == "low"}
    with connection.cursor() as cursor:
        cursor.execute(_LABELLED, asked)
        rows = [_Sold._make(row) for row in cursor.fetchall()]
    # A vertical's fields may have changed without a new version of the features: what its champion reads is what counts.
    champion = champions.get(asked["vertical"])
    size = DOUBLE * champion.width if champion else len(rows[-1].features) if rows else 0
    return [row for row in rows if row.advertiser not in low and len(row.features) == size]


def _label(row: _Sold, coverage: Coverage | None, now_ms: int) -> _Sold | None:
    """Give a row with its label, decided by time where no report did; None while it has none.

    An advertiser without coverage yet is trusted.
    """
    if row.outcome is not None or row.due_ms > now_ms:
        return None if row.outcome is None else row
    label = due_label(row.stage, high_coverage=coverage is not None and coverage.level == "high")
    return None if label is None else row._replace(outcome=label, known_ms=row.due_ms)


def _rule(rows: Sequence[_Sold], now_ms: int) -> Rule:
    day_ms = outcome_day_ms()
    told = [row for row in rows if row.outcome and row.known_ms is not None and row.due_ms <= now_ms]
    told.sort(key=lambda row: row.sold_ms)
    won = [row.known_ms - row.sold_ms for row in told[-OWN_WINS:] if row.known_ms is not None]
    due_days = rows[-1].due_after_ms // day_ms if rows else 0
    return rule_of(Delays(np.sort(np.array(won, dtype=np.float64)) / day_ms), due_days)


def _early(row: _Sold, rule: Rule, coverage: Coverage | None, now_ms: int) -> tuple[UUID, bool, float] | None:
    """Give a sale with how it stood on the rule's day and its share of a win; None where it is not read now."""
    share = early_share(rule, coverage)
    if share is None or rule.day is None or row.read_ms is not None or row.due_ms <= now_ms:
        return None
    day_ms = row.sold_ms + rule.day * outcome_day_ms()
    won = bool(row.outcome) and row.known_ms is not None and row.known_ms <= day_ms
    return None if day_ms > now_ms else (row.sale_id, won, share)


def _read(row: _Sold, coverage: Coverage | None, now_ms: int) -> tuple[_Sold, float] | None:
    """Give a row as it was read early, or else as it stands once it is due, with its share of a win; None before that."""
    if row.read_ms is not None and row.read_share is not None:
        return row._replace(outcome=row.read_won, known_ms=row.read_ms), row.read_share
    label = _label(row, coverage, now_ms) if row.due_ms <= now_ms else None
    return None if label is None else (label._replace(known_ms=max(label.known_ms or 0, row.due_ms)), 1.0)


def _columns(
    vertical: str,
    version: int,
    rows: Sequence[_Sold],
    now_ms: int,
    *,
    scored: Floats | None = None,
    shares: Floats | None = None,
) -> Labelled:
    values = np.frombuffer(b"".join(row.features for row in rows), dtype="<f8").astype(np.float64)
    served = np.array([row.served for row in rows], dtype=np.float64)
    return Labelled(
        vertical=vertical,
        features_version=version,
        ping_ids=tuple(row.ping_id for row in rows),
        features=values.reshape(len(rows), -1) if rows else values.reshape(0, 0),
        base=np.array([row.base for row in rows], dtype=np.float64),
        served=served,
        outcomes=np.array([row.outcome for row in rows], dtype=np.bool_),
        weights=np.ones(len(rows)) if scored is None else selection_weights(served, scored),
        mature=np.array([row.due_ms <= now_ms for row in rows], dtype=np.bool_),
        served_at_ms=np.array([row.served_ms for row in rows], dtype=np.int64),
        known_at_ms=np.array([row.known_ms for row in rows], dtype=np.int64),
        versions=tuple(row.version for row in rows),
        sources=tuple(row.source for row in rows),
        states=tuple(row.state for row in rows),
        advertisers=tuple(row.advertiser for row in rows),
        campaigns=tuple(row.campaign or NO_CAMPAIGN for row in rows),
        shares=np.ones(len(rows)) if shares is None else shares,
        prices=np.array([row.clearing_price for row in rows], dtype=np.float64) / MICROS,
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
