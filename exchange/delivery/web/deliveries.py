"""Deliveries of an advertiser: the list, and sending again, one or all since an instant."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render

from accounts.core.clock import utc_now
from accounts.core.ids import encode
from accounts.core.menu import ADVERTISERS
from accounts.portal.cursors import cut, id_of
from accounts.portal.pages import page, to
from accounts.portal.visits import PortalRequest
from campaigns.selectors import get_campaign, names_of
from exchange.delivery import selectors, services
from exchange.delivery.models import STATES
from exchange.delivery.web.forms import SinceForm

READ, WRITE = "leads:read", "campaigns:write"
STATE_NAMES = tuple(state for state, _ in STATES)


@page(reads=READ, kinds=ADVERTISERS)
def deliveries(request: PortalRequest) -> HttpResponse:
    """List deliveries, newest first, of one state or campaign if asked for."""
    return _list(request, SinceForm.a_day_before(utc_now()))


@page(reads=WRITE, writes=WRITE, kinds=ADVERTISERS)
def delivery_resend(request: PortalRequest, delivery_id: str) -> HttpResponse:
    """Send one delivery again at once, also one that was accepted; goes back to its lead."""
    row = selectors.get_delivery(id_of("delivery", delivery_id))
    if request.method == "POST":
        services.resend(
            organization_id=request.organization.id, delivery_id=row.delivery_id, actor=request.member.actor, at=utc_now()
        )
        services.nudge()
        messages.success(request, "Queued: it is sent again within a second or two, under the same webhook-id.")
    return to(request, "lead", lead_id=encode("lead", row.lead_id))


@page(reads=WRITE, writes=WRITE, kinds=ADVERTISERS)
def deliveries_resend(request: PortalRequest) -> HttpResponse:
    """Send everything again that was sold since an instant and is not accepted, of one campaign if it is named."""
    form, campaign = SinceForm(request.POST), _campaign(request.POST.get("campaign", ""))
    if request.method == "POST" and not form.is_valid():
        return _list(request, form, status=422)
    if request.method == "POST":
        count = services.resend_since(
            organization_id=request.organization.id, campaign_id=campaign, actor=request.member.actor, at=utc_now(),
            **form.cleaned_data,
        )  # fmt: skip
        words = "1 delivery" if count == 1 else f"{count} deliveries"
        messages.success(request, f"{words} queued again.")
    return to(request, "deliveries")


def _list(request: PortalRequest, form: SinceForm, status: int = 200) -> HttpResponse:
    state, campaign = request.GET.get("state", ""), _campaign(request.GET.get("campaign") or request.POST.get("campaign", ""))
    wanted = state if state in STATE_NAMES else None
    rows, pages = cut(request, selectors.delivery_rows(state=wanted, campaign_id=campaign), "delivery")
    names = names_of({row.campaign_id for row in rows} | ({campaign} if campaign else set()))
    shown = {
        "rows": [_line(selectors.delivery_facts(row), names) for row in rows], **pages, "wanted": wanted or "", "states": STATES,
        "campaign": encode("campaign", campaign) if campaign else "", "since": form,
        "campaign_name": names.get(campaign, "") if campaign else "", "may_write": WRITE in request.member.scopes,
    }  # fmt: skip
    return render(request, "delivery/deliveries.html", shown, status=status)


def _line(facts: selectors.DeliveryFacts, names: dict[UUID, str]) -> dict[str, Any]:
    ids = {"id": encode("delivery", facts.delivery_id), "lead_id": encode("lead", facts.lead_id)}
    return {**ids, "facts": facts, "campaign": names.get(facts.campaign_id, "")}


def _campaign(text: str) -> UUID | None:
    """Read the campaign of a filter; one of somebody else is not there."""
    return get_campaign(campaign_id=id_of("campaign", text)).id if text else None
