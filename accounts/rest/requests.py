"""A request's id: taken from X-Request-Id when it is sane, made otherwise, and sent back."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from accounts.core.ids import encode, uuid7

HEADER = "X-Request-Id"
_META = "HTTP_X_REQUEST_ID"
_SANE = re.compile(r"[A-Za-z0-9._:-]{1,80}")


def request_id(request: HttpRequest) -> str:
    """Give the id of this request, making one at the first call."""
    known: str | None = getattr(request, "leadwright_id", None)
    if known is None:
        sent = request.META.get(_META, "")
        known = sent if _SANE.fullmatch(sent) else encode("request", uuid7())
        request.leadwright_id = known  # type: ignore[attr-defined]
    return known


class RequestIdMiddleware:
    """Echo the request's id in every answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with X-Request-Id set."""
        response = self.get_response(request)
        response[HEADER] = request_id(request)
        return response
