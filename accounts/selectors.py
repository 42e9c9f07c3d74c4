"""Reads of identity that other apps need."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.core.errors import not_found
from accounts.models import ApiKey, AuditEntry, Organization
from accounts.tenancy import act_as_identity


@dataclass(frozen=True, slots=True)
class OrganizationFacts:
    """What others may know of an organization."""

    id: UUID
    slug: str
    name: str
    kind: str
    mode: str
    sandbox_id: UUID | None
    pools_outcomes: bool = False


def get_organization(*, slug: str | None = None, organization_id: UUID | None = None) -> OrganizationFacts:
    """Find one organization by slug or id; raises Problem not_found."""
    wanted = {"slug": slug} if slug is not None else {"id": organization_id}
    with act_as_identity():
        row = Organization.objects.select_related("sandbox").filter(**wanted).first()
    if row is None:
        raise not_found("organization")
    return facts_of(row)


def list_organizations(*, mode: str) -> tuple[OrganizationFacts, ...]:
    """List all organizations of a mode, oldest first."""
    with act_as_identity():
        return tuple(facts_of(row) for row in Organization.objects.select_related("sandbox").filter(mode=mode).order_by("id"))


def list_pooling() -> frozenset[UUID]:
    """Name the organizations, sandboxes among them, whose outcomes may teach the models of all."""
    with act_as_identity():
        return frozenset(Organization.objects.filter(pools_outcomes=True).values_list("id", flat=True))


def get_operator() -> OrganizationFacts:
    """Give the organization that runs the exchange; raises Problem not_found before there is one."""
    with act_as_identity():
        row = Organization.objects.select_related("sandbox").filter(mode="live", kind="operator").order_by("id").first()
    if row is None:
        raise not_found("operator")
    return facts_of(row)


@dataclass(frozen=True, slots=True)
class AuditFacts:
    """One change: who did what to which row, and what changed."""

    at: datetime
    actor: str
    verb: str
    subject: str
    changes: Mapping[str, Any]


def latest_audit(limit: int, *, without: Collection[str] = ()) -> tuple[AuditFacts, ...]:
    """List the newest changes of the organization inside whose door we stand, without some verbs, the newest first."""
    rows = AuditEntry.objects.exclude(verb__in=without).order_by("-id")[:limit]
    return tuple(AuditFacts(row.at, row.actor, row.verb, row.subject, row.changes) for row in rows)


def count_keys(*, at: datetime) -> int:
    """Count the keys that work, of the organization inside whose door we stand."""
    expired = Q(expires_at__isnull=False, expires_at__lte=at)
    return int(ApiKey.objects.filter(revoked_at__isnull=True).exclude(expired).count())


def facts_of(row: Organization) -> OrganizationFacts:
    """Take the facts of a row; read it with its sandbox, inside the identity door."""
    twin = getattr(row, "sandbox", None)
    return OrganizationFacts(row.id, row.slug, row.name, row.kind, row.mode, twin.id if twin else None, row.pools_outcomes)
