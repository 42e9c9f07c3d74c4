"""The lane of webhooks: events as they were written, signed with every living secret, to their endpoint's address."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from accounts import audit, sealed
from accounts.core.ids import encode
from accounts.tenancy import act_as_exchange
from exchange.core.retry import Outcome, held_seconds
from exchange.core.webhooks import Secret, living
from exchange.delivery import health, sending
from exchange.delivery.models import WebhookAttempt, WebhookEndpoint, WebhookMessage
from exchange.delivery.sending import BATCH_MAX, WHY, Lane, Leased, Taken
from exchange.wire import client, signing

DISABLE_HOURS = 120
ACTOR = "system:delivery"

_HEALED = """
UPDATE delivery_webhookendpoint SET failures = 0, failing_since = NULL, held_until = NULL
WHERE id = %s AND failing_since IS NOT NULL
"""
_FAILED = """
UPDATE delivery_webhookendpoint SET
    failures = CASE WHEN failing_since IS NULL THEN 1 WHEN failed_at < %(round_before)s THEN failures + 1 ELSE failures END,
    failed_at = CASE WHEN failing_since IS NULL OR failed_at < %(round_before)s THEN %(at)s ELSE failed_at END,
    failing_since = COALESCE(failing_since, %(at)s)
WHERE id = %(endpoint)s RETURNING failures, failing_since
"""
_DISABLE = """
UPDATE delivery_webhookendpoint
SET status = 'disabled', disabled_reason = %s, failing_since = NULL, failures = 0, held_until = NULL
WHERE id = %s AND status = 'active'
"""


class Events(Lane):
    """How webhook messages are sent; see sending.Lane."""

    rows, attempts, parent = WebhookMessage, WebhookAttempt, "message_id"
    columns = ("endpoint_id", "body")
    ready = (
        "EXISTS (SELECT 1 FROM delivery_webhookendpoint target WHERE target.id = due.endpoint_id"
        " AND target.status = 'active' AND (target.held_until IS NULL OR target.held_until <= %(now)s))"
    )

    def open(self, leases: Sequence[Leased], now: datetime) -> tuple[Taken, ...]:
        """Sign each message with what its endpoint's secrets are now."""
        endpoints = _endpoints({lease.columns[0] for lease in leases})
        return tuple(_opened(lease, endpoints[lease.columns[0]], now) for lease in leases)

    def follow(self, taken: Taken, outcome: Outcome, *, at: datetime, changed: bool) -> None:
        """Remember how the endpoint answered; switch one off that is gone or has failed for five days."""
        if taken.request is None:
            return
        with connection.cursor() as cursor:
            if outcome.answered:
                cursor.execute(_HEALED, [taken.target_id])
                return
            named: dict[str, Any] = {"endpoint": taken.target_id, "at": at, "round_before": at - health.ROUND}
            cursor.execute(_FAILED, named)
            failures, failing_since = cursor.fetchone()
        if outcome.gone or at - failing_since >= timedelta(hours=DISABLE_HOURS):
            _disable(taken, outcome)
        elif pause_seconds := held_seconds(failures):
            held_until = at + timedelta(seconds=pause_seconds)
            WebhookEndpoint.objects.filter(id=taken.target_id).update(held_until=held_until)

    def conclude(self, taken: Taken, outcome: Outcome, *, at: datetime) -> None:
        """Leave nothing for afterwards."""


EVENTS = Events()


def announce_due(*, limit: int = BATCH_MAX, now: datetime) -> int:
    """Send due webhook messages; gives how many were attempted."""
    return sending.deliver_due(EVENTS, limit=limit, now=now)


def request_of(endpoint: WebhookEndpoint, message_id: UUID, body: bytes, now: datetime) -> client.Request:
    """Make the signed request that carries an event; raises ValueError when the secrets cannot be opened or used."""
    keys = [one.text for one in living(open_secrets(endpoint), now)]
    signed = signing.sign_with_all(keys, message_id=encode("event", message_id), at=now, body=body)
    return client.Request(endpoint.url, body, headers={"Content-Type": "application/json", **signed})


def open_secrets(endpoint: WebhookEndpoint) -> tuple[Secret, ...]:
    """Open an endpoint's secrets, the present one first; raises Unreadable."""
    rows = json.loads(sealed.unseal(bytes(endpoint.secrets), endpoint.id.bytes))
    return tuple(Secret(row["text"], datetime.fromisoformat(row["until"]) if row["until"] else None) for row in rows)


def seal_secrets(endpoint_id: UUID, secrets: Iterable[Secret]) -> bytes:
    """Seal secrets for an endpoint's row."""
    rows = [{"text": one.text, "until": one.until.isoformat() if one.until else None} for one in secrets]
    return sealed.seal(json.dumps(rows).encode(), endpoint_id.bytes)


def _endpoints(ids: set[UUID]) -> dict[UUID, WebhookEndpoint]:
    with act_as_exchange(WHY):
        return {row.id: row for row in WebhookEndpoint.objects.filter(id__in=ids)}


def _opened(lease: Leased, endpoint: WebhookEndpoint, now: datetime) -> Taken:
    target = {"id": encode("webhook", endpoint.id), "url": endpoint.url}
    try:
        request = request_of(endpoint, lease.row_id, lease.columns[1].encode(), now)
    except ValueError as error:
        return Taken(lease, endpoint.id, None, f"it cannot be sent: {error}", target)
    return Taken(lease, endpoint.id, request, "", target)


def _disable(taken: Taken, outcome: Outcome) -> None:
    span = "" if outcome.gone else f"for {DISABLE_HOURS} hours "
    reason = (
        f"Disabled by the exchange: {span}nothing was accepted there; the last answer: {outcome.reason}. "
        "Correct the address, send a test event, then enable it."
    )
    with connection.cursor() as cursor:
        cursor.execute(_DISABLE, [reason, taken.target_id])
        changed = cursor.rowcount
    if changed:
        audit.record(
            organization_id=taken.lease.organization_id,
            actor=ACTOR,
            verb="webhook.disabled",
            subject=encode("webhook", taken.target_id),
            changes={"reason": reason},
        )
