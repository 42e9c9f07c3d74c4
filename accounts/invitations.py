"""Invitations: who may join an organization. The token stands only in the link; the table keeps a keyed hash of it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import QuerySet

from accounts import audit
from accounts.core.errors import FieldError, Problem, invalid, not_found
from accounts.core.ids import encode
from accounts.core.roles import roles_of
from accounts.models import Invitation, Membership, Organization, User
from accounts.services import add_member
from accounts.tenancy import act_as_exchange, act_as_identity

LIFETIME = timedelta(days=7)
WHY = "who is invited is not inside yet"


@dataclass(frozen=True, slots=True)
class IssuedInvitation:
    """A fresh invitation; `token` is never readable again."""

    invitation_id: UUID
    token: str


@dataclass(frozen=True, slots=True)
class InvitationFacts:
    """What its link shows: where to, as what, for which address, and whether somebody has that address already."""

    id: UUID
    organization_id: UUID
    organization_name: str
    organization_slug: str
    email: str
    role: str
    state: str  # open, accepted, revoked or expired
    expires_at: datetime
    known_user: bool


def digest_of(token: str) -> bytes:
    """Give the stored form of a token."""
    return hmac.new(settings.PEPPER, b"invitation:" + token.encode(), hashlib.sha256).digest()


def list_open(*, at: datetime) -> QuerySet[Invitation]:
    """List the open invitations of the organization inside whose door we stand, newest first."""
    rows: QuerySet[Invitation] = Invitation.objects.filter(accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=at)
    return rows.order_by("-id")


def invite(
    *, organization_id: UUID, kind: str, email: str, role: str, invited_by: UUID | None, actor: str, at: datetime
) -> IssuedInvitation:
    """Invite an address with a role, inside the organization's door; an earlier open invitation of the address ends.

    Raises Problem invalid_request for a bad address, a role this kind does not have, or somebody who is a member already.
    """
    email = _checked(organization_id, kind, email.strip().lower(), role)
    Invitation.objects.filter(email=email, accepted_at__isnull=True, revoked_at__isnull=True).update(revoked_at=at)
    token = secrets.token_urlsafe(24)
    row = Invitation.objects.create(
        organization_id=organization_id, email=email, role=role, digest=digest_of(token), invited_by=invited_by,
        created_at=at, expires_at=at + LIFETIME,
    )  # fmt: skip
    _record(row, actor, "invitation.created", {"role": role})
    return IssuedInvitation(row.id, token)


def _checked(organization_id: UUID, kind: str, email: str, role: str) -> str:
    found = []
    try:
        validate_email(email)
    except ValidationError:
        found.append(FieldError("/email", "invalid", "Give an address such as ann@example.com."))
    if role not in roles_of(kind):
        found.append(FieldError("/role", "unknown", f"Choose one of {', '.join(roles_of(kind))}."))
    with act_as_identity():
        if Membership.objects.filter(organization_id=organization_id, user__email__iexact=email).exists():
            found.append(FieldError("/email", "member", "This person is a member already."))
    if found:
        raise invalid(found)
    return email


def revoke(*, invitation_id: UUID, actor: str, at: datetime) -> None:
    """End an open invitation of the organization inside whose door we stand; raises Problem not_found."""
    row = Invitation.objects.filter(id=invitation_id, accepted_at__isnull=True, revoked_at__isnull=True).first()
    if row is None:
        raise not_found("invitation")
    Invitation.objects.filter(id=row.id).update(revoked_at=at)
    _record(row, actor, "invitation.revoked", {})


def look_up(*, token: str, at: datetime) -> InvitationFacts:
    """Find the invitation behind a link, whatever became of it; raises Problem not_found."""
    with act_as_exchange(WHY):
        row = Invitation.objects.filter(digest=digest_of(token)).first()
        if row is None:
            raise not_found("invitation")
        owner = Organization.objects.get(id=row.organization_id)
        known = User.objects.filter(email__iexact=row.email).exists()
    return InvitationFacts(
        id=row.id, organization_id=owner.id, organization_name=owner.name, organization_slug=owner.slug, email=row.email,
        role=row.role, state=_state(row, at), expires_at=row.expires_at, known_user=known,
    )  # fmt: skip


def _state(row: Invitation, at: datetime) -> str:
    if row.accepted_at is not None:
        return "accepted"
    if row.revoked_at is not None:
        return "revoked"
    return "open" if row.expires_at > at else "expired"


def accept(*, token: str, user_id: UUID, at: datetime) -> None:
    """Let the person whom an open invitation names join; who is a member already keeps the role.

    Raises Problem not_found, conflict when it is no longer open, forbidden for anybody else.
    """
    with act_as_exchange(WHY):
        row = _take(token, at)
        user = User.objects.get(id=user_id)
        if user.email.lower() != row.email:
            raise Problem("forbidden", f"This invitation is for {row.email}.")
        _join(row, user.id)


def sign_up(*, token: str, name: str, password: str, at: datetime) -> UUID:
    """Create the person whom an open invitation names and let them join; gives the user's id.

    Raises Problem not_found, conflict when it is no longer open or somebody has the address: then they sign in and accept.
    """
    with act_as_exchange(WHY):
        row = _take(token, at)
        if User.objects.filter(email__iexact=row.email).exists():
            raise Problem("conflict", f"{row.email} has an account: sign in, then open the link again.")
        user = User.objects.create(email=row.email, name=name.strip(), password=make_password(password))
        # The link went to this address, so opening it proves that it is theirs.
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        _join(row, user.id)
    user_id: UUID = user.id
    return user_id


def _take(token: str, at: datetime) -> Invitation:
    """Use the invitation up; of two at the same time one wins, and a refusal later rolls it back."""
    row = Invitation.objects.select_for_update().filter(digest=digest_of(token)).first()
    if row is None:
        raise not_found("invitation")
    state = _state(row, at)
    if state != "open":
        raise Problem("conflict", f"This invitation is {state}: ask for a new one.")
    Invitation.objects.filter(id=row.id).update(accepted_at=at)
    return row


def _join(row: Invitation, user_id: UUID) -> None:
    actor = f"user:{encode('user', user_id)}"
    if not Membership.objects.filter(organization_id=row.organization_id, user_id=user_id).exists():
        add_member(organization_id=row.organization_id, user_id=user_id, role=row.role, actor=actor)
    _record(row, actor, "invitation.accepted", {})


def _record(row: Invitation, actor: str, verb: str, changes: dict[str, str]) -> None:
    subject = encode("invitation", row.id)
    audit.record(organization_id=row.organization_id, actor=actor, verb=verb, subject=subject, changes=changes)
