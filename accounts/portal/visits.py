"""Who stands where: from a signed-in user and the slug in the address to organization, role and scopes."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.core.ids import encode
from accounts.core.roles import portal_scopes_for
from accounts.identity import Caller
from accounts.models import Membership, Organization, User
from accounts.selectors import OrganizationFacts, facts_of
from accounts.tenancy import act_as_identity


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """A signed-in person inside an organization."""

    user_id: UUID
    name: str
    email: str
    role: str
    scopes: frozenset[str]

    @property
    def actor(self) -> str:
        """How the audit trail names this person."""
        return f"user:{encode('user', self.user_id)}"

    @property
    def initials(self) -> str:
        """One or two letters for a small circle."""
        words = [word for word in self.name.split() if word[0].isalpha()] or [self.email]
        return "".join(word[0] for word in (words[0], *words[1:][-1:])).upper()


@dataclass(frozen=True, slots=True)
class Place:
    """An organization that the person can switch to, by its live half."""

    slug: str
    name: str
    kind: str
    role: str


@dataclass(frozen=True, slots=True)
class Visit:
    """One request inside an organization; `twin_slug` is its other half: the sandbox, or from there the live one."""

    organization: OrganizationFacts
    member: MemberFacts
    live_id: UUID
    live_slug: str
    twin_slug: str
    places: tuple[Place, ...]


class PortalRequest(HttpRequest):
    """A request that passed the middleware of the portal. The whole view runs inside the door of `organization`.

    `caller` is the reader as the selectors of reporting know one.
    """

    organization: OrganizationFacts
    member: MemberFacts
    caller: Caller
    visit: Visit
    htmx: HtmxDetails


def caller_of_visit(visit: Visit) -> Caller:
    """Describe a person to code that knows keys: same organization, same scopes, no key of its own."""
    facts, member = visit.organization, visit.member
    return Caller(facts.id, facts.name, facts.kind, facts.mode, member.user_id, member.scopes, (), None)


def list_places(user_id: UUID) -> tuple[Place, ...]:
    """List the organizations of a person by name."""
    with act_as_identity():
        return tuple(_place(row) for row in _memberships(user_id))


def find_visit(user: User, slug: str) -> Visit | None:
    """Give the visit of a person to the organization or sandbox with this slug; None when they do not belong there."""
    with act_as_identity():
        rows = _memberships(user.id)
        for row in rows:
            if row.organization.slug == slug or _sandbox(row).slug == slug:
                return _visit(user, row, slug, tuple(map(_place, rows)))
    return None


def _memberships(user_id: UUID) -> list[Membership]:
    rows = Membership.objects.select_related("organization__sandbox").filter(user_id=user_id, organization__mode="live")
    return list(rows.order_by("organization__name", "id"))


def _sandbox(row: Membership) -> Organization:
    sandbox: Organization = row.organization.sandbox
    return sandbox


def _place(row: Membership) -> Place:
    return Place(row.organization.slug, row.organization.name, row.organization.kind, row.role)


def _visit(user: User, row: Membership, slug: str, places: tuple[Place, ...]) -> Visit:
    live, sandbox = row.organization, _sandbox(row)
    here = facts_of(live)
    if slug != live.slug:
        here = OrganizationFacts(sandbox.id, sandbox.slug, live.name, sandbox.kind, sandbox.mode, None)
    member = MemberFacts(user.id, user.name, user.email, row.role, portal_scopes_for(live.kind, row.role))
    twin = sandbox.slug if slug == live.slug else live.slug
    return Visit(here, member, live.id, live.slug, twin, places)
