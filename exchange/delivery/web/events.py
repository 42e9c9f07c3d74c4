"""One event of a webhook with its attempts and exact body, and sending events again."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render

from accounts.core.clock import utc_now
from accounts.core.ids import encode
from accounts.portal.cursors import id_of
from accounts.portal.pages import page, to
from accounts.portal.visits import PortalRequest
from exchange.delivery import selectors, webhooks
from exchange.delivery.web.forms import SinceForm
from exchange.delivery.web.webhooks import READ, WRITE, draw, may


@page(reads=READ)
def event(request: PortalRequest, webhook_id: str, event_id: str) -> HttpResponse:
    """Show one event: the bytes that were sent, and what came back each time."""
    endpoint = selectors.get_webhook(id_of("webhook", webhook_id))
    row = selectors.get_message(endpoint.id, id_of("event", event_id))
    shown = {
        "row": row, "id": event_id, "endpoint": endpoint, "webhook_id": webhook_id, "may_write": may(request),
        "body": row.body, "readable": json.dumps(json.loads(row.body), indent=2), "bytes": len(row.body.encode()),
        "attempts": selectors.list_message_attempts(row.id), "count": row.earlier_attempts + row.attempts,
    }  # fmt: skip
    return render(request, "delivery/event.html", shown)


@page(reads=WRITE, writes=WRITE)
def event_resend(request: PortalRequest, webhook_id: str, event_id: str) -> HttpResponse:
    """Send one event again at once, also one that was accepted."""
    endpoint, message_id = selectors.get_webhook(id_of("webhook", webhook_id)), id_of("event", event_id)
    if request.method == "POST":
        webhooks.resend_message(
            organization_id=request.organization.id, webhook_id=endpoint.id, message_id=message_id,
            actor=request.member.actor, at=utc_now(),
        )  # fmt: skip
        messages.success(request, "Queued: it is sent again within a second or two, under the same webhook-id.")
    return to(request, "event", webhook_id=webhook_id, event_id=encode("event", message_id))


@page(reads=WRITE, writes=WRITE)
def events_resend(request: PortalRequest, webhook_id: str) -> HttpResponse:
    """Send every event again that was written since an instant and is not accepted."""
    endpoint, form = selectors.get_webhook(id_of("webhook", webhook_id)), SinceForm(request.POST)
    if request.method == "POST" and not form.is_valid():
        return draw(request, endpoint, since=form)
    if request.method == "POST":
        count = webhooks.resend_messages_since(
            organization_id=request.organization.id, webhook_id=endpoint.id, actor=request.member.actor, at=utc_now(),
            **form.cleaned_data,
        )  # fmt: skip
        messages.success(request, f"{count} event{'' if count == 1 else 's'} queued again.")
    return to(request, "webhook", webhook_id=webhook_id)
