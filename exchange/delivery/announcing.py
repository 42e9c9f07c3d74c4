"""Tells events to the endpoints that asked for them: one message row for each, in the transaction of what happened."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from accounts.core.ids import uuid7
from exchange.core import events
from exchange.core.events import Event
from exchange.core.record import AuctionRecord
from scoring.core.notices import Notice

_LISTENING = """
SELECT id, organization_id, events FROM delivery_webhookendpoint
WHERE organization_id = ANY(%s) AND status = 'active' AND events ?| %s
"""
_WRITE = """
INSERT INTO delivery_webhookmessage (id, organization_id, endpoint_id, type, subject_id, body, state, attempts, next_attempt_at,
    created_at, destination, reason)
VALUES (%s, %s, %s, %s, %s, %s, 'queued', 0, %s, %s, '{}', '') ON CONFLICT DO NOTHING
"""


class _Endpoint(NamedTuple):
    id: UUID
    organization_id: UUID
    types: frozenset[str]


def announce(told: Iterable[Event]) -> int:
    """Write a message for each endpoint that wants an event; one that was told before is left out. Gives how many were wanted.

    Called in the transaction of what happened, in the exchange's door.
    """
    happened = list(told)
    endpoints = _listening({event.organization_id for event in happened}, {event.type for event in happened})
    rows = [_row(event, one.id) for event in happened for one in endpoints if _wants(one, event)]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(_WRITE, rows)
    return len(rows)


def keep_quoted(records: Sequence[AuctionRecord]) -> None:
    """Tell of the quotes in a batch of the journal; a record that comes twice is told once."""
    parties = {record.id: {record.ping.organization_id, *(bid.organization_id for bid in record.bids)} for record in records}
    listening = {
        one.organization_id for one in _listening({owner for some in parties.values() for owner in some}, {events.QUOTED})
    }
    if listening:
        announce(event for record in records if parties[record.id] & listening for event in events.quoted(record))


def keep_notice(notice: Notice) -> None:
    """Tell the operator's webhooks of an alert or a champion; called in the transaction of what happened."""
    announce([Event(notice.organization_id, notice.type, notice.subject_id, notice.at, notice.data)])


def _listening(owners: Iterable[UUID], types: Iterable[str]) -> list[_Endpoint]:
    wanted = list(owners), list(types)
    if not all(wanted):
        return []
    with connection.cursor() as cursor:
        cursor.execute(_LISTENING, wanted)
        # Django's cursors leave jsonb as text.
        return [_Endpoint(row[0], row[1], frozenset(json.loads(row[2]))) for row in cursor.fetchall()]


def _wants(endpoint: _Endpoint, event: Event) -> bool:
    return endpoint.organization_id == event.organization_id and event.type in endpoint.types


def _row(event: Event, endpoint_id: UUID) -> tuple[UUID, UUID, UUID, str, UUID, str, datetime, datetime]:
    message_id = uuid7()
    body = events.body_of(event, message_id)
    return (message_id, event.organization_id, endpoint_id, event.type, event.subject_id, body, event.at, event.at)
