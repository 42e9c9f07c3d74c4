"""Keys and scopes of REST requests."""

from __future__ import annotations

import base64
from typing import Any, cast

from django.http import HttpRequest
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.core.errors import Problem
from accounts.identity import Caller, caller_of

SCHEME, OLD_SCHEME = "Bearer ", "Basic "


def address_of(request: HttpRequest) -> str | None:
    """Give the caller's address as the front saw it; the front overwrites the header, so it cannot be forged through it."""
    return request.META.get("HTTP_X_FORWARDED_FOR") or request.META.get("REMOTE_ADDR")


def authenticate(request: HttpRequest) -> Caller:
    """Find the caller by the Authorization header; raises Problem unauthenticated or forbidden."""
    # META, here and on the rest of the hot path: `headers` lays all of them out anew for each request (12 us).
    header = request.META.get("HTTP_AUTHORIZATION", "")
    key = header[len(SCHEME) :].strip() if header.startswith(SCHEME) else _key_in_basic(header)
    caller = caller_of(key, address_of(request))
    # Who is known gets a request log; the middleware around all endpoints writes it.
    request.key_caller = caller  # type: ignore[attr-defined]
    return caller


def _key_in_basic(header: str) -> str:
    """Find the key in the name or the password of HTTP Basic: all that some old clients can send."""
    if not header.startswith(OLD_SCHEME):
        words = 'Send "Authorization: Bearer lx_live_..." (or lx_test_...).'
        raise Problem("unauthenticated", words, headers={"WWW-Authenticate": "Bearer"})
    try:
        name, _, password = base64.b64decode(header[len(OLD_SCHEME) :], validate=True).decode().partition(":")
    except ValueError:
        return ""
    return name if name.startswith("lx_") else password


def require_scope(caller: Caller, scope: str) -> None:
    """Refuse a caller whose key lacks a scope; raises Problem forbidden."""
    if scope not in caller.scopes:
        raise Problem("forbidden", f"This key lacks the scope {scope}.")


def require_scope_of(caller: Caller, view: Any, method: str | None) -> None:
    """Refuse a caller whose key lacks what a view's `scopes` name for a method; one without an entry needs a valid key only.

    The operator's keys need the view's `operator_scope` instead, where it has one.
    """
    # A HEAD runs the GET.
    needed = getattr(view, "scopes", {}).get("GET" if method == "HEAD" else method or "")
    if caller.kind == "operator":
        needed = getattr(view, "operator_scope", None) or needed
    if needed is not None:
        require_scope(caller, needed)


class KeyAuthentication(BaseAuthentication):
    """API key of the Authorization header."""

    def authenticate(self, request: Request) -> tuple[Caller, str]:
        """Give the caller as user."""
        return authenticate(cast(HttpRequest, request)), "key"

    def authenticate_header(self, request: Request) -> str:
        """Name the scheme, so that a missing key is a 401."""
        return "Bearer"


class KeyAuthenticationScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document names the two ways to send the key."""

    target_class = KeyAuthentication
    name = ["apiKey", "apiKeyInBasic"]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[Any]]]:
        """Ask for one way or the other."""
        return [{name: []} for name in self.name]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        """Give the bearer scheme, and Basic for clients that know nothing else."""
        return [
            {"type": "http", "scheme": "bearer", "description": "An API key: lx_live_... or lx_test_..."},
            {"type": "http", "scheme": "basic", "description": "The same key as name or as password; the other one is not read."},
        ]


class HasScope(BasePermission):
    """The view names the scope each method needs in `scopes`: {"GET": "leads:read"}, and what the operator needs, if another."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Check the key's scopes."""
        require_scope_of(cast(Caller, request.user), view, request.method)
        return True
