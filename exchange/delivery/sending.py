"""The worker's side: take due rows, send them outside of any lock, record each attempt.

Taking a row is a lease: it becomes `sent` until `next_attempt_at`. A worker that is killed leaves the row there, the lease ends,
and another worker tries again. The receiver sees the same webhook-id on every attempt, so a repetition is harmless to it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from accounts import sealed
from accounts.core.errors import Problem
from accounts.core.ids import encode
from accounts.tenancy import act_as_exchange
from campaigns.core.destinations import DestinationFacts
from campaigns.selectors import get_destination
from exchange.core.disclosure import redact
from exchange.core.retry import ATTEMPTS_MAX, Outcome, after_attempt
from exchange.delivery.models import ACCEPTED, SENT, Attempt, Delivery
from exchange.wire import client, signing

BATCH_MAX = 20
LEASE = timedelta(seconds=60)
ANSWER_LENGTH_MAX = 2000
REASON_LENGTH_MAX = 300
_REASON = "deliveries go to every advertiser"
_JITTER_STEPS = 10_000

_TAKE = """
UPDATE delivery_delivery SET state = 'sent', attempts = attempts + 1, next_attempt_at = %(lease_ends_at)s
WHERE id IN (
    SELECT id FROM delivery_delivery WHERE next_attempt_at <= %(now)s AND attempts < %(attempts_max)s
    ORDER BY next_attempt_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
RETURNING id, organization_id, campaign_id, payload, attempts
"""
# Only a worker that was killed during the last attempt leaves such a row.
_BURY = """
UPDATE delivery_delivery SET state = 'dead', next_attempt_at = NULL, ended_at = %(now)s,
    reason = 'given up after ' || attempts || ' attempts; the last one was cut off'
WHERE next_attempt_at <= %(now)s AND attempts >= %(attempts_max)s
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """A leased delivery, opened for sending. `request` None: it cannot be sent, `error` says why."""

    delivery_id: UUID
    organization_id: UUID
    attempt: int
    payload: Mapping[str, Any]
    destination: DestinationFacts | None
    request: client.Request | None
    error: str = ""


def deliver_due(*, limit: int = BATCH_MAX, now: datetime) -> int:
    """Send up to `limit` due deliveries together and record each as its answer comes; gives how many were attempted."""
    taken = take_due(limit=limit, now=now)
    for one in taken:
        if one.request is None:
            record(one, client.Answer(None, {}, b"", 0, one.error), started_at=now)
    sendable = [(one, one.request) for one in taken if one.request is not None]
    for place, answer in client.send_all([request for _, request in sendable]):
        record(sendable[place][0], answer, started_at=now)
    return len(taken)


def take_due(*, limit: int, now: datetime) -> tuple[Taken, ...]:
    """Lease due deliveries to this worker, each with one attempt counted; rows that others hold are passed over."""
    with act_as_exchange(_REASON), connection.cursor() as cursor:
        cursor.execute(_BURY, {"now": now, "attempts_max": ATTEMPTS_MAX})
        cursor.execute(_TAKE, {"now": now, "lease_ends_at": now + LEASE, "attempts_max": ATTEMPTS_MAX, "limit": limit})
        rows = cursor.fetchall()
    # Looked up at each attempt, so a corrected destination serves the deliveries that wait for it.
    destinations = {campaign_id: _destination(campaign_id) for campaign_id in {row[2] for row in rows}}
    return tuple(_opened(row, destinations[row[2]], now) for row in rows)


def record(taken: Taken, answer: client.Answer, *, started_at: datetime) -> Outcome:
    """Write an attempt and what it makes of its delivery.

    When the lease has ended meanwhile and another worker holds the row, only an acceptance still counts.
    """
    ended_at = started_at + timedelta(milliseconds=answer.ms)
    headers = {name.lower(): value for name, value in answer.headers.items()}
    outcome = after_attempt(
        status=answer.status,
        error=answer.error,
        attempts=taken.attempt,
        ended_at=ended_at,
        noise=secrets.randbelow(_JITTER_STEPS) / _JITTER_STEPS,
        retry_after=headers.get("retry-after"),
    )
    with act_as_exchange(_REASON):
        Attempt.objects.create(**_attempt(taken, answer, started_at))
        _still_ours(taken, outcome).update(
            state=outcome.state,
            next_attempt_at=outcome.next_attempt_at,
            ended_at=None if outcome.state == "failed" else ended_at,
            reason=outcome.reason[:REASON_LENGTH_MAX],
            destination=_snapshot(taken.destination),
        )
    return outcome


def _still_ours(taken: Taken, outcome: Outcome) -> QuerySet[Delivery]:
    row: QuerySet[Delivery] = Delivery.objects.filter(id=taken.delivery_id)
    if outcome.state == "accepted":
        return row.exclude(state=ACCEPTED)
    return row.filter(state=SENT, attempts=taken.attempt)


def _attempt(taken: Taken, answer: client.Answer, started_at: datetime) -> dict[str, Any]:
    start = answer.body.decode(errors="replace").replace("\x00", "")
    return {
        "organization_id": taken.organization_id,
        "delivery_id": taken.delivery_id,
        "number": taken.attempt,
        "request": _head(taken),
        "status": answer.status,
        "answer": redact(start, taken.payload)[:ANSWER_LENGTH_MAX],
        "error": answer.error[:REASON_LENGTH_MAX],
        "duration_ms": answer.ms,
        "started_at": started_at,
    }


def _head(taken: Taken) -> dict[str, Any]:
    """Keep the head of a request; the values of the owner's own headers are credentials and are left out."""
    if taken.request is None or taken.destination is None:
        return {}
    own = {name.lower() for name in taken.destination.headers}
    headers = {name: "[sealed]" if name.lower() in own else value for name, value in taken.request.headers.items()}
    return {"method": taken.request.method, "url": taken.request.url, "headers": headers}


def _snapshot(destination: DestinationFacts | None) -> dict[str, str]:
    if destination is None:
        return {}
    return {"id": encode("destination", destination.destination_id), "kind": destination.kind, "url": destination.url}


def _destination(campaign_id: UUID) -> DestinationFacts | None:
    try:
        return get_destination(campaign_id=campaign_id)
    except (Problem, sealed.Unreadable):
        return None


def _opened(row: Sequence[Any], destination: DestinationFacts | None, now: datetime) -> Taken:
    delivery_id, organization_id, _, payload, attempt = row
    try:
        body = sealed.unseal(payload, delivery_id.bytes)
        request = _request(delivery_id, destination, body, now) if destination else None
    except ValueError as error:
        return Taken(delivery_id, organization_id, attempt, {}, destination, None, f"it cannot be sent: {error}")
    missing = "" if request else "the campaign has no destination"
    return Taken(delivery_id, organization_id, attempt, json.loads(body), destination, request, missing)


def _request(delivery_id: UUID, destination: DestinationFacts, body: bytes, now: datetime) -> client.Request:
    signed = signing.sign(destination.secret, message_id=encode("delivery", delivery_id), at=now, body=body)
    return client.Request(destination.url, body, headers={**destination.headers, "Content-Type": "application/json", **signed})
