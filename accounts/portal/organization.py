"""Settings / Organization: what it is, its ids, its name, and who learns from its outcomes."""

from __future__ import annotations

from django.conf import settings as django_settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render

from accounts.core.errors import Problem
from accounts.core.ids import encode
from accounts.core.menu import ADVERTISERS
from accounts.core.roles import ORGANIZATION
from accounts.portal.forms import OrganizationForm, PoolingForm
from accounts.portal.pages import page, to
from accounts.portal.visits import PortalRequest
from accounts.selectors import get_organization
from accounts.services import rename_organization, set_pooling


@page(reads=None, writes=ORGANIZATION)
def settings(request: PortalRequest) -> HttpResponse:
    """Show the organization; who answers for it changes its name, for both halves at once."""
    if request.method != "POST":
        return _settings(request)
    if request.organization.mode == "test":
        raise Http404
    form = OrganizationForm(request.POST)
    if form.is_valid():
        try:
            name = form.cleaned_data["name"]
            rename_organization(organization_id=request.organization.id, name=name, actor=request.member.actor)
        except Problem as problem:
            form.take(problem)
        else:
            messages.success(request, "Saved.")
            return to(request, "settings")
    return _settings(request, form, status=422)


@page(reads=None, writes=ORGANIZATION, kinds=ADVERTISERS)
def settings_pooling(request: PortalRequest) -> HttpResponse:
    """Keep outcomes private, or pool them; for both halves at once."""
    if request.method != "POST":
        return to(request, "settings")
    if request.organization.mode == "test":
        raise Http404
    form = PoolingForm(request.POST)
    if not form.is_valid():
        return _settings(request, pooling=form, status=422)
    pools = form.cleaned_data["pools"] == "yes"
    set_pooling(organization_id=request.organization.id, pools=pools, actor=request.member.actor)
    messages.success(request, "Pooled from now on." if pools else "Private from now on: models of others learn without them.")
    return to(request, "settings")


def _settings(
    request: PortalRequest, form: OrganizationForm | None = None, *, pooling: PoolingForm | None = None, status: int = 200
) -> HttpResponse:
    live = get_organization(organization_id=request.visit.live_id)
    shown = {
        "form": form or OrganizationForm(initial={"name": request.organization.name}),
        "pooling": pooling or PoolingForm(initial={"pools": "yes" if live.pools_outcomes else "no"}),
        "pools": live.pools_outcomes, "buys": request.organization.kind in ADVERTISERS,
        "live_id": encode("organization", live.id), "api_url": f"{django_settings.BASE_URL}/api/v1",
        "sandbox_id": encode("organization", live.sandbox_id) if live.sandbox_id else "", "currency": request.caller.currency,
        "may_rename": ORGANIZATION in request.member.scopes and request.organization.mode == "live",
    }  # fmt: skip
    return render(request, "accounts/settings.html", shown, status=status)
