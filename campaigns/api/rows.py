"""How sources and campaigns are shown."""

from __future__ import annotations

from typing import Any

from accounts.core.clock import rfc3339
from accounts.core.ids import encode
from campaigns.core.drafts import parse_draft
from campaigns.core.filters import describe
from campaigns.core.sources import source_as_json
from campaigns.models import Campaign, Source
from campaigns.selectors import get_destination, wish_of
from campaigns.verticals import load_verticals


def show_source(row: Source, currency: str) -> dict[str, Any]:
    """Give a source's wire form; the margin is the exchange's own business."""
    return {
        "id": encode("source", row.id),
        **source_as_json(wish_of(row), currency),
        "created_at": rfc3339(row.created_at),
        "updated_at": rfc3339(row.updated_at),
    }


def show_campaign(row: Campaign, currency: str, *, with_secret: bool = False) -> dict[str, Any]:
    """Give a campaign's wire form: its draft, what is in force, and its destination."""
    revision = row.published
    draft = parse_draft(row.draft, load_verticals()[row.vertical], currency=currency)
    return {
        "id": encode("campaign", row.id),
        "name": row.name,
        "vertical": row.vertical,
        "status": row.status,
        "paused_reason": row.paused_reason or None,
        **row.draft,
        "filter_text": describe(draft.filter),
        "destination": _destination(row, with_secret=with_secret),
        "revision": revision
        and {
            "id": encode("revision", revision.id),
            "number": revision.number,
            "published_at": rfc3339(revision.published_at),
        },
        "unpublished_changes": revision is None or revision.terms != row.draft,
        "created_at": rfc3339(row.created_at),
        "updated_at": rfc3339(row.updated_at),
    }


def _destination(row: Campaign, *, with_secret: bool) -> dict[str, Any] | None:
    known = getattr(row, "destination", None)
    if known is None:
        return None
    shown = {"id": encode("destination", known.id), "kind": known.kind, "url": known.url}
    return {**shown, "secret": get_destination(campaign_id=row.id).secret} if with_secret else shown
