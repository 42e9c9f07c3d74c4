"""A REST view without what the hot path cannot afford: DRF's own dispatch costs three times the rest of a ping's web layer.

Keys, scopes, errors and the OpenAPI document stay the same as everywhere.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import msgspec
from django.http import HttpRequest, HttpResponse
from rest_framework.views import APIView

from accounts.core.clock import utc_now
from accounts.core.errors import Problem
from accounts.rest.authentication import authenticate, require_scope
from accounts.rest.problems import problem_of, respond
from accounts.rest.repeats import REPLAYED, key_of
from accounts.rest.requests import request_id
from exchange.auction.holds import NotReady
from exchange.flow import Answer, Call

_encode = msgspec.json.Encoder().encode


class LeanView(ABC, APIView):
    """POST only: find the caller, read the body once, run one function of the flow."""

    scope: ClassVar[str] = "pings:write"

    @abstractmethod
    def run(self, call: Call) -> Answer:
        """Do the work; each view names one function of the flow."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer, or refuse with problem+json; nothing here raises."""
        try:
            if request.method != "POST":
                raise Problem("method_not_allowed", "Send POST.", headers={"Allow": "POST"})
            return _respond(self.run(self._call(request)))
        except NotReady as error:
            return respond(
                Problem("unavailable", f"The market opens again shortly: {error}.", headers={"Retry-After": "1"}), request
            )
        except Exception as error:
            return respond(problem_of(error), request)

    def _call(self, request: HttpRequest) -> Call:
        caller = authenticate(request)
        require_scope(caller, self.scope)
        content_type = request.content_type or ""
        if content_type not in {"application/json", ""}:
            raise Problem("unsupported_media_type", f"Send application/json, not {content_type}.")
        return Call(caller, request.body, request_id(request), key_of(request), utc_now())


def _respond(answer: Answer) -> HttpResponse:
    response = HttpResponse(_encode(answer.body), status=answer.status, content_type="application/json")
    if answer.replayed:
        response[REPLAYED] = "true"
    return response
