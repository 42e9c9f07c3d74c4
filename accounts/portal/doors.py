"""The middleware of the portal: it opens one door per request, by the address and nothing else.

/accounts/... runs inside the identity door, /o/<slug>/... inside the door of that organization, all else outside of any.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import cast

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import resolve_url

from accounts.portal.visits import PortalRequest, caller_of_visit, find_visit
from accounts.tenancy import act_as, act_as_identity

IDENTITY_PATHS = "/accounts/"
_PLACE = re.compile(r"^/o/(?P<slug>[a-z0-9-]{1,60})(?:/|$)")
SIGN_IN = "account_login"


class DoorMiddleware:
    """Turns a session's user into a member of the organization in the address; who is not one learns nothing: 404."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Run the rest of the request inside its door."""
        if request.path_info.startswith(IDENTITY_PATHS):
            with act_as_identity():
                return self.get_response(request)
        place = _PLACE.match(request.path_info)
        return self.get_response(request) if place is None else self._enter(cast(PortalRequest, request), place["slug"])

    def _enter(self, request: PortalRequest, slug: str) -> HttpResponse:
        user = request.user
        if not user.is_authenticated:
            return to_sign_in(request)
        visit = find_visit(user, slug)
        if visit is None:
            raise Http404
        request.visit, request.organization, request.member = visit, visit.organization, visit.member
        request.caller = caller_of_visit(visit)
        with act_as(visit.organization.id):
            response = self.get_response(request)
        # A page of one organization must not come out of a cache after the person left it.
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send an anonymous visitor to the sign-in page and back again; a fragment's request takes the whole page there."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": resolve_url(SIGN_IN)})
    return cast(HttpResponse, redirect_to_login(request.get_full_path(), resolve_url(SIGN_IN)))
