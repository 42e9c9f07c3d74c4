"""Every refusal as RFC 9457 problem+json, whoever raised it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from redis.exceptions import ConnectionError as ValkeyConnectionError
from redis.exceptions import TimeoutError as ValkeyTimeoutError
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from accounts.core.errors import CATALOGUE, FieldError, Problem, invalid, unavailable
from accounts.rest.markup import wants_xml, xml
from accounts.rest.requests import request_id

log = logging.getLogger(__name__)
CONTENT_TYPE = "application/problem+json"

_BY_CLASS: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.ParseError, "malformed_body"),
    (exceptions.AuthenticationFailed, "unauthenticated"),
    (exceptions.NotAuthenticated, "unauthenticated"),
    (exceptions.PermissionDenied, "forbidden"),
    (exceptions.NotFound, "not_found"),
    (exceptions.MethodNotAllowed, "method_not_allowed"),
    (exceptions.UnsupportedMediaType, "unsupported_media_type"),
    (exceptions.Throttled, "rate_limited"),
    (Http404, "not_found"),
    (PermissionDenied, "forbidden"),
    (RequestDataTooBig, "body_too_large"),
)
_WORDS = {"not_found": "There is nothing here for this key.", "body_too_large": "Send at most 65536 bytes."}
_AWAY: tuple[type[Exception], ...] = (OperationalError, InterfaceError, ValkeyConnectionError, ValkeyTimeoutError)


def problem_of(error: Exception) -> Problem:
    """Translate any exception into the problem its caller should read; an unknown one is logged and becomes "internal"."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, exceptions.ValidationError):
        return invalid(_field_errors(error.get_full_details(), ""))
    for kind, code in _BY_CLASS:
        if isinstance(error, kind):
            return Problem(code, str(getattr(error, "detail", "")) or _WORDS.get(code, CATALOGUE[code][1] + "."))
    if isinstance(error, _AWAY):
        log.warning("a store is away: %s", type(error).__name__)
        return unavailable("A store of the exchange")
    log.exception("unexpected failure", exc_info=error)
    return Problem("internal", "Something failed on our side; the request id finds it in our logs.")


def _field_errors(details: Any, pointer: str) -> Iterator[FieldError]:
    if isinstance(details, Mapping) and set(details) == {"message", "code"}:
        yield FieldError(pointer, str(details["code"]), str(details["message"]))
    elif isinstance(details, Mapping):
        for name, inner in details.items():
            yield from _field_errors(inner, pointer if name == "non_field_errors" else f"{pointer}/{name}")
    elif isinstance(details, list):
        leaves = all(isinstance(item, Mapping) and set(item) == {"message", "code"} for item in details)
        for place, inner in enumerate(details):
            yield from _field_errors(inner, pointer if leaves else f"{pointer}/{place}")


def body_of(problem: Problem, request: HttpRequest) -> dict[str, Any]:
    """Give the members of the problem document."""
    document: dict[str, Any] = {
        "type": f"/docs/errors/{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        "instance": request.path,
        "request_id": request_id(request),
    }
    if problem.errors:
        document["errors"] = [error.as_json() for error in problem.errors]
    return document


def _type_for(request: HttpRequest) -> str:
    """Name the document's type; old clients of the trade ask for application/json only and parse nothing else."""
    accepted = request.headers.get("Accept", "*/*")
    plain_only = "application/json" in accepted and not any(wide in accepted for wide in (CONTENT_TYPE, "*/*", "application/*"))
    return "application/json" if plain_only else CONTENT_TYPE


def respond(problem: Problem, request: HttpRequest) -> HttpResponse:
    """Answer a plain Django request with a problem, in XML when that is what its sender reads."""
    if wants_xml(request):
        return xml("problem", body_of(problem, request), problem.status, problem.headers)
    body = msgspec.json.encode(body_of(problem, request))
    return HttpResponse(body, status=problem.status, content_type=_type_for(request), headers=dict(problem.headers))


def handle(error: Exception, context: Mapping[str, Any]) -> Response:
    """Serve as DRF's EXCEPTION_HANDLER; the transaction of the request is rolled back."""
    set_rollback()
    request = context["request"]
    problem = problem_of(error)
    return Response(
        body_of(problem, request), status=problem.status, headers=dict(problem.headers), content_type=_type_for(request)
    )


def not_found_page(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Serve as Django's handler404."""
    return respond(Problem("not_found", "There is nothing at this address."), request)


def failed_page(request: HttpRequest) -> HttpResponse:
    """Serve as Django's handler500."""
    return respond(Problem("internal", "Something failed on our side; the request id finds it in our logs."), request)
