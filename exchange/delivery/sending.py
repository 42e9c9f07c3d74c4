"""The worker's side: take due rows, send them outside of any lock, record each attempt.

Taking a row is a lease: it becomes `sent` until `next_attempt_at`. A worker that is killed leaves the row there, the lease ends,
and another worker tries again. The receiver sees the same webhook-id on every attempt, so a repetition is harmless to it.

A lane is one kind of thing that is sent this way: what it is made of (leads.py, events.py) is its own business.
"""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.db import connection

from accounts.tenancy import act_as_exchange
from exchange.core.disclosure import redact
from exchange.core.retry import ATTEMPTS_MAX, Outcome, after_attempt
from exchange.delivery.models import ACCEPTED, SENT, AttemptRow, OutgoingRow
from exchange.wire import client

BATCH_MAX = 20
LEASE = timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)
ANSWER_LENGTH_MAX = 2000
REASON_LENGTH_MAX = 300
WHY = "deliveries go to everybody"
_JITTER_STEPS = 10_000

# A CTE runs once. As a search inside the WHERE some plans run it for each row, and each time the limit begins anew.
_TAKE = """
WITH first_due AS MATERIALIZED (
    SELECT due.id FROM {table} due WHERE due.next_attempt_at <= %(now)s AND due.attempts < %(attempts_max)s AND {ready}
    ORDER BY due.next_attempt_at, due.id LIMIT %(limit)s FOR UPDATE OF due SKIP LOCKED
)
UPDATE {table} SET state = 'sent', attempts = attempts + 1, next_attempt_at = %(lease_ends_at)s
WHERE id IN (SELECT id FROM first_due)
RETURNING id, organization_id, attempts, earlier_attempts, {columns}
"""
# Only a worker that was killed during the last attempt leaves such a row.
_BURY = """
UPDATE {table} SET state = 'dead', next_attempt_at = NULL, ended_at = %(now)s,
    reason = 'given up after ' || attempts || ' attempts; the last one was cut off'
WHERE next_attempt_at <= %(now)s AND attempts >= %(attempts_max)s
"""


@dataclass(frozen=True, slots=True)
class Leased:
    """A row that was taken: `attempt` counts for the schedule, `number` over all runs, `columns` are the lane's own."""

    row_id: UUID
    organization_id: UUID
    attempt: int
    number: int
    columns: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """A leased row, opened for sending. `request` None: it cannot be sent, `error` says why.

    `target_id` is the campaign or endpoint it goes to, `target` what is kept of it; `hidden` names the headers that are the
    owner's credentials; `personal` is what must not stand in a kept answer.
    """

    lease: Leased
    target_id: UUID
    request: client.Request | None
    error: str = ""
    target: Mapping[str, str] = field(default_factory=dict)
    hidden: Collection[str] = ()
    personal: Mapping[str, Any] = field(default_factory=dict)


class Lane(ABC):
    """One kind of thing that is sent: its tables, what it is made of, and what follows from an attempt.

    `parent` names the column by which an attempt knows its row. `ready` is SQL: what must hold of a row `due` besides that its
    time has come; `columns` are read with it.
    """

    rows: ClassVar[type[OutgoingRow]]
    attempts: ClassVar[type[AttemptRow]]
    parent: ClassVar[str]
    ready: ClassVar[str]
    columns: ClassVar[tuple[str, ...]]

    @abstractmethod
    def open(self, leases: Sequence[Leased], now: datetime) -> tuple[Taken, ...]:
        """Make the requests of leased rows."""

    @abstractmethod
    def follow(self, taken: Taken, outcome: Outcome, *, at: datetime, changed: bool) -> None:
        """Write what an attempt causes, in its transaction; `changed` says whether the row became what the outcome says."""

    @abstractmethod
    def conclude(self, taken: Taken, outcome: Outcome, *, at: datetime) -> None:
        """Do what an attempt causes outside of its transaction."""


def deliver_due(lane: Lane, *, limit: int = BATCH_MAX, now: datetime) -> int:
    """Send up to `limit` due rows together and record each as its answer comes; gives how many were attempted."""
    taken = take_due(lane, limit=limit, now=now)
    for one in taken:
        if one.request is None:
            record(lane, one, client.Answer(None, {}, b"", 0, one.error), started_at=now)
    sendable = [(one, one.request) for one in taken if one.request is not None]
    for place, answer in client.send_all([request for _, request in sendable]):
        record(lane, sendable[place][0], answer, started_at=now)
    return len(taken)


def take_due(lane: Lane, *, limit: int, now: datetime) -> tuple[Taken, ...]:
    """Lease due rows to this worker, each with one attempt counted; rows that others hold are passed over."""
    # All three names come from the lanes' own sources.
    parts = {"table": lane.rows._meta.db_table, "ready": lane.ready, "columns": ", ".join(lane.columns)}
    named: dict[str, Any] = {"now": now, "lease_ends_at": now + LEASE, "attempts_max": ATTEMPTS_MAX, "limit": limit}
    with act_as_exchange(WHY), connection.cursor() as cursor:
        cursor.execute(_BURY.format(**parts), {"now": now, "attempts_max": ATTEMPTS_MAX})
        cursor.execute(_TAKE.format(**parts), named)
        leases = [Leased(row[0], row[1], row[2], row[2] + row[3], tuple(row[4:])) for row in cursor.fetchall()]
    return lane.open(leases, now)


def record(lane: Lane, taken: Taken, answer: client.Answer, *, started_at: datetime) -> Outcome:
    """Write an attempt and what it makes of its row.

    When the lease has ended meanwhile and another worker holds the row, only an acceptance still counts.
    """
    ended_at = started_at + timedelta(milliseconds=answer.ms)
    headers = {name.lower(): value for name, value in answer.headers.items()}
    outcome = after_attempt(
        status=answer.status,
        error=answer.error,
        attempts=taken.lease.attempt,
        ended_at=ended_at,
        noise=secrets.randbelow(_JITTER_STEPS) / _JITTER_STEPS,
        retry_after=headers.get("retry-after"),
    )
    with act_as_exchange(WHY):
        lane.attempts.objects.create(**{lane.parent: taken.lease.row_id}, **_attempt(taken, answer, started_at))
        changed = _change(lane, taken, outcome, ended_at)
        lane.follow(taken, outcome, at=ended_at, changed=changed)
    lane.conclude(taken, outcome, at=ended_at)
    return outcome


def _change(lane: Lane, taken: Taken, outcome: Outcome, ended_at: datetime) -> bool:
    lease = taken.lease
    row = lane.rows.objects.filter(id=lease.row_id)
    if outcome.state == "accepted":
        ours = row.exclude(state=ACCEPTED)
    else:
        ours = row.filter(state=SENT, attempts=lease.attempt, earlier_attempts=lease.number - lease.attempt)
    changed = ours.update(
        state=outcome.state,
        next_attempt_at=outcome.next_attempt_at,
        ended_at=None if outcome.state == "failed" else ended_at,
        reason=outcome.reason[:REASON_LENGTH_MAX],
        destination=dict(taken.target),
    )
    return bool(changed)


def _attempt(taken: Taken, answer: client.Answer, started_at: datetime) -> dict[str, Any]:
    start = answer.body.decode(errors="replace").replace("\x00", "")
    return {
        "organization_id": taken.lease.organization_id,
        "number": taken.lease.number,
        "request": head_of(taken.request, taken.hidden) if taken.request else {},
        "status": answer.status,
        "answer": redact(start, taken.personal)[:ANSWER_LENGTH_MAX],
        "error": answer.error[:REASON_LENGTH_MAX],
        "duration_ms": answer.ms,
        "started_at": started_at,
    }


def head_of(request: client.Request, hidden: Collection[str]) -> dict[str, Any]:
    """Give the head of a request as it may be kept and shown: the values of the owner's own headers are credentials."""
    own = {name.lower() for name in hidden}
    headers = {name: "[sealed]" if name.lower() in own else value for name, value in request.headers.items()}
    return {"method": request.method, "url": request.url, "headers": headers}
