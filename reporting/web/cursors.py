"""Ids in addresses of pages: of rows and of the next page of a list."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404

from accounts.core.ids import BadId, decode, encode
from accounts.portal.visits import PortalRequest


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
