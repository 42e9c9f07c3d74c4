"""What the exchange answers of webhooks. Written by generate.py from openapi.yaml: change it there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from leadwright.generated.answers.campaigns import TrialVerdict
from leadwright.generated.answers.deliveries import Attempt, DeliveryState

WebhookEvent = Literal[
    "ping.quoted",
    "lead.sold",
    "lead.delivered",
    "lead.returned",
    "alert.opened",
    "alert.closed",
    "model.promoted",
    "model.rolled_back",
]

WebhookStatus = Literal["active", "disabled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A webhook; a secret is shown only in the answer to the request that made it."""

    id: str
    url: str
    description: str | None
    events: list[WebhookEvent]
    status: WebhookStatus
    disabled_reason: str | None
    """Set when the exchange disabled it; says what to do."""
    failing_since: datetime | None
    created_at: datetime
    updated_at: datetime
    secret: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One event on its way to one webhook."""

    id: str
    """Also the webhook-id of every attempt."""
    type: str
    state: DeliveryState
    reason: str | None
    attempts: int
    body: dict[str, Any]
    next_attempt_at: datetime | None
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDetail:
    """An event with its attempts."""

    id: str
    """Also the webhook-id of every attempt."""
    type: str
    state: DeliveryState
    reason: str | None
    attempts: int
    body: dict[str, Any]
    next_attempt_at: datetime | None
    created_at: datetime
    ended_at: datetime | None
    tries: list[Attempt]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTrial:
    """What was sent to the webhook and what it really answered."""

    id: str
    """The webhook-id of the request; no such delivery is kept."""
    verdict: TrialVerdict
    """What a real lead's delivery would have made of it."""
    request: dict[str, Any]
    body: dict[str, Any]
    """The JSON that was sent: test is true, test_lead too."""
    status: int | None
    headers: dict[str, str]
    answer: str
    error: str | None
    duration_ms: int
