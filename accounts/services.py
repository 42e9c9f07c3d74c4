"""Writes of identity: organizations with their twins, users, memberships, keys."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db.models import Q

from accounts import audit
from accounts.core.clock import utc_now
from accounts.core.errors import FieldError, Problem, invalid
from accounts.core.ids import encode
from accounts.core.roles import KINDS, ROLES
from accounts.identity import digest_of, forget_keys, new_key
from accounts.ledger.services import open_accounts
from accounts.models import ApiKey, Membership, Organization, User
from accounts.tenancy import act_as_exchange

KEY_NAME_LENGTH_MAX = 80
# The sandbox adds a word to it, and the column ends at 120.
ORGANIZATION_NAME_LENGTH_MAX = 100


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A fresh key; `key` is never readable again."""

    key_id: UUID
    key: str


def create_organization(*, name: str, slug: str, kind: str, actor: str) -> Organization:
    """Create a live organization and its sandbox twin, each with its accounts.

    Raises Problem for a taken slug, an unknown kind, or a second operator.
    """
    if kind not in KINDS:
        raise invalid([FieldError("/kind", "unknown", f"Choose one of {', '.join(KINDS)}.")])
    with act_as_exchange("an organization has no door of its own before it exists"):
        if Organization.objects.filter(slug=slug).exists():
            raise invalid([FieldError("/slug", "taken", f"{slug} belongs to another organization; choose another.")])
        live = Organization.objects.create(name=name, slug=slug, kind=kind, mode="live")
        Organization.objects.create(name=f"{name} (test)", slug=f"{slug}-test", kind=kind, mode="test", live=live)
        open_accounts(organization_id=live.id, actor=actor)
        audit.record(
            organization_id=live.id,
            actor=actor,
            verb="organization.created",
            subject=encode("organization", live.id),
            changes={"kind": kind},
        )
    return live


def rename_organization(*, organization_id: UUID, name: str, actor: str) -> None:
    """Give a live organization, and with it its sandbox, another name; an unchanged one changes nothing.

    Raises Problem invalid_request.
    """
    name = " ".join(name.split())
    if not 0 < len(name) <= ORGANIZATION_NAME_LENGTH_MAX:
        raise invalid([FieldError("/name", "invalid", f"Give a name of at most {ORGANIZATION_NAME_LENGTH_MAX} characters.")])
    with act_as_exchange("names of organizations are the exchange's rows"):
        live = Organization.objects.select_for_update().get(id=organization_id, mode="live")
        if live.name == name:
            return
        Organization.objects.filter(id=live.id).update(name=name)
        Organization.objects.filter(live_id=live.id).update(name=f"{name} (test)")
        changes = {"name": {"from": live.name, "to": name}}
        subject = encode("organization", live.id)
        audit.record(organization_id=live.id, actor=actor, verb="organization.renamed", subject=subject, changes=changes)
    # A caller carries the name of its organization.
    forget_keys()


def set_pooling(*, organization_id: UUID, pools: bool, actor: str) -> None:
    """Let the models of all learn from what a live organization and its sandbox report, or keep it private."""
    with act_as_exchange("organizations are the exchange's rows"):
        live = Organization.objects.select_for_update().get(id=organization_id, mode="live")
        if live.pools_outcomes == pools:
            return
        Organization.objects.filter(Q(id=live.id) | Q(live_id=live.id)).update(pools_outcomes=pools)
        changes = {"pools_outcomes": {"from": live.pools_outcomes, "to": pools}}
        subject = encode("organization", live.id)
        audit.record(organization_id=live.id, actor=actor, verb="outcomes.pooling_set", subject=subject, changes=changes)


def ensure_user(*, email: str, name: str, password: str) -> UUID:
    """Create a person who can sign in, or give a known one this name and password."""
    from allauth.account.models import EmailAddress  # only here: the market pool runs without the sign-in apps

    with act_as_exchange("users belong to no organization"):
        row, _ = User.objects.update_or_create(
            email=email.strip().lower(), defaults={"name": name, "password": make_password(password)}
        )
        # Whoever creates a person vouches for the address: signing in asks for no further proof of it.
        EmailAddress.objects.update_or_create(user=row, email=row.email, defaults={"verified": True, "primary": True})
    user_id: UUID = row.id
    return user_id


def add_member(*, organization_id: UUID, user_id: UUID, role: str, actor: str) -> Membership:
    """Give a user a role in an organization, or change it."""
    if role not in ROLES:
        raise invalid([FieldError("/role", "unknown", f"Choose one of {', '.join(ROLES)}.")])
    with act_as_exchange("the new member is not inside yet"):
        member, _ = Membership.objects.update_or_create(organization_id=organization_id, user_id=user_id, defaults={"role": role})
        audit.record(
            organization_id=organization_id,
            actor=actor,
            verb="member.added",
            subject=encode("user", user_id),
            changes={"role": role},
        )
    return member


def issue_key(
    *,
    organization_id: UUID,
    name: str,
    actor: str,
    scopes: Iterable[str] | None = None,
    ip_allow: Iterable[str] = (),
    expires_at: datetime | None = None,
    rate_limit: int | None = None,
) -> IssuedKey:
    """Make an API key with the given scopes, or all that the organization's kind may have.

    Raises Problem invalid_request for an empty name, no scope, or one that is not for this kind.
    """
    with act_as_exchange("keys are issued for an organization by its managers or the set-up"):
        owner = Organization.objects.get(id=organization_id)
        wanted = KINDS[owner.kind] if scopes is None else frozenset(scopes)
        _check_key(name, wanted, owner.kind)
        key = new_key(owner.mode)
        row = ApiKey.objects.create(
            organization_id=organization_id, name=name, prefix=key[:8], last4=key[-4:], digest=digest_of(key),
            scopes=sorted(wanted), ip_allow=list(ip_allow), expires_at=expires_at, rate_limit=rate_limit,
        )  # fmt: skip
        audit.record(
            organization_id=organization_id,
            actor=actor,
            verb="key.issued",
            subject=encode("key", row.id),
            changes={"scopes": sorted(wanted)},
        )
    return IssuedKey(row.id, key)


def _check_key(name: str, wanted: frozenset[str], kind: str) -> None:
    found = []
    if not 0 < len(name.strip()) <= KEY_NAME_LENGTH_MAX:
        found.append(FieldError("/name", "invalid", f"Give a name of at most {KEY_NAME_LENGTH_MAX} characters."))
    if not wanted:
        found.append(FieldError("/scopes", "required", "Choose at least one: a key without scopes may do nothing."))
    if wanted - KINDS[kind]:
        words = f"{', '.join(sorted(wanted - KINDS[kind]))} is not for this kind of organization."
        found.append(FieldError("/scopes", "not_allowed", words))
    if found:
        raise invalid(found)


def revoke_key(*, organization_id: UUID, key_id: UUID, actor: str) -> None:
    """Revoke a key: at once in this process, within the cache's lifetime in all others."""
    with act_as_exchange("revoking must work for the operator too"):
        changed = ApiKey.objects.filter(id=key_id, organization_id=organization_id, revoked_at__isnull=True).update(
            revoked_at=utc_now()
        )
        if not changed:
            raise Problem("not_found", "No such key.")
        audit.record(organization_id=organization_id, actor=actor, verb="key.revoked", subject=encode("key", key_id))
    forget_keys()
