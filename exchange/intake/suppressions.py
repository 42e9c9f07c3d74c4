"""The rows of suppression lists: who must not be sold to whom, as keyed hashes only."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Count, F, Min

from accounts import audit
from accounts.core.ids import encode, uuid7
from accounts.tenancy import act_as
from exchange.core.contact_lists import Named
from exchange.intake.models import Suppression

_ADD = """
WITH added AS (
    INSERT INTO intake_suppression (id, organization_id, kind, key, contact, created_at)
    SELECT unnest(%s::uuid[]), %s, unnest(%s::text[]), unnest(%s::text[]), unnest(%s::text[]), now()
    ON CONFLICT (organization_id, kind, key) DO NOTHING RETURNING key, contact
) SELECT count(*) FROM added WHERE key = contact
"""
_REMOVE = "DELETE FROM intake_suppression WHERE contact = ANY(%s) RETURNING key, contact"


def add_rows(*, organization_id: UUID, contacts: Sequence[Named]) -> int:
    """Put contacts on an organization's list, those that stand there stay; gives how many are new.

    One contact has a row per algorithm, because pings may bring any; `contact` is the same in all of them.
    """
    rows = {key: one for one in contacts for key in one.keys.all}
    ids = [uuid7() for _ in rows]
    with act_as(organization_id), connection.cursor() as cursor:
        kinds, owners = [one.kind for one in rows.values()], [one.contact for one in rows.values()]
        cursor.execute(_ADD, [ids, organization_id, kinds, list(rows), owners])
        return int(cursor.fetchone()[0])


def remove_rows(*, organization_id: UUID, contacts: Sequence[Named]) -> tuple[int, frozenset[str]]:
    """Take contacts off an organization's list; gives how many stood there, and every key that stood for one of them."""
    with act_as(organization_id), connection.cursor() as cursor:
        cursor.execute(_REMOVE, [[one.contact for one in contacts]])
        removed = cursor.fetchall()
    return len({contact for _, contact in removed}), frozenset(key for key, _ in removed)


def note(*, organization_id: UUID, actor: str, verb: str, contacts: int) -> None:
    """Write a change of a list into the trail: how many, never who."""
    subject = encode("organization", organization_id)
    with act_as(organization_id):
        audit.record(organization_id=organization_id, actor=actor, verb=verb, subject=subject, changes={"contacts": contacts})


def count_listed() -> dict[str, int]:
    """Count the contacts on the list of the organization inside whose door we are, by kind."""
    mine = Suppression.objects.filter(key=F("contact")).values("kind").annotate(count=Count("id")).order_by("kind")
    return {row["kind"]: row["count"] for row in mine}


def listed_since(contacts: Collection[str]) -> Mapping[str, datetime]:
    """Give since when each of these contacts stands on the list inside the present door; one that does not is left out."""
    rows = Suppression.objects.filter(contact__in=list(contacts)).values("contact").annotate(since=Min("created_at"))
    return {row["contact"]: row["since"] for row in rows}
