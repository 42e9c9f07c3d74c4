"""Reads of reports and alerts, and of the served rows that drift monitors compare. The exchange's door only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models.functions import Length

from accounts.core.clock import to_ms
from accounts.core.errors import not_found
from scoring.core.columns import Feature
from scoring.core.examples import DOUBLE, unpack_features
from scoring.core.monitors.importance import Importance
from scoring.core.monitors.look import Served
from scoring.models import Alert, MonitorReport, TrainingExample

SERVED_MAX = 5_000


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """One stored report."""

    id: UUID
    vertical: str
    kind: str
    key: str
    model_version: str
    watched_at: datetime
    from_at: datetime | None
    until_at: datetime | None
    rows: int
    level: str
    figures: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """One alert; `responses` are the steps taken, each with "at", "what" and its figures."""

    id: UUID
    vertical: str
    kind: str
    level: str
    words: str
    figures: Mapping[str, Any]
    responses: Sequence[Mapping[str, Any]]
    version: str
    watched_until_ms: int
    watched_shift: float
    opened_at: datetime
    rang_at: datetime
    closed_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str


def list_served(vertical: str, *, version: str, columns: Sequence[Feature], limit: int = SERVED_MAX) -> Served:
    """Read the newest live examples of a vertical whose vectors have these columns; `version` is the champion's name."""
    examples = TrainingExample.objects.annotate(size=Length("features"))
    wanted = examples.filter(mode="live", vertical=vertical, size=DOUBLE * len(columns))
    rows = wanted.order_by("-served_at").values_list("features", "probability", "served_at", "source_id", "state")[:limit]
    found = list(rows)[::-1]
    return Served(
        vertical=vertical,
        version=version,
        columns=tuple(columns),
        features=np.array([unpack_features(bytes(one)) for one, *_ in found]).reshape(len(found), len(columns)),
        probabilities=np.array([row[1] for row in found], dtype=np.float64),
        served_at_ms=np.array([to_ms(row[2]) for row in found], dtype=np.int64),
        groups={"source": [str(row[3]) for row in found], "state": [row[4] for row in found]},
    )


def list_watched_verticals() -> tuple[str, ...]:
    """Name the verticals that have reports."""
    return tuple(MonitorReport.objects.filter(kind="all").order_by("vertical").values_list("vertical", flat=True).distinct())


def latest_reports(vertical: str, *, limit: int) -> tuple[ReportFacts, ...]:
    """Give the newest reports on a whole vertical, newest first."""
    rows = MonitorReport.objects.filter(vertical=vertical, kind="all").order_by("-watched_at")
    return tuple(_report(row) for row in rows[:limit])


def first_importance(vertical: str, *, version: str, since: datetime) -> tuple[Importance, ...]:
    """Give the importance of the columns in the first report on this version from `since` on that has any."""
    reports = MonitorReport.objects.filter(vertical=vertical, kind="all", model_version=version, watched_at__gte=since)
    found = reports.exclude(figures__importance=[]).order_by("watched_at").values_list("figures__importance", flat=True).first()
    return tuple(Importance(**one) for one in found or ())


def watched_batches(vertical: str, *, limit: int = 100) -> tuple[Mapping[str, Any], ...]:
    """Give the batches of labels that the newest reports saw, in order of time, each once, as `alarms.Batch` and "until_ms"."""
    rows = MonitorReport.objects.filter(vertical=vertical, kind="all").order_by("-watched_at")
    seen: dict[int, Mapping[str, Any]] = {}
    for batches in reversed(rows.values_list("figures__watched__batches", flat=True)[:limit]):
        seen |= {batch["until_ms"]: batch for batch in batches}
    return tuple(seen[until] for until in sorted(seen))


def segments_of_report(report: ReportFacts) -> tuple[ReportFacts, ...]:
    """Give the segments of the same look, the largest first."""
    rows = MonitorReport.objects.filter(vertical=report.vertical, watched_at=report.watched_at).exclude(kind="all")
    return tuple(_report(row) for row in rows.order_by("-rows", "kind", "key"))


def list_alerts(*, vertical: str | None = None, open_only: bool = False, limit: int = 50) -> tuple[AlertFacts, ...]:
    """List alerts, the latest ring first."""
    rows = Alert.objects.order_by("-rang_at")
    rows = rows if vertical is None else rows.filter(vertical=vertical)
    return tuple(alert_facts(row) for row in (rows.filter(closed_at__isnull=True) if open_only else rows)[:limit])


def get_alert(alert_id: UUID) -> AlertFacts:
    """Give one alert; raises Problem not_found."""
    row = Alert.objects.filter(id=alert_id).first()
    if row is None:
        raise not_found("alert")
    return alert_facts(row)


def _report(row: MonitorReport) -> ReportFacts:
    return ReportFacts(
        row.id, row.vertical, row.kind, row.key, row.model_version, row.watched_at, row.from_at, row.until_at, row.rows,
        row.level, row.figures,
    )  # fmt: skip


def alert_facts(row: Alert) -> AlertFacts:
    """Copy a row of an alert."""
    return AlertFacts(
        row.id, row.vertical, row.kind, row.level, row.words, row.figures, row.responses, row.version, row.watched_until_ms,
        row.watched_shift, row.opened_at, row.rang_at, row.closed_at, row.acknowledged_at, row.acknowledged_by,
    )  # fmt: skip
