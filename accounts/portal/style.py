"""/style: every component of the design system with sample data, in the theme of the reader. Exists only in the demo."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.core.display import STATUSES
from accounts.portal.forms import SignUpForm

TOKENS = (
    "bg", "card", "sunken", "fg", "muted", "line", "field-line", "accent", "accent-soft", "ok", "ok-soft", "warn", "warn-soft",
    "bad", "bad-soft", "test", "c1", "c2", "c3", "c4", "c5", "c6",
)  # fmt: skip
STEPS = (
    {"title": "Matched 4 campaigns", "detail": "of 37 published", "tone": "ok", "icon": "funnel", "meta": "0.4 ms"},
    {"title": "Scored 87", "detail": "percentile 92 of its vertical", "tone": "accent", "icon": "activity", "meta": "0.2 ms"},
    {"title": "Outbid", "detail": "another bid came first", "tone": "bad", "icon": "x", "meta": "0.1 ms"},
)
TASKS = (
    {"title": "Create a source", "done": True},
    {"title": "Send the first test ping", "detail": "listening since 14:02", "done": False, "url": "#timeline"},
    {"title": "Sell a lead", "done": False},
)
CHANGES = (
    ("Base price", "$38.00", "$41.00"),
    ("States", "TX", "TX, OK"),
    ("Daily cap", "", "50 leads"),
    ("Holidays", "closed", ""),
)
SNIPPETS = (
    ("curl", "curl -s /api/v1/pings \\\n  -H 'Authorization: Bearer lx_test_...' \\\n  -d @ping.json"),
    ("Python", 'client.ping(source="src_...", vertical="home.roofing", lead=lead)'),
)
HOURS = tuple((f"{hour:02d}:00", (hour * 37) % 11 * 1_000_000, f"${(hour * 37) % 11}.00") for hour in range(24))


@require_safe
def style(request: HttpRequest) -> HttpResponse:
    """Show the page."""
    days, earned, spent = ["19 Nov", "20 Nov", "21 Nov", "22 Nov"], [310, 420, 380, 510], [260, 380, 350, 430]
    bar = {"type": "bar", "x": days, "y": earned, "name": "this week", "marker": {"pattern": {"shape": ""}}}
    line = {"type": "scatter", "mode": "lines+markers", "x": days, "y": spent, "name": "last week", "line": {"dash": "dot"}}
    figure = {"data": [bar, line], "layout": {"legend": {"orientation": "h"}, "yaxis": {"tickprefix": "$"}}}
    shown = {
        "tokens": TOKENS, "statuses": STATUSES, "steps": STEPS, "tasks": TASKS, "changes": CHANGES, "snippets": SNIPPETS,
        "hours": HOURS, "line": [3, 5, 4, 6, 8, 7, 9, 8, 11, 10, 12, 9, 13, 14], "figure": figure,
        "columns": ("Day", "This week", "Last week"),
        "numbers": [(day, f"${one}", f"${two}") for day, one, two in zip(days, earned, spent, strict=True)],
        "form": SignUpForm({"name": "", "password": "short"}),
    }  # fmt: skip
    return render(request, "style/style.html", shown)
