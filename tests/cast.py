"""The cast of every tenancy test: operator, publisher, advertiser, their rivals, and a stranger."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from accounts import services
from accounts.selectors import get_organization


@dataclass(frozen=True)
class Member:
    """One organization with a live and a test key."""

    organization_id: UUID
    sandbox_id: UUID
    key: str
    test_key: str
    key_id: UUID

    @property
    def headers(self) -> dict[str, str]:
        """Give the Authorization header of the live key."""
        return {"Authorization": f"Bearer {self.key}"}

    @property
    def test_headers(self) -> dict[str, str]:
        """Give the Authorization header of the test key."""
        return {"Authorization": f"Bearer {self.test_key}"}


def join(slug: str, kind: str) -> Member:
    """Create an organization with accounts and keys."""
    live = services.create_organization(name=slug.title(), slug=slug, kind=kind, actor="system:test")
    sandbox_id = get_organization(organization_id=live.id).sandbox_id
    assert sandbox_id is not None
    issued = services.issue_key(organization_id=live.id, name="live", actor="system:test")
    test = services.issue_key(organization_id=sandbox_id, name="test", actor="system:test")
    return Member(live.id, sandbox_id, issued.key, test.key, issued.key_id)
