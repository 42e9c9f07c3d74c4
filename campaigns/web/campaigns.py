"""Campaigns: the list, one campaign, its history, what a publication changes, and the switches."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render

from accounts.core.display import money
from accounts.core.errors import Problem
from accounts.core.ids import BadId, decode, encode
from accounts.core.menu import ADVERTISERS
from accounts.portal.pages import page, to
from accounts.portal.visits import PortalRequest
from campaigns import selectors, services
from campaigns.core.drafts import Draft, parse_draft
from campaigns.core.filters import describe
from campaigns.core.told import compare, tell
from campaigns.models import Campaign
from campaigns.verticals import load_verticals
from campaigns.web.forms import NewCampaignForm

READ, WRITE = "campaigns:read", "campaigns:write"
ROWS = 50
SUMMED = ("Caps", "Budgets")


@page(reads=READ, kinds=ADVERTISERS)
def campaigns(request: PortalRequest) -> HttpResponse:
    """List the campaigns, newest first."""
    rows = selectors.list_campaigns().order_by("-id")
    after = request.GET.get("after")
    if after:
        rows = rows.filter(id__lt=id_of("campaign", after))
    found = list(rows[: ROWS + 1])
    older = f"?after={encode('campaign', found[ROWS - 1].id)}" if len(found) > ROWS else ""
    shown = {"rows": [_line(row, request.caller.currency) for row in found[:ROWS]], "older": older, "may_write": may(request)}
    return render(request, "campaigns/list.html", shown)


@page(reads=WRITE, writes=WRITE, kinds=ADVERTISERS)
def campaign_new(request: PortalRequest) -> HttpResponse:
    """Create a draft, and go on to its rules."""
    form = NewCampaignForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row = services.create_campaign(
                organization_id=request.organization.id, draft={}, actor=request.member.actor, **form.cleaned_data
            )
            return to(request, "campaign_edit", campaign_id=encode("campaign", row.id))
        except Problem as problem:
            form.take(problem)
    return render(request, "campaigns/new.html", {"form": form}, status=422 if request.method == "POST" else 200)


@page(reads=READ, kinds=ADVERTISERS)
def campaign(request: PortalRequest, campaign_id: str) -> HttpResponse:
    """Show one campaign: its rules as they are written now, its destination and its history."""
    row = selectors.get_campaign(campaign_id=id_of("campaign", campaign_id))
    parts, changes = told(row, row.draft, request), changes_of(row, request)
    words = f"{len(changes)} unpublished change{'' if len(changes) == 1 else 's'}"
    shown = {
        "row": row, "id": campaign_id, "vertical": load_verticals()[row.vertical].label, "parts": parts, "changes": changes,
        "unset": [part.lower() for part, said in parts.items() if not said], "changes_words": words,
        "rules_note": "the draft" if changes else "in force", "may_write": may(request),
        "revisions": selectors.list_revisions(campaign_id=row.id).defer("terms").order_by("-number")[:ROWS],
    }  # fmt: skip
    return render(request, "campaigns/detail.html", shown)


@page(reads=WRITE, writes=WRITE, kinds=ADVERTISERS)
def campaign_publish(request: PortalRequest, campaign_id: str) -> HttpResponse:
    """Show what a publication changes, and publish."""
    row = selectors.get_campaign(campaign_id=id_of("campaign", campaign_id))
    faults: list[str] = []
    if request.method == "POST":
        try:
            published = services.publish(organization_id=request.organization.id, campaign_id=row.id, actor=request.member.actor)
        except Problem as problem:
            faults = [error.detail for error in problem.errors] or [problem.detail]
        else:
            state = "It bids from now on." if published.status == "active" else "The campaign stays paused."
            messages.success(request, f"Published. {state}")
            return to(request, "campaign", campaign_id=campaign_id)
    shown = {
        "row": row, "id": campaign_id, "title": "Review and publish", "changes": changes_of(row, request), "problems": faults,
        "note": "In force now, and after the publication.", "asks": True,
    }  # fmt: skip
    return render(request, "campaigns/publish.html", shown, status=422 if faults else 200)


@page(reads=READ, kinds=ADVERTISERS)
def campaign_revision(request: PortalRequest, campaign_id: str, number: int) -> HttpResponse:
    """Show what one publication changed."""
    row = selectors.get_campaign(campaign_id=id_of("campaign", campaign_id))
    found = {one.number: one for one in selectors.list_revisions(campaign_id=row.id).filter(number__in=(number - 1, number))}
    if number not in found:
        raise Http404
    before = told(row, found[number - 1].terms, request) if number - 1 in found else {}
    changes = compare(before, told(row, found[number].terms, request))
    note = f"Published {found[number].published_at:%-d %b %Y %H:%M} UTC, against the revision before."
    shown = {"row": row, "id": campaign_id, "title": f"Revision {number}", "note": note, "changes": changes}
    return render(request, "campaigns/publish.html", shown)


@page(reads=WRITE, writes=WRITE, kinds=ADVERTISERS)
def campaign_pause(request: PortalRequest, campaign_id: str) -> HttpResponse:
    """Take the campaign out of the market."""
    return _switch(request, campaign_id, services.pause, "Paused: it bids on nothing.")


@page(reads=WRITE, writes=WRITE, kinds=ADVERTISERS)
def campaign_resume(request: PortalRequest, campaign_id: str) -> HttpResponse:
    """Put the campaign back into the market."""
    return _switch(request, campaign_id, services.resume, "Resumed: it bids again.")


@page(reads=WRITE, writes=WRITE, kinds=ADVERTISERS)
def campaign_archive(request: PortalRequest, campaign_id: str) -> HttpResponse:
    """Remove the campaign for good."""
    if request.method == "POST":
        services.archive(
            organization_id=request.organization.id, campaign_id=id_of("campaign", campaign_id), actor=request.member.actor
        )
        messages.success(request, "Removed.")
        return to(request, "campaigns")
    return to(request, "campaign", campaign_id=campaign_id)


def id_of(kind: str, text: str) -> UUID:
    """Read an id of an address; one of a wrong form is as unknown as a foreign one."""
    try:
        return decode(kind, text)
    except BadId as error:
        raise Http404 from error


def may(request: PortalRequest) -> bool:
    """Say whether the visitor may change campaigns."""
    return WRITE in request.member.scopes


def told(row: Campaign, terms: dict[str, Any], request: PortalRequest) -> dict[str, str]:
    """Tell one version of a campaign's rules."""
    return tell(_read(row, terms, request.caller.currency), request.caller.currency)


def changes_of(row: Campaign, request: PortalRequest) -> tuple[tuple[str, str, str], ...]:
    """List what a publication of the draft would change."""
    if row.published is not None and row.published.terms == row.draft:
        return ()
    before = {} if row.published is None else told(row, row.published.terms, request)
    # Long lists are told shortened: the words can be equal where the values are not.
    return compare(before, told(row, row.draft, request)) or (("A long list of values", "as published", "as in the draft"),)


def _read(row: Campaign, terms: dict[str, Any], currency: str) -> Draft:
    return parse_draft(terms, load_verticals()[row.vertical], currency=currency)


def _line(row: Campaign, currency: str) -> dict[str, Any]:
    draft = _read(row, row.draft, currency)
    parts = tell(draft, currency)
    return {
        "id": encode("campaign", row.id), "name": row.name, "status": row.status,
        "vertical": load_verticals()[row.vertical].label, "filter": describe(draft.filter),
        "price": "" if draft.bid_rule is None else money(draft.bid_rule.base_price, currency),
        "limits": "; ".join(parts[part] for part in SUMMED if parts[part]),
        "changed": row.published is not None and row.published.terms != row.draft,
    }  # fmt: skip


def _switch(request: PortalRequest, campaign_id: str, service: Any, words: str) -> HttpResponse:
    if request.method == "POST":
        service(organization_id=request.organization.id, campaign_id=id_of("campaign", campaign_id), actor=request.member.actor)
        messages.success(request, words)
    return to(request, "campaign", campaign_id=campaign_id)
