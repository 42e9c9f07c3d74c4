"""What a campaign's scores mean and what they have learned from. Drawn into the campaign's page, and a page without scripts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from accounts.core.clock import utc_now
from accounts.core.display import money
from accounts.core.menu import ADVERTISERS
from accounts.portal.cursors import id_of
from accounts.portal.pages import page
from accounts.portal.visits import PortalRequest
from accounts.selectors import get_organization
from campaigns.core.drafts import parse_draft
from campaigns.selectors import get_campaign
from campaigns.verticals import load_verticals
from reporting.learning import Learning, learning_of
from scoring.core.labels import COVERAGE_SALES_MIN, GRACE_DAYS
from scoring.core.phases import LADDER, Phase
from scoring.waiting import outcome_days

LEVELS = {
    "unknown": ("quiet", "not known yet", "circle-dot"),
    "low": ("bad", "too little to learn from", "circle-alert"),
    "fair": ("ok", "enough to learn from", "circle-check"),
    "high": ("ok", "nearly everything", "circle-check"),
}


@page(reads="campaigns:read", kinds=ADVERTISERS)
def campaign_learning(request: PortalRequest, campaign_id: str) -> HttpResponse:
    """Show which step of the ladder a campaign stands on, what is missing to the next, and what a score of it says."""
    row = get_campaign(campaign_id=id_of("campaign", campaign_id))
    here = request.organization
    found = learning_of(campaign_id=row.id, organization_id=here.id, vertical=row.vertical, mode=here.mode, at=utc_now())
    tone, word, icon = LEVELS[found.coverage.level]
    vertical = load_verticals()[row.vertical]
    shown = {
        "row": row, "id": campaign_id, "vertical": vertical, "found": found, "steps": _steps(found.phase),
        "missing": _missing(found.phase), "tone": tone, "word": word, "icon": icon, "fallback": _fallback(row, request),
        "proven": found.version is not None and found.version.proven,
        "due_after": _span(outcome_days(vertical.horizon_days + GRACE_DAYS)),
        "sales_min": COVERAGE_SALES_MIN, "days": _days(found), "pools": get_organization(organization_id=here.id).pools_outcomes,
        "badge_tone": "ok" if found.version is not None and found.version.origin == "outcomes" else "warn",
    }  # fmt: skip
    return render(request, "reporting/learning.html" if request.htmx else "reporting/learning_page.html", shown)


def _steps(phase: Phase) -> list[dict[str, str]]:
    """Draw the ladder: what is behind, where the campaign stands, what lies ahead and what it takes."""
    looks = [("ok", "circle-check")] * phase.number + [("accent", "target")] + [("quiet", "circle-dot")] * len(LADDER)
    return [
        {
            "title": step.title, "detail": step.words, "tone": tone, "icon": icon,
            "meta": "here now" if place == phase.number else "behind" if place < phase.number else _needs(place),
        }
        for place, (step, (tone, icon)) in enumerate(zip(LADDER, looks, strict=False))
    ]  # fmt: skip


def _needs(place: int) -> str:
    step = LADDER[place]
    if (step.labels, step.wins) == (LADDER[place - 1].labels, LADDER[place - 1].wins):
        return "when it wins"
    return f"from {step.labels:,} labels" + (f", {step.wins} won" if step.wins else "")


def _missing(phase: Phase) -> str:
    """Say what is missing to the next step."""
    if phase.next is None:
        return "This is the last step"
    parts = [
        f"{count:,} more {noun if count == 1 else plural}"
        for count, noun, plural in ((phase.labels_missing, "label", "labels"), (phase.wins_missing, "win", "wins"))
        if count
    ]
    return f"{' and '.join(parts)} to “{phase.next.title}”" if parts else f"“{phase.next.title}” comes when it beats this one"


def _fallback(row: Any, request: PortalRequest) -> str:
    """Give the price that a campaign which bids by value falls back to; "" for one that does not."""
    terms = row.draft if row.published is None else row.published.terms
    rule = parse_draft(terms, load_verticals()[row.vertical], currency=request.caller.currency).bid_rule
    return "" if rule is None or rule.value is None else money(rule.base_price, request.caller.currency)


def _span(wait: timedelta) -> str:
    """Write a time of waiting: in days, or in the demo, where these are short, in seconds."""
    return f"{wait.days} days" if wait >= timedelta(days=2) else f"{wait.total_seconds():g} seconds"


def _days(found: Learning) -> str:
    """Write the usual time from a sale to its first report."""
    days = found.coverage.days_median
    if days is None:
        return ""
    minutes = max(1, round(days * 24 * 60))
    return f"{days:.1f} days" if days >= 2 else f"{minutes / 60:.1f} hours" if minutes >= 120 else f"{minutes} min"
