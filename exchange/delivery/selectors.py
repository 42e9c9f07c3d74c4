"""Reads of deliveries. Inside act_as(org) they show the advertiser's own rows only."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count

from accounts import sealed
from accounts.core.errors import not_found
from exchange.delivery.models import Attempt, Delivery

LIST_MAX = 200


@dataclass(frozen=True, slots=True)
class AttemptFacts:
    """One try of a delivery; `status` None when no answer came."""

    number: int
    status: int | None
    answer: str
    error: str
    duration_ms: int
    started_at: datetime


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
    return _facts(_row(delivery_id))


def list_deliveries(*, before: UUID | None = None, limit: int = LIST_MAX) -> tuple[DeliveryFacts, ...]:
    """List deliveries, newest first, older than the id `before`."""
    rows = Delivery.objects.defer("payload").order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    return tuple(_facts(row) for row in rows[: min(limit, LIST_MAX)])


def list_deliveries_of_lead(lead_id: UUID) -> tuple[DeliveryFacts, ...]:
    """List the deliveries of one lead in the order they were made."""
    return tuple(_facts(row) for row in Delivery.objects.defer("payload").filter(lead_id=lead_id).order_by("id"))


def states_of_sales(sale_ids: Collection[UUID]) -> dict[UUID, str]:
    """Give the state of the delivery of each of these sales that has one."""
    return dict(Delivery.objects.filter(sale_id__in=sale_ids).values_list("sale_id", "state")) if sale_ids else {}


def list_attempts(delivery_id: UUID) -> tuple[AttemptFacts, ...]:
    """List the attempts of one delivery in order."""
    rows = Attempt.objects.filter(delivery_id=delivery_id).order_by("number", "id")
    return tuple(AttemptFacts(row.number, row.status, row.answer, row.error, row.duration_ms, row.started_at) for row in rows)


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


def _facts(row: Delivery) -> DeliveryFacts:
    return DeliveryFacts(
        delivery_id=row.id,
        sale_id=row.sale_id,
        lead_id=row.lead_id,
        campaign_id=row.campaign_id,
        destination=row.destination,
        state=row.state,
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
        created_at=row.created_at,
        ended_at=row.ended_at,
        reason=row.reason,
        disclosed=tuple(row.disclosed),
    )
