"""What the operator's own systems may hear of scoring: ids and facts, nothing of a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.core.clock import rfc3339
from accounts.core.ids import encode

ALERT_OPENED, ALERT_CLOSED = "alert.opened", "alert.closed"
MODEL_PROMOTED, MODEL_ROLLED_BACK = "model.promoted", "model.rolled_back"
TYPES = (ALERT_OPENED, ALERT_CLOSED, MODEL_PROMOTED, MODEL_ROLLED_BACK)
DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that happened in scoring, for the operator; told once per `subject_id` and type."""

    organization_id: UUID
    type: str
    subject_id: UUID
    at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rung:
    """An alert as it rang last; `figures` are those of its finding, `version` is the model that was watched."""

    id: UUID
    vertical: str
    kind: str
    level: str
    version: str
    figures: Mapping[str, Any]
    opened_at: datetime
    closed_at: datetime | None = None


def of_alert(alert: Rung, organization_id: UUID, url: str) -> Notice:
    """Say that an alert was opened, or closed once it is; `url` is the page of alerts."""
    data = {
        "alert_id": encode("alert", alert.id),
        "vertical": alert.vertical,
        "kind": alert.kind,
        "level": alert.level,
        "version": alert.version,
        **_measured(alert.figures),
        "opened_at": rfc3339(alert.opened_at),
    }
    if alert.closed_at is None:
        return Notice(organization_id, ALERT_OPENED, alert.id, alert.opened_at, {**data, "url": url})
    closed = {**data, "closed_at": rfc3339(alert.closed_at), "url": url}
    return Notice(organization_id, ALERT_CLOSED, alert.id, alert.closed_at, closed)


def of_champion(
    *, organization_id: UUID, move_id: UUID, kind: str, vertical: str, version: str, previous: str | None, at: datetime, url: str
) -> Notice:
    """Say which version serves a vertical now; `kind` is that of the move, promoted or rolled_back."""
    data = {"vertical": vertical, "version": version, "previous": previous, "url": url}
    return Notice(organization_id, f"model.{kind}", move_id, at, data)


def _measured(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Give what rang: the measure, its value and the bar it passed, and the columns it speaks of.

    The first three are None in an alert that rang before they were kept.
    """
    value, bar = (None if figures.get(name) is None else round(figures[name], DECIMALS) for name in ("value", "bar"))
    return {"measure": figures.get("measure"), "value": value, "bar": bar, "columns": list(figures.get("columns", ()))}
