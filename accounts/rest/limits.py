"""Limits on requests at the door of the API: counted before anything is done, told in the headers of every answer.

RateLimit-Policy and RateLimit are those of draft-ietf-httpapi-ratelimit-headers.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts.core.errors import Problem
from accounts.identity import Caller
from accounts.limits import KEYS, SOURCES, Told


def rate_of(caller: Caller) -> int:
    """Give the requests a second that a key may send, 0 for no limit."""
    rate: int = settings.RATE_PER_KEY if caller.rate_limit is None else caller.rate_limit
    return rate


def limit_key(request: HttpRequest, caller: Caller) -> None:
    """Count a request of a key; raises Problem rate_limited."""
    told = KEYS.take(caller.key_id.int, caller.rate_limit)
    if told is not None:
        request.limits = told  # type: ignore[attr-defined]
        if told.retry_seconds:
            raise _too_many("key", told)


def limit_source(request: HttpRequest, caller: Caller, source: object) -> None:
    """Count a request for a source, by its id as it was sent; raises Problem rate_limited."""
    if not isinstance(source, str):
        return
    # A hash: this text has not been looked at and may be long. With the caller's: nobody counts against another one's source.
    told = SOURCES.take(caller.organization_id.int ^ hash(source))
    if told is not None:
        before: Told | None = getattr(request, "limits", None)
        both = told if before is None else Told(f"{before.policy}, {told.policy}", f"{before.left}, {told.left}", 0)
        request.limits = both  # type: ignore[attr-defined]
        if told.retry_seconds:
            raise _too_many("source", told)


def _too_many(whose: str, told: Told) -> Problem:
    words = f"Too many requests of this {whose}; nothing was done. Come back after {told.retry_seconds} s."
    return Problem("rate_limited", words, headers={"Retry-After": str(told.retry_seconds)})


class LimitsMiddleware:
    """Tell in each answer what the limits of its request leave."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; pages and strangers have no limits here."""
        response = self.get_response(request)
        told: Told | None = getattr(request, "limits", None)
        if told is not None:
            response["RateLimit-Policy"], response["RateLimit"] = told.policy, told.left
        return response
