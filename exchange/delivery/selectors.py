"""Reads of deliveries. Inside act_as(org) they show the advertiser's own rows only."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery

from accounts import sealed
from accounts.core.clock import to_ms
from accounts.core.errors import not_found
from accounts.core.ids import first_at
from exchange.delivery.models import (
    DEAD,
    FAILED,
    Attempt,
    AttemptRow,
    Delivery,
    DestinationHealth,
    WebhookAttempt,
    WebhookEndpoint,
    WebhookMessage,
)

LIST_MAX = 200
DAY = timedelta(days=1)
GIVEN_UP_DAYS = 10  # longer than anything is tried: what was given up today was made since


@dataclass(frozen=True, slots=True)
class Waiting:
    """Rows on their way that share something: how many, and the oldest instant (of its kind) among them."""

    count: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Everything on its way of one kind: what is due by now (by its due time), what tries again and what was given up today."""

    due: Waiting
    failed: Waiting
    dead: Waiting


@dataclass(frozen=True, slots=True)
class AttemptFacts:
    """One try of a delivery; `status` None when no answer came."""

    number: int
    status: int | None
    answer: str
    error: str
    duration_ms: int
    started_at: datetime
    request: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class HealthFacts:
    """A destination that fails: since when nothing was accepted, the last reason, and until when nothing is sent there."""

    campaign_id: UUID
    failures: int
    failing_since: datetime | None
    held_until: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class DeliveryFacts:
    """A delivery without its payload."""

    delivery_id: UUID
    sale_id: UUID
    lead_id: UUID
    campaign_id: UUID
    destination: Mapping[str, Any]
    state: str
    attempts: int
    next_attempt_at: datetime | None
    created_at: datetime
    ended_at: datetime | None
    reason: str
    disclosed: tuple[str, ...]


def get_delivery(delivery_id: UUID) -> DeliveryFacts:
    """Give one delivery; raises Problem not_found."""
    return delivery_facts(_row(delivery_id))


def list_deliveries(*, before: UUID | None = None, limit: int = LIST_MAX) -> tuple[DeliveryFacts, ...]:
    """List deliveries, newest first, older than the id `before`."""
    rows = delivery_rows().order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    return tuple(delivery_facts(row) for row in rows[: min(limit, LIST_MAX)])


def delivery_rows(*, state: str | None = None, campaign_id: UUID | None = None) -> QuerySet[Delivery]:
    """Give the deliveries inside the present door, to be cut into pages by id."""
    wanted = {"state": state, "campaign_id": campaign_id}
    rows: QuerySet[Delivery] = Delivery.objects.defer("payload")
    return rows.filter(**{name: value for name, value in wanted.items() if value is not None})


def get_health(campaign_id: UUID) -> HealthFacts | None:
    """Tell how a campaign's destination answers; None while nothing has failed."""
    row = DestinationHealth.objects.filter(campaign_id=campaign_id, failing_since__isnull=False).first()
    return None if row is None else HealthFacts(row.campaign_id, row.failures, row.failing_since, row.held_until, row.reason)


def list_deliveries_of_lead(lead_id: UUID) -> tuple[DeliveryFacts, ...]:
    """List the deliveries of one lead in the order they were made."""
    return tuple(delivery_facts(row) for row in delivery_rows().filter(lead_id=lead_id).order_by("id"))


def states_of_sales(sale_ids: Collection[UUID]) -> dict[UUID, str]:
    """Give the state of the delivery of each of these sales that has one."""
    return dict(Delivery.objects.filter(sale_id__in=sale_ids).values_list("sale_id", "state")) if sale_ids else {}


def list_attempts(delivery_id: UUID) -> tuple[AttemptFacts, ...]:
    """List the attempts of one delivery in order."""
    rows = Attempt.objects.filter(delivery_id=delivery_id).order_by("number", "id")
    return tuple(attempt_facts(row) for row in rows)


def attempts_by_delivery(delivery_ids: Collection[UUID]) -> dict[UUID, list[AttemptFacts]]:
    """List the attempts of each of these deliveries in order."""
    found: dict[UUID, list[AttemptFacts]] = {delivery_id: [] for delivery_id in delivery_ids}
    for row in Attempt.objects.filter(delivery_id__in=list(delivery_ids)).order_by("number", "id"):
        found[row.delivery_id].append(attempt_facts(row))
    return found


def webhook_rows() -> QuerySet[WebhookEndpoint]:
    """Give the webhooks inside the present door that are not deleted, to be cut into pages by id."""
    rows: QuerySet[WebhookEndpoint] = WebhookEndpoint.objects.exclude(status="deleted")
    return rows


def get_webhook(webhook_id: UUID, *, locked: bool = False) -> WebhookEndpoint:
    """Find one webhook inside the present door; raises Problem not_found for unknown, foreign and deleted ones."""
    rows = webhook_rows().filter(id=webhook_id)
    row = (rows.select_for_update() if locked else rows).first()
    if row is None:
        raise not_found("webhook")
    return row


def message_rows(webhook_id: UUID, *, state: str | None = None) -> QuerySet[WebhookMessage]:
    """Give the messages of one webhook inside the present door, to be cut into pages by id."""
    rows: QuerySet[WebhookMessage] = WebhookMessage.objects.filter(endpoint_id=webhook_id)
    return rows if state is None else rows.filter(state=state)


def get_message(webhook_id: UUID, message_id: UUID) -> WebhookMessage:
    """Find one message of a webhook inside the present door; raises Problem not_found."""
    row = message_rows(webhook_id).filter(id=message_id).first()
    if row is None:
        raise not_found("event")
    return row


def last_attempts(webhook_ids: Collection[UUID]) -> dict[UUID, AttemptFacts]:
    """Give for each of these webhooks the last attempt of its newest event that was tried; one never tried is left out."""
    sent = Q(attempts__gt=0) | Q(earlier_attempts__gt=0)
    tried = WebhookMessage.objects.filter(sent, endpoint=OuterRef("id")).order_by("-id").values("id")[:1]
    newest = WebhookEndpoint.objects.filter(id__in=list(webhook_ids)).annotate(message=Subquery(tried))
    messages = {message: webhook_id for webhook_id, message in newest.values_list("id", "message") if message}
    rows = WebhookAttempt.objects.filter(message_id__in=list(messages)).order_by("started_at", "id")
    return {messages[row.message_id]: attempt_facts(row) for row in rows}


def list_message_attempts(message_id: UUID) -> tuple[AttemptFacts, ...]:
    """List the attempts of one webhook message in order."""
    return tuple(attempt_facts(row) for row in WebhookAttempt.objects.filter(message_id=message_id).order_by("number", "id"))


def get_payload(delivery_id: UUID) -> dict[str, Any]:
    """Open the copy of the lead that this advertiser bought; raises Problem not_found."""
    row = _row(delivery_id)
    payload: dict[str, Any] = json.loads(sealed.unseal(bytes(row.payload), row.id.bytes))
    return payload


def count_by_state() -> dict[str, int]:
    """Count the visible deliveries by state."""
    rows = Delivery.objects.values("state").annotate(count=Count("id")).order_by("state")
    return {row["state"]: row["count"] for row in rows}


def _row(delivery_id: UUID) -> Delivery:
    row = Delivery.objects.filter(id=delivery_id).first()
    if row is None:
        raise not_found("delivery")
    return row


def attempt_facts(row: AttemptRow) -> AttemptFacts:
    """Give an attempt as a value."""
    return AttemptFacts(row.number, row.status, row.answer, row.error, row.duration_ms, row.started_at, row.request)


def delivery_facts(row: Delivery) -> DeliveryFacts:
    """Give a delivery as a value, with all attempts counted."""
    return DeliveryFacts(
        delivery_id=row.id,
        sale_id=row.sale_id,
        lead_id=row.lead_id,
        campaign_id=row.campaign_id,
        destination=row.destination,
        state=row.state,
        attempts=row.earlier_attempts + row.attempts,
        next_attempt_at=row.next_attempt_at,
        created_at=row.created_at,
        ended_at=row.ended_at,
        reason=row.reason,
        disclosed=tuple(row.disclosed),
    )


def outgoing(kind: Literal["deliveries", "webhooks"], *, at: datetime) -> Outgoing:
    """Say what of everybody's deliveries or webhooks waits at an instant. Needs the exchange's door."""
    rows: QuerySet[Any] = Delivery.objects.all() if kind == "deliveries" else WebhookMessage.objects.all()
    open_rows, oldest = rows.filter(next_attempt_at__isnull=False), first_at(to_ms(at - GIVEN_UP_DAYS * DAY))
    due = open_rows.filter(next_attempt_at__lte=at)
    # What its address' breaker holds back is not late.
    if kind == "deliveries":
        due = due.exclude(campaign_id__in=DestinationHealth.objects.filter(held_until__gt=at).values("campaign_id"))
    else:
        due = due.exclude(endpoint__held_until__gt=at)
    dead = rows.filter(id__gte=oldest, state=DEAD, ended_at__gte=at - DAY)
    return Outgoing(
        _waiting(due, "next_attempt_at"), _waiting(open_rows.filter(state=FAILED), "created_at"), _waiting(dead, "ended_at")
    )


def _waiting(rows: QuerySet[Any], since: str) -> Waiting:
    found = rows.aggregate(n=Count("id"), at=Min(since))
    return Waiting(found["n"], found["at"])


def failure_reasons(*, at: datetime, limit: int) -> tuple[tuple[str, int], ...]:
    """Count the last answers of deliveries that try again or were given up today. Needs the exchange's door."""
    oldest = first_at(to_ms(at - GIVEN_UP_DAYS * DAY))
    failing = Q(state=FAILED) | Q(state=DEAD, ended_at__gte=at - DAY)
    rows = Delivery.objects.filter(failing, id__gte=oldest).values_list("reason").annotate(n=Count("id"))
    return tuple((str(reason), int(n)) for reason, n in rows.order_by("-n", "reason")[:limit])
