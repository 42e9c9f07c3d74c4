"""Webhooks: the list, one with its log, its form, its secret, and the test event."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render

from accounts.core.clock import utc_now
from accounts.core.display import Status, status_of
from accounts.core.errors import Problem
from accounts.core.ids import encode
from accounts.portal.cursors import cut, id_of
from accounts.portal.pages import page, to
from accounts.portal.snippets import snippets
from accounts.portal.visits import PortalRequest
from exchange.core.webhooks import ENDPOINTS_MAX
from exchange.delivery import selectors
from exchange.delivery import webhooks as services
from exchange.delivery.events import open_secrets
from exchange.delivery.models import STATES, WebhookEndpoint
from exchange.delivery.trials import Trial
from exchange.delivery.web.forms import KnownWebhookForm, RotateForm, SinceForm, WebhookForm

SECRET = "whsec_YOUR_SECRET"  # noqa: S105  what a reader puts its own in place of
TRADERS_HEAR = "Give an address, and each sale, delivery and return is told to it as it happens."
OPERATOR_HEARS = "Give an address, and each alert of the monitors and each change of a champion is told to it as it happens."
READ, WRITE = "webhooks:read", "webhooks:write"


@page(reads=READ)
def webhooks(request: PortalRequest) -> HttpResponse:
    """List the webhooks, newest first; there are few."""
    rows = list(selectors.webhook_rows().order_by("-id")[:ENDPOINTS_MAX])
    last = selectors.last_attempts([row.id for row in rows])
    lines = [(encode("webhook", row.id), row, state_of(row, utc_now()), last.get(row.id)) for row in rows]
    hears = OPERATOR_HEARS if request.organization.kind == "operator" else TRADERS_HEAR
    shown = {"rows": lines, "may_write": may(request), "most": ENDPOINTS_MAX, "hears": hears}
    return render(request, "delivery/webhooks.html", shown)


@page(reads=WRITE, writes=WRITE)
def webhook_new(request: PortalRequest) -> HttpResponse:
    """Create a webhook; its secret is shown in the answer and never again."""
    form = WebhookForm(request.POST or None, kind=request.organization.kind)
    if request.method == "POST" and form.is_valid():
        try:
            row, secret = services.create_webhook(
                organization_id=request.organization.id, data=_wire(form), actor=request.member.actor
            )
            return draw(request, row, secret=secret)
        except Problem as problem:
            form.take(problem)
    return _form(request, form, None)


@page(reads=READ)
def webhook(request: PortalRequest, webhook_id: str) -> HttpResponse:
    """Show one webhook and what was sent to it."""
    return draw(request, selectors.get_webhook(id_of("webhook", webhook_id)))


@page(reads=WRITE, writes=WRITE)
def webhook_edit(request: PortalRequest, webhook_id: str) -> HttpResponse:
    """Change a webhook."""
    row = selectors.get_webhook(id_of("webhook", webhook_id))
    known = {"url": row.url, "description": row.description, "events": row.events, "status": row.status}
    form = KnownWebhookForm(request.POST or None, initial=known, kind=request.organization.kind)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_webhook(
                organization_id=request.organization.id, webhook_id=row.id, data=_wire(form), actor=request.member.actor
            )
            messages.success(request, "Saved: what waits goes to this address.")
            return to(request, "webhook", webhook_id=webhook_id)
        except Problem as problem:
            form.take(problem)
    return _form(request, form, row)


@page(reads=WRITE, writes=WRITE)
def webhook_delete(request: PortalRequest, webhook_id: str) -> HttpResponse:
    """Delete a webhook for good."""
    if request.method != "POST":
        return to(request, "webhook", webhook_id=webhook_id)
    services.delete_webhook(
        organization_id=request.organization.id, webhook_id=id_of("webhook", webhook_id), actor=request.member.actor
    )
    messages.success(request, "Deleted: nothing more is sent there.")
    return to(request, "webhooks")


@page(reads=WRITE, writes=WRITE)
def webhook_rotate(request: PortalRequest, webhook_id: str) -> HttpResponse:
    """Give a webhook a new secret, shown once; the present one signs beside it for some hours."""
    row, form = selectors.get_webhook(id_of("webhook", webhook_id)), RotateForm(request.POST)
    if request.method != "POST":
        return to(request, "webhook", webhook_id=webhook_id)
    if not form.is_valid():
        return draw(request, row, rotate=form)
    row, secret = services.rotate_secret(
        organization_id=request.organization.id, webhook_id=row.id, actor=request.member.actor, at=utc_now(), **form.cleaned_data
    )
    return draw(request, row, secret=secret)


@page(reads=WRITE, writes=WRITE)
def webhook_test(request: PortalRequest, webhook_id: str) -> HttpResponse:
    """Send a test event now and show what the receiver really answered."""
    row = selectors.get_webhook(id_of("webhook", webhook_id))
    if request.method != "POST":
        return to(request, "webhook", webhook_id=webhook_id)
    trial = services.send_test_event(webhook_id=row.id, actor=request.member.actor, at=utc_now())
    if request.htmx:
        return render(request, "delivery/trial.html", {"trial": trial_as_shown(trial)})
    return draw(request, row, trial=trial)


def draw(
    request: PortalRequest, row: WebhookEndpoint, *, secret: str = "", trial: Trial | None = None,
    rotate: RotateForm | None = None, since: SinceForm | None = None,
) -> HttpResponse:  # fmt: skip
    """Draw one webhook with its log; a form that was refused comes with its faults, and the status says so."""
    now, state = utc_now(), request.GET.get("state", "")
    wanted = state if state in dict(STATES) else None
    rows, pages = cut(request, selectors.message_rows(row.id, state=wanted).defer("body"), "event")
    until = [one.until for one in open_secrets(row) if one.until is not None and one.until > now]
    shown = {
        "row": row, "id": encode("webhook", row.id), "state": state_of(row, now), "events": row.events, "secret": secret,
        "overlap_until": max(until, default=None), "trial": None if trial is None else trial_as_shown(trial),
        "rows": [(encode("event", one.id), one, one.earlier_attempts + one.attempts) for one in rows], **pages,
        "wanted": wanted or "", "states": state_words(), "may_write": may(request), "rotate": rotate or RotateForm(),
        "since": since or SinceForm.a_day_before(now), "snippets": snippets("webhook", {"SECRET": SECRET}),
    }  # fmt: skip
    refused = rotate is not None or since is not None
    return render(request, "delivery/webhook.html", shown, status=422 if refused else 200)


def state_of(row: WebhookEndpoint, now: datetime) -> str:
    """Say how a webhook stands: disabled, held while its breaker is open, failing, or active."""
    if row.status != "active":
        return row.status
    if row.held_until is not None and row.held_until > now:
        return "held"
    return "failing" if row.failing_since else "active"


def state_words() -> list[tuple[str, Status]]:
    """List the states by which a log is filtered, in the words of their pills."""
    return [(state, status_of(state)) for state, _ in STATES]


def trial_as_shown(trial: Trial) -> dict[str, Any]:
    """Give a trial as the template draws it, headers and body laid out."""
    return {**asdict(trial), "sent_headers": list(trial.request["headers"].items()), "readable": json.dumps(trial.body, indent=2)}


def may(request: PortalRequest) -> bool:
    """Say whether the visitor may change webhooks."""
    return WRITE in request.member.scopes


def _wire(form: WebhookForm) -> dict[str, Any]:
    return {**form.cleaned_data, "description": form.cleaned_data["description"] or None}


def _form(request: PortalRequest, form: WebhookForm, row: WebhookEndpoint | None) -> HttpResponse:
    shown = {"form": form, "row": row, "id": encode("webhook", row.id) if row else ""}
    return render(request, "delivery/webhook_form.html", shown, status=422 if request.method == "POST" else 200)
