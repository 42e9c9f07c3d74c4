"""A campaign's destination: how it answers, why its campaign was paused, and the test lead. Drawn into the campaign's page."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from accounts.core.clock import utc_now
from accounts.core.menu import ADVERTISERS
from accounts.portal.cursors import id_of
from accounts.portal.pages import page, to
from accounts.portal.visits import PortalRequest
from campaigns.selectors import get_campaign
from exchange.delivery import selectors
from exchange.delivery.trials import Trial, send_test_lead
from exchange.delivery.web.webhooks import trial_as_shown

READ, WRITE = "campaigns:read", "campaigns:write"


@page(reads=READ, kinds=ADVERTISERS)
def destination(request: PortalRequest, campaign_id: str) -> HttpResponse:
    """Show how a campaign's destination answers."""
    return _draw(request, get_campaign(campaign_id=id_of("campaign", campaign_id)), campaign_id)


@page(reads=WRITE, writes=WRITE, kinds=ADVERTISERS)
def destination_test(request: PortalRequest, campaign_id: str) -> HttpResponse:
    """Send a made-up lead there now and show the real answer."""
    row = get_campaign(campaign_id=id_of("campaign", campaign_id))
    if request.method != "POST":
        return to(request, "destination", campaign_id=campaign_id)
    trial = send_test_lead(campaign_id=row.id, currency=request.caller.currency, actor=request.member.actor, at=utc_now())
    if request.htmx:
        return render(request, "delivery/trial.html", {"trial": trial_as_shown(trial)})
    return _draw(request, row, campaign_id, trial)


def _draw(request: PortalRequest, row: Any, campaign_id: str, trial: Trial | None = None) -> HttpResponse:
    health = selectors.get_health(row.id)
    held = health is not None and health.held_until is not None and health.held_until > utc_now()
    target = getattr(row, "destination", None)
    shown = {
        "row": row, "id": campaign_id, "target": target, "health": health, "held": held,
        "may_write": WRITE in request.member.scopes,
        "state": "" if target is None else "held" if held else "failing" if health else "active",
        "trial": None if trial is None else trial_as_shown(trial),
    }  # fmt: skip
    return render(request, "delivery/destination.html" if request.htmx else "delivery/destination_page.html", shown)
