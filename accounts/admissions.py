"""How an organization comes in: created with its sandbox and accounts, and its first owner invited, or nothing at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.core.errors import FieldError, invalid
from accounts.core.roles import roles_of
from accounts.invitations import invite
from accounts.services import create_organization
from accounts.tenancy import act_as

KINDS = ("publisher", "advertiser", "both")
NAME_LENGTH_MAX, SLUG_LENGTH_MAX = 110, 55
# The sandbox twin is called <name> (test) and <slug>-test.
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_TAKEN = re.compile(r".*-test")


@dataclass(frozen=True, slots=True)
class Admitted:
    """A new organization; `token` of its owner's invitation is never readable again."""

    organization_id: UUID
    slug: str
    token: str


def admit(*, name: str, slug: str, kind: str, email: str, actor: str, invited_by: UUID | None, at: datetime) -> Admitted:
    """Create an organization and invite its first owner. Raises Problem invalid_request that names every wrong field."""
    name, slug = name.strip(), slug.strip().lower()
    wrong = [*_wrong_with(name, slug)]
    if kind not in KINDS:
        wrong.append(FieldError("/kind", "unknown", f"Choose one of {', '.join(KINDS)}."))
    if wrong:
        raise invalid(wrong)
    with transaction.atomic():
        live = create_organization(name=name, slug=slug, kind=kind, actor=actor)
        with act_as(live.id):
            issued = invite(
                organization_id=live.id, kind=kind, email=email, role=roles_of(kind)[0], invited_by=invited_by, actor=actor, at=at
            )
    return Admitted(live.id, slug, issued.token)


def _wrong_with(name: str, slug: str) -> list[FieldError]:
    wrong = []
    if not 0 < len(name) <= NAME_LENGTH_MAX:
        wrong.append(FieldError("/name", "invalid", f"Give 1 to {NAME_LENGTH_MAX} characters."))
    if len(slug) > SLUG_LENGTH_MAX or not _SLUG.fullmatch(slug):
        words = f"Give at most {SLUG_LENGTH_MAX} small letters, digits and single hyphens, such as lone-star."
        wrong.append(FieldError("/slug", "invalid", words))
    elif _TAKEN.fullmatch(slug):
        wrong.append(FieldError("/slug", "reserved", "Addresses that end in -test belong to sandboxes; choose another."))
    return wrong
