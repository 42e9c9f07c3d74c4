"""Settings / Organization: what it is, its ids, and its name."""

from __future__ import annotations

from django.conf import settings as django_settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render

from accounts.core.errors import Problem
from accounts.core.ids import encode
from accounts.core.roles import ORGANIZATION
from accounts.portal.forms import OrganizationForm
from accounts.portal.pages import page, to
from accounts.portal.visits import PortalRequest
from accounts.selectors import get_organization
from accounts.services import rename_organization


@page(reads=None, writes=ORGANIZATION)
def settings(request: PortalRequest) -> HttpResponse:
    """Show the organization; who answers for it changes its name, for both halves at once."""
    if request.method != "POST":
        return _settings(request, OrganizationForm(initial={"name": request.organization.name}))
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


def _settings(request: PortalRequest, form: OrganizationForm, *, status: int = 200) -> HttpResponse:
    live = get_organization(organization_id=request.visit.live_id)
    shown = {
        "form": form, "live_id": encode("organization", live.id), "api_url": f"{django_settings.BASE_URL}/api/v1",
        "sandbox_id": encode("organization", live.sandbox_id) if live.sandbox_id else "", "currency": request.caller.currency,
        "may_rename": ORGANIZATION in request.member.scopes and request.organization.mode == "live",
    }  # fmt: skip
    return render(request, "accounts/settings.html", shown, status=status)
