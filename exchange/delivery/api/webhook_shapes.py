"""Shapes of bodies and answers about webhooks, for the OpenAPI document, with their examples."""

from __future__ import annotations

import json
from typing import Any

from rest_framework import serializers

from accounts.core.clock import rfc3339
from accounts.core.ids import encode
from exchange.core.events import TYPES
from exchange.core.webhooks import OVERLAP_HOURS, OVERLAP_HOURS_MAX, STATUSES
from exchange.delivery.api.shapes import ATTEMPT, HEADERS, STATE_NAMES, TRIAL, AttemptOut, TrialOut
from exchange.delivery.models import WebhookEndpoint, WebhookMessage

_AT = "2026-11-22T13:05:09.120Z"
_ID = "01k2j3h4g5f6e7d8c9b0a1z2y3"


class WebhookPatch(serializers.Serializer):  # type: ignore[type-arg]
    """Parts of a webhook."""

    url = serializers.CharField(max_length=500, required=False)
    description = serializers.CharField(max_length=200, required=False, allow_null=True)
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=list(TYPES)),
        required=False,
        help_text="Publishers and advertisers choose of ping.* and lead.*, the operator of alert.* and model.*. Unless given: all"
        " of one's own but ping.quoted, of which there are many.",
    )
    status = serializers.ChoiceField(choices=list(STATUSES), required=False)


class WebhookIn(WebhookPatch):
    """A new webhook."""

    url = serializers.CharField(max_length=500)
    secret = serializers.CharField(required=False, help_text="whsec_...; made by the exchange when left out.")


class WebhookOut(serializers.Serializer):  # type: ignore[type-arg]
    """A webhook; a secret is shown only in the answer to the request that made it."""

    id = serializers.CharField()
    url = serializers.CharField()
    description = serializers.CharField(allow_null=True)
    events = serializers.ListField(child=serializers.ChoiceField(choices=list(TYPES)))
    status = serializers.ChoiceField(choices=list(STATUSES))
    disabled_reason = serializers.CharField(allow_null=True, help_text="Set when the exchange disabled it; says what to do.")
    failing_since = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    secret = serializers.CharField(required=False)


class WebhooksOut(serializers.Serializer):  # type: ignore[type-arg]
    """A page of webhooks, newest first."""

    data = WebhookOut(many=True)  # type: ignore[assignment]
    has_more = serializers.BooleanField()
    next_cursor = serializers.CharField(allow_null=True)


class RotateIn(serializers.Serializer):  # type: ignore[type-arg]
    """For how long the present secret signs beside the new one."""

    overlap_hours = serializers.IntegerField(min_value=0, max_value=OVERLAP_HOURS_MAX, required=False, default=OVERLAP_HOURS)


class MessageOut(serializers.Serializer):  # type: ignore[type-arg]
    """One event on its way to one webhook."""

    id = serializers.CharField(help_text="Also the webhook-id of every attempt.")
    type = serializers.CharField()
    state = serializers.ChoiceField(choices=STATE_NAMES)
    reason = serializers.CharField(allow_null=True)
    attempts = serializers.IntegerField()
    body = serializers.DictField()
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class MessageDetailOut(MessageOut):
    """An event with its attempts."""

    tries = AttemptOut(many=True)


class MessagesOut(serializers.Serializer):  # type: ignore[type-arg]
    """A page of events, newest first."""

    data = MessageOut(many=True)  # type: ignore[assignment]
    has_more = serializers.BooleanField()
    next_cursor = serializers.CharField(allow_null=True)


class SinceIn(serializers.Serializer):  # type: ignore[type-arg]
    """What to send again: what was written since an instant and not accepted."""

    since = serializers.DateTimeField()


class EventTrialOut(TrialOut):
    """What was sent to the webhook and what it really answered."""


def show_webhook(row: WebhookEndpoint, secret: str | None = None) -> dict[str, Any]:
    """Give a webhook's wire form."""
    shown: dict[str, Any] = {
        "id": encode("webhook", row.id),
        "url": row.url,
        "description": row.description or None,
        "events": row.events,
        "status": row.status,
        "disabled_reason": row.disabled_reason or None,
        "failing_since": rfc3339(row.failing_since) if row.failing_since else None,
        "created_at": rfc3339(row.created_at),
        "updated_at": rfc3339(row.updated_at),
    }
    return shown if secret is None else {**shown, "secret": secret}


def show_message(row: WebhookMessage) -> dict[str, Any]:
    """Give a webhook message's wire form."""
    return {
        "id": encode("event", row.id),
        "type": row.type,
        "state": row.state,
        "reason": row.reason or None,
        "attempts": row.earlier_attempts + row.attempts,
        "body": json.loads(row.body),
        "next_attempt_at": rfc3339(row.next_attempt_at) if row.next_attempt_at else None,
        "created_at": rfc3339(row.created_at),
        "ended_at": rfc3339(row.ended_at) if row.ended_at else None,
    }


WEBHOOK_IN = {"url": "https://hooks.example.com/leadwright", "events": ["lead.sold", "lead.delivered"]}
WEBHOOK: dict[str, Any] = {
    "id": f"whk_{_ID}",
    **WEBHOOK_IN,
    "description": None,
    "status": "active",
    "disabled_reason": None,
    "failing_since": None,
    "created_at": _AT,
    "updated_at": _AT,
}
WITH_SECRET = {**WEBHOOK, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
MESSAGE: dict[str, Any] = {
    "id": f"evt_{_ID}",
    "type": "lead.sold",
    "state": "accepted",
    "reason": None,
    "attempts": 1,
    "body": {
        "id": f"evt_{_ID}",
        "type": "lead.sold",
        "timestamp": _AT,
        "data": {
            "sale_id": f"sal_{_ID}",
            "lead_id": f"led_{_ID}",
            "ping_id": f"png_{_ID}",
            "quote_id": f"qte_{_ID}",
            "source_id": f"src_{_ID}",
            "vertical": "home.roofing",
            "payout": {"amount": "40.00", "currency": "USD"},
        },
    },
    "next_attempt_at": None,
    "created_at": _AT,
    "ended_at": _AT,
}
TRIED = {
    **ATTEMPT,
    "request": {"method": "POST", "url": WEBHOOK["url"], "headers": {**HEADERS, "webhook-id": f"evt_{_ID}"}},
    "status": 200,
    "answer": "ok",
}
EVENT_TRIAL = {
    **TRIAL,
    "id": f"evt_{_ID}",
    "request": TRIED["request"],
    "body": {"id": f"evt_{_ID}", "type": "webhook.test", "data": {"webhook_id": f"whk_{_ID}"}},
}
