"""Cursor pages: {"data": [...], "has_more": true, "next_cursor": "..."}, newest first by UUIDv7."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from rest_framework.request import Request

from accounts.core.errors import FieldError, invalid
from accounts.core.ids import BadId, decode, encode

LIMIT_DEFAULT, LIMIT_MAX = 50, 200
Row = TypeVar("Row", bound=Model)


def page_of(request: Request, rows: QuerySet[Row], kind: str, show: Callable[[Row], dict[str, Any]]) -> dict[str, Any]:
    """Cut one page out of `rows`; the cursor is the id of the last row shown. Raises Problem invalid_request."""
    limit = _limit(request)
    after = _cursor(request, kind)
    if after is not None:
        rows = rows.filter(pk__lt=after)
    found = list(rows.order_by("-pk")[: limit + 1])
    shown = found[:limit]
    more = len(found) > limit
    return {
        "data": [show(row) for row in shown],
        "has_more": more,
        "next_cursor": encode(kind, shown[-1].pk) if more else None,
    }


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(LIMIT_DEFAULT))
    if not text.isdecimal() or not 1 <= int(text) <= LIMIT_MAX:
        raise invalid([FieldError("/limit", "out_of_range", f"Give a number from 1 to {LIMIT_MAX}.")])
    return int(text)


def _cursor(request: Request, kind: str) -> UUID | None:
    text = request.query_params.get("cursor", "")
    if not text:
        return None
    try:
        return decode(kind, text)
    except BadId as error:
        raise invalid([FieldError("/cursor", "invalid", "Give the next_cursor of an earlier page, unchanged.")]) from error
