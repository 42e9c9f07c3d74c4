"""The one way to write the audit trail; every service that changes something calls it in its own transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from accounts.core.clock import utc_now
from accounts.models import AuditEntry


def record(*, organization_id: UUID, actor: str, verb: str, subject: str, changes: Mapping[str, Any] | None = None) -> None:
    """Append one entry; `actor` is such as "key:key_..." or "system:journal", `changes` holds no personal data."""
    AuditEntry.objects.create(
        organization_id=organization_id, actor=actor, verb=verb, subject=subject, changes=dict(changes or {}), at=utc_now()
    )
