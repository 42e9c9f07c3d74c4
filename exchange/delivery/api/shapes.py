"""Shapes of bodies and answers about deliveries, for the OpenAPI document, with their examples."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.core.clock import rfc3339
from accounts.core.ids import encode
from exchange.delivery.models import STATES
from exchange.delivery.selectors import AttemptFacts, DeliveryFacts
from exchange.delivery.trials import VERDICTS, Trial

STATE_NAMES = tuple(state for state, _ in STATES)
_AT = "2026-11-22T13:05:09.120Z"
_ID = "01k2j3h4g5f6e7d8c9b0a1z2y3"


class DeliveryTargetOut(serializers.Serializer):  # type: ignore[type-arg]
    """Where the last attempt went."""

    id = serializers.CharField()
    kind = serializers.CharField()
    url = serializers.CharField()


class DeliveryOut(serializers.Serializer):  # type: ignore[type-arg]
    """A sold lead on its way to you."""

    id = serializers.CharField(help_text="Also the webhook-id of every attempt.")
    sale_id = serializers.CharField()
    lead_id = serializers.CharField()
    campaign_id = serializers.CharField()
    state = serializers.ChoiceField(choices=STATE_NAMES)
    reason = serializers.CharField(allow_null=True, help_text="Why it is not accepted.")
    attempts = serializers.IntegerField()
    destination = DeliveryTargetOut(allow_null=True)
    disclosed = serializers.ListField(child=serializers.CharField(), help_text="The personal fields in it, by name.")
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class AttemptOut(serializers.Serializer):  # type: ignore[type-arg]
    """One try."""

    number = serializers.IntegerField()
    request = serializers.DictField(help_text="Method, URL and headers; your own headers are sealed.")
    status = serializers.IntegerField(allow_null=True, help_text="Null: no answer came, `error` says why.")
    answer = serializers.CharField(allow_blank=True, help_text="The start of the answer, without the person's data.")
    error = serializers.CharField(allow_null=True)
    duration_ms = serializers.IntegerField()
    started_at = serializers.DateTimeField()


class DeliveryDetailOut(DeliveryOut):
    """A delivery with its attempts."""

    tries = AttemptOut(many=True)


class DeliveriesOut(serializers.Serializer):  # type: ignore[type-arg]
    """A page of deliveries, newest first."""

    data = DeliveryOut(many=True)  # type: ignore[assignment]
    has_more = serializers.BooleanField()
    next_cursor = serializers.CharField(allow_null=True)


class ResendIn(serializers.Serializer):  # type: ignore[type-arg]
    """What to send again: what was sold since an instant and not accepted."""

    since = serializers.DateTimeField()
    campaign_id = serializers.CharField(required=False)


class ResentOut(serializers.Serializer):  # type: ignore[type-arg]
    """How many are sent again."""

    resent = serializers.IntegerField()


class TrialOut(serializers.Serializer):  # type: ignore[type-arg]
    """What was sent to the destination and what it really answered."""

    id = serializers.CharField(help_text="The webhook-id of the request; no such delivery is kept.")
    verdict = serializers.ChoiceField(choices=VERDICTS, help_text="What a real lead's delivery would have made of it.")
    request = serializers.DictField()
    body = serializers.DictField(help_text="The JSON that was sent: test is true, test_lead too.")
    status = serializers.IntegerField(allow_null=True)
    headers = serializers.DictField(child=serializers.CharField())
    answer = serializers.CharField(allow_blank=True)
    error = serializers.CharField(allow_null=True)
    duration_ms = serializers.IntegerField()


def show_delivery(row: DeliveryFacts) -> dict[str, Any]:
    """Give a delivery's wire form."""
    return {
        "id": encode("delivery", row.delivery_id),
        "sale_id": encode("sale", row.sale_id),
        "lead_id": encode("lead", row.lead_id),
        "campaign_id": encode("campaign", row.campaign_id),
        "state": row.state,
        "reason": row.reason or None,
        "attempts": row.attempts,
        "destination": dict(row.destination) or None,
        "disclosed": list(row.disclosed),
        "next_attempt_at": rfc3339(row.next_attempt_at) if row.next_attempt_at else None,
        "created_at": rfc3339(row.created_at),
        "ended_at": rfc3339(row.ended_at) if row.ended_at else None,
    }


def show_attempt(one: AttemptFacts) -> dict[str, Any]:
    """Give an attempt's wire form."""
    return {
        "number": one.number,
        "request": dict(one.request),
        "status": one.status,
        "answer": one.answer,
        "error": one.error or None,
        "duration_ms": one.duration_ms,
        "started_at": rfc3339(one.started_at),
    }


def show_trial(trial: Trial) -> dict[str, Any]:
    """Give a test lead's wire form."""
    return {
        "id": encode("delivery", trial.message_id),
        "verdict": trial.verdict,
        "request": trial.request,
        "body": trial.body,
        "status": trial.status,
        "headers": trial.headers,
        "answer": trial.answer,
        "error": trial.error or None,
        "duration_ms": trial.ms,
    }


TARGET = {"id": f"dst_{_ID}", "kind": "http", "url": "https://crm.example.com/leads"}
HEADERS = {"Content-Type": "application/json", "webhook-id": f"dlv_{_ID}", "webhook-timestamp": "1795352709"}
DELIVERY: dict[str, Any] = {
    "id": f"dlv_{_ID}",
    "sale_id": f"sal_{_ID}",
    "lead_id": f"led_{_ID}",
    "campaign_id": f"cmp_{_ID}",
    "state": "failed",
    "reason": "the receiver answered 503",
    "attempts": 1,
    "destination": TARGET,
    "disclosed": ["first_name", "last_name", "phone", "email"],
    "next_attempt_at": "2026-11-22T13:05:14.480Z",
    "created_at": _AT,
    "ended_at": None,
}
ATTEMPT: dict[str, Any] = {
    "number": 1,
    "request": {"method": "POST", "url": TARGET["url"], "headers": HEADERS},
    "status": 503,
    "answer": "maintenance",
    "error": None,
    "duration_ms": 41,
    "started_at": _AT,
}
TRIAL: dict[str, Any] = {
    "id": f"dlv_{_ID}",
    "verdict": "accepted",
    "request": ATTEMPT["request"],
    "body": {"type": "lead.sold", "test": True, "test_lead": True, "contact": {"first_name": "Test", "last_name": "Lead"}},
    "status": 201,
    "headers": {"Content-Type": "application/json"},
    "answer": '{"id": 7}',
    "error": None,
    "duration_ms": 84,
}
