"""The one place where API requests are put into the request log: around every endpoint, of the hot path and of the rest."""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.request import RawPostDataException

from accounts.core.requestlog import RawRequest
from accounts.identity import Caller
from accounts.requestlog import request_log
from accounts.rest.requests import request_id


class RequestLogMiddleware:
    """Log what was asked with a known key. Whose log it is comes from the key, never from the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and put the request into the buffer; pages and strangers have no caller."""
        began = time.perf_counter_ns()
        response = self.get_response(request)
        caller: Caller | None = getattr(request, "key_caller", None)
        if caller is not None:
            request_log().add(caller.organization_id, _raw(request, response, caller.key_id, began))
        return response


def _raw(request: HttpRequest, response: HttpResponse, key_id: UUID, began_ns: int) -> RawRequest:
    return RawRequest(
        at_ms=time.time_ns() // 1_000_000,
        method=request.method or "",
        path=request.path_info,
        query=request.META.get("QUERY_STRING", ""),
        status=response.status_code,
        took_us=(time.perf_counter_ns() - began_ns) // 1000,
        key_id=key_id,
        request_id=request_id(request),
        idempotency_key=request.META.get("HTTP_IDEMPOTENCY_KEY", ""),
        body=_body(request),
        answer=None if response.streaming else response.content,
        body_type=request.META.get("CONTENT_TYPE", ""),
        answer_type=response.headers.get("Content-Type", ""),
    )


def _body(request: HttpRequest) -> bytes | None:
    try:
        return request.body
    except (RequestDataTooBig, UnreadablePostError, RawPostDataException):
        return None
