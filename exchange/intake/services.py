"""Writes of intake in a post's transaction: lead and consent record. Callers stand in the exchange's door."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection
from psycopg.types.json import Jsonb

from accounts import sealed
from accounts.core.errors import FieldError, Problem, invalid
from accounts.core.ids import uuid7
from exchange.core.consent import ConsentFacts
from exchange.core.privacy import truncate_ip
from exchange.core.record import PingFacts
from exchange.intake.bodies import LeadBody
from exchange.intake.posts import AcceptedPost

_LEAD = """
WITH lead AS (
    INSERT INTO intake_lead (id, organization_id, ping_id, source_id, vertical, status, reasons, fields, personal,
        phone_key, email_key, payout_amount, currency, external_id, received_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (source_id, external_id) WHERE external_id IS NOT NULL DO NOTHING
    RETURNING id, organization_id, received_at
)
INSERT INTO intake_consentrecord (id, organization_id, lead_id, created_at, method, text_sha256, captured_at, sellers, facts,
    decision)
SELECT %s::uuid, organization_id, id, received_at, %s, %s, %s::timestamptz, %s::jsonb, %s::jsonb, %s::jsonb FROM lead
RETURNING lead_id
"""
_KNOWN = "SELECT 1 FROM intake_lead WHERE source_id = %s AND external_id = %s"

RULE_SET = "basic-1"


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


def refuse_known(source_id: UUID, external_id: str | None) -> None:
    """Refuse an external id that a lead of this source has already, before anything is held for it. Raises Problem."""
    if external_id is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, (source_id, external_id))
        if cursor.fetchone() is not None:
            raise _taken()


def _taken() -> Problem:
    words = "Another lead of this source has this external_id; it is unique per source."
    return invalid([FieldError("/external_id", "taken", words)])


def store_lead(ping: PingFacts, post: AcceptedPost, fate: Fate, external_id: str | None, *, at: datetime) -> None:
    """Write the lead, its personal data sealed, and its consent record; raises Problem for an external id that is taken."""
    keys, lead_id = post.keys.by_name, fate.lead_id
    lead: tuple[Any, ...] = (
        lead_id, ping.organization_id, ping.ping_id, ping.source_id, ping.vertical, fate.status, Jsonb(fate.reasons),
        Jsonb({**ping.lead, **post.fields}), sealed.seal(_personal(post), lead_id.bytes), keys.get("phone_sha256", ""),
        keys.get("email_sha256", ""), fate.payout_amount, ping.currency, external_id, at,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_LEAD, (*lead, *_consent_row(post, fate)))
        if cursor.fetchone() is None:
            raise _taken()


def _personal(post: AcceptedPost) -> bytes:
    """Gather what must be sealed: the contact, and where and with what the person gave consent."""
    given = post.consent
    traces = {"consent_ip": given.ip, "consent_user_agent": given.user_agent} if given else {}
    return msgspec.json.encode({**post.personal, **{name: value for name, value in traces.items() if value}})


def _consent_row(post: AcceptedPost, fate: Fate) -> tuple[Any, ...]:
    given = post.consent or ConsentFacts()
    facts = dataclasses.replace(given, ip=(truncate_ip(given.ip) if given.ip else None) or "", user_agent="").as_json()
    decision = {"rule_set": RULE_SET, "status": fate.status, "reasons": fate.reasons}
    return (
        uuid7(), given.method, given.text_sha256, given.captured_at, Jsonb(list(given.sellers)), Jsonb(facts), Jsonb(decision),
    )  # fmt: skip
