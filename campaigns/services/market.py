"""The market's version: how every process learns of a change."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from accounts.selectors import get_organization
from accounts.tenancy import act_as_exchange

_RAISE = (
    "INSERT INTO campaigns_marketversion (mode, version) VALUES (%s, 1)"
    " ON CONFLICT (mode) DO UPDATE SET version = campaigns_marketversion.version + 1"
)


def touch_market(mode: str) -> None:
    """Raise the version of a mode's market in the present transaction: every process reloads it once that commits."""
    with act_as_exchange("the version belongs to the whole market"), connection.cursor() as cursor:
        cursor.execute(_RAISE, [mode])


def mode_of(organization_id: UUID) -> str:
    """Give the mode an organization trades in; raises Problem not_found."""
    return get_organization(organization_id=organization_id).mode
