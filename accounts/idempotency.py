"""Once per key: a request's answer is stored in the transaction of its effect, and given again to whoever repeats the request.

`take` before the effect, `keep` after it, both inside one door. While the transaction lasts its key is locked: a second request
waits for it. When the first fails, key and effect are undone together and the second one starts anew.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection
from psycopg.errors import LockNotAvailable
from psycopg.types.json import Jsonb

from accounts.core.errors import Problem
from accounts.core.ids import uuid7

KEY_LENGTH_MAX = 120
WAIT_SECONDS = 5

_WAIT = f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'"
_TAKE = """
INSERT INTO accounts_idempotencykey (id, organization_id, route, key, fingerprint, status, answer, created_at)
VALUES (%s, %s, %s, %s, %s, 0, NULL, %s) ON CONFLICT DO NOTHING RETURNING id
"""
_FIRST = """
SELECT fingerprint, status, answer FROM accounts_idempotencykey WHERE organization_id = %s AND route = %s AND key = %s
"""
_FORGET = """
DELETE FROM accounts_idempotencykey WHERE organization_id = %s AND route = %s AND key = %s AND created_at < %s
"""
_KEEP = """
UPDATE accounts_idempotencykey SET status = %s, answer = %s WHERE organization_id = %s AND route = %s AND key = %s
"""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request that happens once: whose, where, its key ("" for none) and the fingerprint of what it says.

    A key of the sender's own is kept for good; one that was made of the body only for `kept_for`.
    """

    organization_id: UUID
    route: str
    key: str
    fingerprint: str
    kept_for: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """The first answer to a key."""

    status: int
    body: Any


def take(ask: Ask, *, at: datetime) -> Kept | None:
    """Take a key for the present transaction; None: it is ours (or there is none), and `keep` follows the effect.

    Gives the first answer when the key was used before. Raises Problem idempotency_key_reused when that request said something
    else, conflict when it is still under way after five seconds.
    """
    if not ask.key:
        return None
    place = (ask.organization_id, ask.route, ask.key)
    with connection.cursor() as cursor:
        cursor.execute(_WAIT)
        if ask.kept_for is not None:
            cursor.execute(_FORGET, (*place, at - ask.kept_for))
        try:
            cursor.execute(_TAKE, (uuid7(), *place, ask.fingerprint, at))
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                raise _under_way() from error
            raise
        if cursor.fetchone() is not None:
            return None
        cursor.execute(_FIRST, place)
        fingerprint, status, answer = cursor.fetchone()
    if fingerprint != ask.fingerprint:
        raise Problem("idempotency_key_reused", "This key came with another request before; use a fresh one.")
    # Django's cursors leave jsonb as text.
    return Kept(status, json.loads(answer) if isinstance(answer, str) else answer)


def keep(ask: Ask, status: int, answer: Any) -> None:
    """Store the answer under the key taken in this transaction; leave out beforehand what may be shown once only."""
    if not ask.key:
        return
    with connection.cursor() as cursor:
        values: tuple[Any, ...] = (status, Jsonb(answer), ask.organization_id, ask.route, ask.key)
        cursor.execute(_KEEP, values)


def _under_way() -> Problem:
    return Problem("conflict", "The first request with this key is still under way; repeat it.", headers={"Retry-After": "1"})
