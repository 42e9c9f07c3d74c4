"""Answers in XML, for those who send XML or ask for it in place of JSON: old clients of the trade read nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from accounts.core.markup import write_xml
from accounts.core.media import JSON, XML, media_of, prefers_xml

# A subtype such as problem+xml is unknown to the clients for whom this is made.
CONTENT_TYPE = "application/xml; charset=utf-8"


def wants_xml(request: HttpRequest) -> bool:
    """Say whether the answer is XML; whoever sends JSON reads JSON."""
    sent = media_of(request.META.get("CONTENT_TYPE", "")).kind
    return sent != JSON and prefers_xml(request.META.get("HTTP_ACCEPT", ""), sent_xml=sent == XML)


def xml(root: str, body: Any, status: int, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Answer in XML."""
    return HttpResponse(write_xml(root, body), status=status, content_type=CONTENT_TYPE, headers=dict(headers or {}))
