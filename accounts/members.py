"""The people of an organization: read them, change a role, let somebody go. There is always an owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count

from accounts import audit
from accounts.core.errors import FieldError, Problem, invalid, not_found
from accounts.core.ids import encode
from accounts.core.roles import roles_of
from accounts.models import Membership
from accounts.tenancy import act_as_identity


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A person in an organization."""

    id: UUID
    user_id: UUID
    name: str
    email: str
    role: str
    joined_at: datetime


def list_members(*, organization_id: UUID) -> tuple[MemberRow, ...]:
    """List the people of an organization, the longest there first."""
    with act_as_identity():
        rows = Membership.objects.select_related("user").filter(organization_id=organization_id).order_by("id")
        return tuple(MemberRow(row.id, row.user_id, row.user.name, row.user.email, row.role, row.created_at) for row in rows)


def count_members() -> dict[UUID, int]:
    """Count the people of every organization that has any."""
    with act_as_identity():
        return dict(Membership.objects.values_list("organization_id").annotate(Count("id")).order_by())


def change_role(*, membership_id: UUID, kind: str, role: str, actor: str) -> None:
    """Give a member of the organization inside whose door we stand another role; raises Problem not_found or invalid_request."""
    if role not in roles_of(kind):
        raise invalid([FieldError("/role", "unknown", f"Choose one of {', '.join(roles_of(kind))}.")])
    row = _get(membership_id)
    _keep_an_owner(row, kind, role)
    Membership.objects.filter(id=row.id).update(role=role)
    _record(row, actor, "member.role_changed", {"from": row.role, "to": role})


def remove_member(*, membership_id: UUID, kind: str, actor: str) -> None:
    """Take a member out of the organization inside whose door we stand; raises Problem not_found or conflict."""
    row = _get(membership_id)
    _keep_an_owner(row, kind, None)
    Membership.objects.filter(id=row.id).delete()
    _record(row, actor, "member.removed", {"role": row.role})


def _get(membership_id: UUID) -> Membership:
    # Locked together, so that two owners cannot demote each other at the same time.
    rows = {row.id: row for row in Membership.objects.select_for_update().order_by("id")}
    if membership_id not in rows:
        raise not_found("member")
    return rows[membership_id]


def _keep_an_owner(row: Membership, kind: str, role: str | None) -> None:
    strongest = roles_of(kind)[0]
    if row.role != strongest or role == strongest:
        return
    if not Membership.objects.filter(role=strongest).exclude(id=row.id).exists():
        raise Problem("conflict", f"This is the only {strongest}: make somebody else {strongest} first.")


def _record(row: Membership, actor: str, verb: str, changes: dict[str, str]) -> None:
    audit.record(
        organization_id=row.organization_id, actor=actor, verb=verb, subject=encode("user", row.user_id), changes=changes
    )
