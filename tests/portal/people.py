"""People of the portal's tests: with a role in an organization, signed in."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.test import Client

from accounts import services
from accounts.models import ApiKey, AuditEntry, Invitation, Membership, Organization, User
from accounts.portal.sign_in import BACKEND
from accounts.tenancy import act_as_exchange, act_as_identity
from tests.cast import Member, join

PASSWORD = "a sentence nobody guesses"


@dataclass(frozen=True)
class Person:
    """Somebody with a browser of their own, signed in."""

    user_id: UUID
    email: str
    client: Client


@dataclass(frozen=True)
class House:
    """An organization of the cast by its slug."""

    slug: str
    member: Member


def house(slug: str, kind: str) -> House:
    """Create an organization."""
    return House(slug, join(slug, kind))


def person(email: str, *places: tuple[House, str]) -> Person:
    """Create somebody with roles, and sign them in."""
    user_id = services.ensure_user(email=email, name=email.partition("@")[0].title(), password=PASSWORD)
    for place, role in places:
        services.add_member(organization_id=place.member.organization_id, user_id=user_id, role=role, actor="system:test")
    return Person(user_id, email, browser(user_id))


def browser(user_id: UUID) -> Client:
    """Give a browser in which this person is signed in."""
    client = Client(headers={"accept": "text/html"})
    with act_as_identity():
        client.force_login(User.objects.get(id=user_id), backend=BACKEND)
    return client


def state() -> dict[str, list[object]]:
    """Take everything that a denied action must leave as it was."""
    with act_as_exchange("look"):
        return {
            "members": list(Membership.objects.order_by("id").values_list("id", "role")),
            "invitations": list(Invitation.objects.order_by("id").values_list("id", "accepted_at", "revoked_at")),
            "audit": list(AuditEntry.objects.order_by("id").values_list("id", flat=True)),
            "keys": list(ApiKey.objects.order_by("id").values_list("id", "expires_at", "revoked_at")),
            "organizations": list(Organization.objects.order_by("id").values_list("id", "name")),
            "users": list(User.objects.order_by("id").values_list("id", flat=True)),
        }
