"""Ids in addresses of pages: of rows and of the next page of a list."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import Http404

from accounts.core.ids import BadId, decode, encode
from accounts.portal.visits import PortalRequest

ROWS = 50
Row = TypeVar("Row", bound=Model)


def id_of(kind: str, text: str) -> UUID:
    """Read an id of an address; what is none is not there: Http404."""
    try:
        return decode(kind, text)
    except BadId as error:
        raise Http404 from error


def before_of(request: PortalRequest, kind: str) -> UUID | None:
    """Read where a page of a list begins: ?before=<id>."""
    text = request.GET.get("before", "")
    return id_of(kind, text) if text else None


def older_url(kind: str, older: UUID | None) -> str:
    """Give the address of the next page, "" after the last."""
    return f"?before={encode(kind, older)}" if older else ""


def cut(request: PortalRequest, rows: QuerySet[Row], kind: str) -> tuple[list[Row], dict[str, str]]:
    """Cut one page out of rows, newest first; gives it with what the paginator shows, the other filters of the address kept."""
    before = before_of(request, kind)
    ordered = rows.order_by("-pk") if before is None else rows.filter(pk__lt=before).order_by("-pk")
    found = list(ordered[: ROWS + 1])
    shown, query = found[:ROWS], request.GET.copy()
    query.pop("before", None)
    newer = "" if before is None else f"?{query.urlencode()}"
    older = ""
    if len(found) > ROWS:
        query["before"] = encode(kind, shown[-1].pk)
        older = f"?{query.urlencode()}"
    return shown, {"newer": newer, "older": older, "shown": f"{len(shown)} {'newest' if before is None else 'older'}"}
