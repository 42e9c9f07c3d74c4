"""Tells the operator's systems of alerts and champions, in the transaction of what happened.

Who takes a notice stands above scoring, so settings name it (SCORING_KEEPERS), as they do for the records of the journal.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.selectors import get_organization
from scoring.core.notices import Notice, Rung, of_alert, of_champion
from scoring.models import Alert, AliasMove

Keep = Callable[[Notice], object]


def page_of(slug: str, path: str) -> str:
    """Give the address of a page of an organization."""
    return f"{settings.BASE_URL}/o/{slug}/{path}"


def announce_alert(row: Alert, *, organization_id: UUID) -> None:
    """Tell that an alert was opened, or closed where it is. `organization_id` is the operator's."""
    rung = Rung(
        row.id, row.vertical, row.kind, row.level, row.report.model_version, row.figures, row.opened_at, row.closed_at
    )  # fmt: skip
    _keep(of_alert(rung, organization_id, _page(organization_id, "scoring/alerts")))


def announce_champion(move: AliasMove, *, previous: str | None, organization_id: UUID) -> None:
    """Tell which version serves a vertical now, and the name of the one before. `organization_id` is the operator's."""
    version = move.version
    url = _page(organization_id, f"models/{version.model.vertical}")
    notice = of_champion(
        organization_id=organization_id, move_id=move.id, kind=move.kind, vertical=version.model.vertical, version=version.name,
        previous=previous, at=move.moved_at, url=url,
    )  # fmt: skip
    _keep(notice)


def _page(organization_id: UUID, path: str) -> str:
    return page_of(get_organization(organization_id=organization_id).slug, path)


def _keep(notice: Notice) -> None:
    for name in settings.SCORING_KEEPERS:
        keep: Keep = import_string(name)
        keep(notice)
