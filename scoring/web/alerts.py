"""/o/<slug>/scoring/alerts: what rang, what was done about it, and who has seen it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render

from accounts.core.clock import utc_now
from accounts.core.ids import BadId, decode, encode
from accounts.core.menu import OPERATORS
from accounts.portal.naming import with_names
from accounts.portal.pages import page, to
from accounts.portal.visits import PortalRequest
from accounts.tenancy import act_as_exchange
from scoring import watching
from scoring.models import Alert
from scoring.monitoring import AlertFacts, list_alerts
from scoring.web.reading import WHY

OPERATE = "exchange:operate"
KINDS = dict(Alert.KINDS)


@page(reads=OPERATE, kinds=OPERATORS)
def alerts(request: PortalRequest) -> HttpResponse:
    """List alerts, the latest ring first."""
    with act_as_exchange(WHY):
        found = list_alerts(limit=100)
        lines = lines_of(found)
    return render(request, "scoring/alerts.html", {"rows": lines, "open": sum(one.closed_at is None for one in found)})


@page(reads=OPERATE, writes=OPERATE, kinds=OPERATORS)
def acknowledge(request: PortalRequest, alert_id: str) -> HttpResponse:
    """Note that an alert was seen."""
    if request.method == "POST":
        try:
            identifier = decode("alert", alert_id)
        except BadId as error:
            raise Http404 from error
        watching.acknowledge(
            alert_id=identifier, at=utc_now(), organization_id=request.organization.id, actor=request.member.actor
        )
        messages.success(request, "Acknowledged.")
    return to(request, "alerts")


def lines_of(alerts: Sequence[AlertFacts]) -> list[dict[str, Any]]:
    """Write alerts as the lists show them, sources and campaigns by their names. The exchange's door only."""
    words = with_names([alert.words for alert in alerts], "“{}”")
    return [_line(alert, said) for alert, said in zip(alerts, words, strict=True)]


def _line(alert: AlertFacts, words: str) -> dict[str, Any]:
    return {
        "id": encode("alert", alert.id),
        "vertical": alert.vertical,
        "kind": KINDS[alert.kind],
        "level": alert.level,
        "words": words,
        "opened_at": alert.opened_at,
        "rang_at": alert.rang_at,
        "closed_at": alert.closed_at,
        "seen_at": alert.acknowledged_at,
        "steps": [_step(one) for one in alert.responses],
    }


def _step(step: Mapping[str, Any]) -> str:
    if step["what"] == "level":
        return f"Level from {step['from']:+.2f} to {step['to']:+.2f}".replace("-", "−")
    if step["what"] == "challenger":
        return f"{step['version']} trained"
    if step["what"] == "verdict":
        return f"{step['version']} {'won and serves' if step['promoted'] else 'did not win; the champion stays'}"
    if step["what"] == "failed":
        return f"Failed, tried again: {step['why']}"
    return f"Stopped: {step['why']}"
