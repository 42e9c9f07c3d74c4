"""Writes of webhooks: endpoints, their secrets, their messages sent again, and the test event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from accounts import audit
from accounts.core.clock import utc_now
from accounts.core.errors import Problem, not_found
from accounts.core.ids import encode, uuid7
from accounts.selectors import get_organization
from accounts.tenancy import act_as, act_as_exchange
from exchange.core import events, webhooks
from exchange.core.events import Event
from exchange.core.retry import judge
from exchange.core.webhooks import ENDPOINTS_MAX, Secret, WebhookWish, parse_webhook, rotated
from exchange.delivery.events import open_secrets, request_of, seal_secrets
from exchange.delivery.models import DEAD, FAILED, OPEN_STATES, QUEUED, REFUSED, SENT, WebhookEndpoint, WebhookMessage
from exchange.delivery.selectors import get_webhook, webhook_rows
from exchange.delivery.sending import ANSWER_LENGTH_MAX, head_of
from exchange.delivery.trials import LIMITS, Trial
from exchange.wire import client
from exchange.wire.signing import new_secret

RESENT_STATES = (QUEUED, FAILED, REFUSED, DEAD)


def create_webhook(*, organization_id: UUID, data: Mapping[str, Any], actor: str) -> tuple[WebhookEndpoint, str]:
    """Create an endpoint; gives it with its secret, which is shown this once. Raises Problem."""
    wish = parse_webhook(data, _kind(organization_id))
    secret = wish.secret or new_secret()
    with act_as(organization_id):
        if webhook_rows().count() >= ENDPOINTS_MAX:
            raise Problem("conflict", f"There are {ENDPOINTS_MAX} webhooks already; delete one first.")
        row = WebhookEndpoint(id=uuid7(), organization_id=organization_id)
        _put(row, wish)
        row.secrets = seal_secrets(row.id, [Secret(secret)])
        row.save(force_insert=True)
        _audit(row, actor, "webhook.created", {"url": row.url, "events": row.events})
    return row, secret


def update_webhook(*, organization_id: UUID, webhook_id: UUID, data: Mapping[str, Any], actor: str) -> WebhookEndpoint:
    """Change parts of an endpoint; making it active again forgets its failures. Raises Problem."""
    kind = _kind(organization_id)
    with act_as(organization_id):
        row = get_webhook(webhook_id, locked=True)
        wish = parse_webhook(data, kind, WebhookWish(row.url, row.description, tuple(row.events), row.status, None))
        if wish.status == "active" != row.status:
            row.disabled_reason, row.failures, row.failing_since, row.held_until = "", 0, None, None
        _put(row, wish)
        row.save()
        _audit(row, actor, "webhook.changed", {"changed": sorted(data)})
    return row


def delete_webhook(*, organization_id: UUID, webhook_id: UUID, actor: str) -> None:
    """Delete an endpoint for good: nothing more is sent there; its log stays. Raises Problem not_found."""
    with act_as(organization_id):
        row = get_webhook(webhook_id, locked=True)
        row.status = "deleted"
        row.secrets = seal_secrets(row.id, [])
        row.save(update_fields=["status", "secrets", "updated_at"])
        _audit(row, actor, "webhook.deleted", {})
        with act_as_exchange("only the exchange writes messages"):
            waiting = WebhookMessage.objects.filter(endpoint_id=webhook_id, state__in=OPEN_STATES)
            waiting.update(state=DEAD, next_attempt_at=None, ended_at=utc_now(), reason="the webhook was deleted")


def rotate_secret(
    *, organization_id: UUID, webhook_id: UUID, overlap_hours: int = webhooks.OVERLAP_HOURS, actor: str, at: datetime
) -> tuple[WebhookEndpoint, str]:
    """Give an endpoint a new secret; the present one signs beside it for so many hours. Raises Problem not_found."""
    fresh = new_secret()
    with act_as(organization_id):
        row = get_webhook(webhook_id, locked=True)
        kept = rotated(open_secrets(row), fresh, until=at + timedelta(hours=overlap_hours), at=at)
        row.secrets = seal_secrets(row.id, kept)
        row.save(update_fields=["secrets", "updated_at"])
        _audit(row, actor, "webhook.rotated", {"overlap_hours": overlap_hours})
    return row, fresh


def resend_message(*, organization_id: UUID, webhook_id: UUID, message_id: UUID, actor: str, at: datetime) -> None:
    """Send one message again from the first attempt on, with the same webhook-id and body.

    Raises Problem not_found, conflict for one that is being sent at this moment.
    """
    with act_as_exchange("only the exchange writes messages"):
        mine = WebhookMessage.objects.filter(id=message_id, organization_id=organization_id, endpoint_id=webhook_id)
        row = mine.only("state").select_for_update().first()
        if row is None:
            raise not_found("event")
        if row.state == SENT:
            raise Problem("conflict", "This event is being sent at this moment; ask again in a minute.")
        _again(mine, [webhook_id], at)
        _audit_of(organization_id, webhook_id, actor, "webhook.resent", {"event": encode("event", message_id)})


def resend_messages_since(*, organization_id: UUID, webhook_id: UUID, since: datetime, actor: str, at: datetime) -> int:
    """Send every message of an endpoint again that was written since an instant and not accepted; gives how many."""
    with act_as_exchange("only the exchange writes messages"):
        owner = {"organization_id": organization_id, "endpoint_id": webhook_id}
        rows = WebhookMessage.objects.filter(**owner, created_at__gte=since, state__in=RESENT_STATES)
        count = _again(rows, [webhook_id], at)
        _audit_of(organization_id, webhook_id, actor, "webhook.resent", {"since": since.isoformat(), "count": count})
    return count


def send_test_event(*, webhook_id: UUID, actor: str, at: datetime) -> Trial:
    """Send a made-up event to an endpoint of the present door now, and give the real answer; keeps no row. Raises Problem."""
    row = get_webhook(webhook_id)
    message_id = uuid7()
    event = Event(row.organization_id, events.TEST, message_id, at, {"webhook_id": encode("webhook", row.id)})
    body = events.body_of(event, message_id).encode()
    try:
        request = request_of(row, message_id, body, at)
    except ValueError as error:
        raise Problem("conflict", f"It cannot be sent: {error}.") from error
    answer = client.send(request, limits=LIMITS)
    verdict = "retry" if answer.status is None else judge(answer.status).value
    _audit(row, actor, "webhook.tested", {"status": answer.status, "error": answer.error, "ms": answer.ms, "verdict": verdict})
    text = answer.body.decode(errors="replace").replace("\x00", "")[:ANSWER_LENGTH_MAX]
    sent = {"id": encode("event", message_id), "type": event.type, "data": dict(event.data)}
    head = head_of(request, ())
    return Trial(message_id, head, sent, answer.status, dict(answer.headers), text, answer.error, answer.ms, verdict)


def _kind(organization_id: UUID) -> str:
    return get_organization(organization_id=organization_id).kind


def _put(row: WebhookEndpoint, wish: WebhookWish) -> None:
    row.url, row.description, row.events, row.status = wish.url, wish.description, list(wish.events), wish.status


def _again(rows: QuerySet[WebhookMessage], endpoints: Iterable[UUID], at: datetime) -> int:
    earlier = F("earlier_attempts") + F("attempts")
    count = rows.update(state=QUEUED, next_attempt_at=at, ended_at=None, reason="", earlier_attempts=earlier, attempts=0)
    WebhookEndpoint.objects.filter(id__in=list(endpoints)).update(held_until=None)
    return count


def _audit(row: WebhookEndpoint, actor: str, verb: str, changes: Mapping[str, Any]) -> None:
    _audit_of(row.organization_id, row.id, actor, verb, changes)


def _audit_of(organization_id: UUID, webhook_id: UUID, actor: str, verb: str, changes: Mapping[str, Any]) -> None:
    audit.record(
        organization_id=organization_id, actor=actor, verb=verb, subject=encode("webhook", webhook_id), changes=dict(changes)
    )
