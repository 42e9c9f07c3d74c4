"""Writes of intake in a post's transaction: lead, consent record, stored answers. Callers stand in the exchange's door."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection
from psycopg.types.json import Jsonb

from accounts import sealed
from accounts.core.errors import Problem
from accounts.core.ids import uuid7
from accounts.tenancy import act_as_exchange
from exchange.core.consent import ConsentFacts
from exchange.core.privacy import truncate_ip
from exchange.core.record import PingFacts
from exchange.intake.bodies import LeadBody
from exchange.intake.posts import AcceptedPost

_LEAD = """
INSERT INTO intake_lead (id, organization_id, ping_id, source_id, vertical, status, reasons, fields, personal,
    phone_key, email_key, payout_amount, currency, external_id, received_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_CONSENT = """
INSERT INTO intake_consentrecord (id, organization_id, lead_id, method, text_sha256, captured_at, sellers, facts,
    decision, created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_KEEP = """
INSERT INTO intake_idempotencykey (id, organization_id, route, key, fingerprint, status, answer, created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id
"""
_STORED = "SELECT fingerprint, answer FROM intake_idempotencykey WHERE organization_id = %s AND route = %s AND key = %s"


LEADS = "leads"
RULE_SET = "basic-1"


@dataclass(frozen=True, slots=True)
class Once:
    """What makes a request happen once: its body's fingerprint and, for direct leads, its key."""

    fingerprint: str
    key: str = ""
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a lead; `payout_amount` in micros."""

    lead_id: UUID
    status: str
    payout_amount: int
    reasons: list[dict[str, Any]]


def key_of_lead(idempotency_key: str, body: LeadBody) -> str:
    """Give the key of a direct lead: the header, else external_id, which is unique per source. Raises Problem."""
    if idempotency_key:
        return f"header:{idempotency_key}"
    if body.external_id:
        return f"{body.source}:{body.external_id}"
    raise Problem(
        "idempotency_key_missing", "Send an Idempotency-Key header, or external_id in the body: a lead is sold once only."
    )


def store_lead(ping: PingFacts, post: AcceptedPost, fate: Fate, once: Once, *, at: datetime) -> None:
    """Write the lead, its personal data sealed, and its consent record."""
    keys, lead_id = post.keys.by_name, fate.lead_id
    lead: tuple[Any, ...] = (
        lead_id, ping.organization_id, ping.ping_id, ping.source_id, ping.vertical, fate.status, Jsonb(fate.reasons),
        Jsonb({**ping.lead, **post.fields}), sealed.seal(_personal(post), lead_id.bytes), keys.get("phone_sha256", ""),
        keys.get("email_sha256", ""), fate.payout_amount, ping.currency, once.external_id, at,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_LEAD, lead)
        cursor.execute(_CONSENT, _consent_row(ping, post, fate, at))


def _personal(post: AcceptedPost) -> bytes:
    """Gather what must be sealed: the contact, and where and with what the person gave consent."""
    given = post.consent
    traces = {"consent_ip": given.ip, "consent_user_agent": given.user_agent} if given else {}
    return msgspec.json.encode({**post.personal, **{name: value for name, value in traces.items() if value}})


def _consent_row(ping: PingFacts, post: AcceptedPost, fate: Fate, at: datetime) -> tuple[Any, ...]:
    given = post.consent or ConsentFacts()
    facts = dataclasses.replace(given, ip=(truncate_ip(given.ip) if given.ip else None) or "", user_agent="").as_json()
    decision = {"rule_set": RULE_SET, "status": fate.status, "reasons": fate.reasons}
    return (
        uuid7(), ping.organization_id, fate.lead_id, given.method, given.text_sha256, given.captured_at,
        Jsonb(list(given.sellers)), Jsonb(facts), Jsonb(decision), at,
    )  # fmt: skip


def keep_answer(organization_id: UUID, once: Once, answer: dict[str, Any], *, at: datetime) -> bool:
    """Store an answer under its key, if it has one, in the transaction of its effect; False when another request was first."""
    if not once.key:
        return True
    with connection.cursor() as cursor:
        row: tuple[Any, ...] = (uuid7(), organization_id, LEADS, once.key, once.fingerprint, 201, Jsonb(answer), at)
        cursor.execute(_KEEP, row)
        return cursor.fetchone() is not None


def first_answer(organization_id: UUID, once: Once) -> dict[str, Any] | None:
    """Find the first answer to a key; raises Problem idempotency_key_reused for another body."""
    with act_as_exchange("an answer is looked up by its key"), connection.cursor() as cursor:
        cursor.execute(_STORED, (organization_id, LEADS, once.key))
        row = cursor.fetchone()
    if row is None:
        return None
    if row[0] != once.fingerprint:
        raise Problem("idempotency_key_reused", "This key came with another body before; use a fresh one.")
    answer: dict[str, Any] = json.loads(row[1]) if isinstance(row[1], str) else row[1]
    return answer
