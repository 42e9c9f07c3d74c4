"""Reads of identity that other apps need."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from accounts.core.errors import not_found
from accounts.models import Organization
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


def facts_of(row: Organization) -> OrganizationFacts:
    """Take the facts of a row; read it with its sandbox, inside the identity door."""
    twin = getattr(row, "sandbox", None)
    return OrganizationFacts(row.id, row.slug, row.name, row.kind, row.mode, twin.id if twin else None)
