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
from accounts.rest.limits import limit_key, limit_source
from accounts.rest.markup import wants_xml, xml
from accounts.rest.problems import problem_of, respond
from accounts.rest.repeats import REPLAYED, key_of
from accounts.rest.requests import request_id
from exchange.auction.holds import NotReady
from exchange.flow import Answer, Call
from exchange.intake.bodies import decode

JSON_TYPES = frozenset({"application/json", ""})
_encode = msgspec.json.Encoder().encode


class LeanView(ABC, APIView):
    """POST only: find the caller, read the body once, run one function of the flow."""

    scope: ClassVar[str] = "pings:write"

    @abstractmethod
    def run(self, call: Call) -> Answer:
        """Do the work; each view names one function of the flow."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer, or refuse with a problem; nothing here raises."""
        try:
            if request.method != "POST":
                raise Problem("method_not_allowed", "Send POST.", headers={"Allow": "POST"})
            return answer(request, self.run(self.call(request, **kwargs)))
        except NotReady as error:
            return self.refuse(
                Problem("unavailable", f"The market opens again shortly: {error}.", headers={"Retry-After": "1"}), request
            )
        except Exception as error:
            return self.refuse(problem_of(error), request)

    def call(self, request: HttpRequest, **kwargs: str) -> Call:
        """Read the request; `kwargs` are the parts of its address. Raises Problem."""
        caller = authenticate(request)
        limit_key(request, caller)
        require_scope(caller, self.scope)
        loose = request.content_type not in JSON_TYPES
        body = decode(request.body, request.META["CONTENT_TYPE"] if loose else "")
        limit_source(request, caller, kwargs.get("source_id") or body.get("source"))
        return Call(caller, body, request_id(request), key_of(request), utc_now(), loose)

    def refuse(self, problem: Problem, request: HttpRequest) -> HttpResponse:
        """Answer with a problem document."""
        return respond(problem, request)


def answer(request: HttpRequest, said: Answer) -> HttpResponse:
    """Write an answer as JSON, or as XML for those who read only that."""
    if request.content_type not in JSON_TYPES and wants_xml(request):
        response = xml("result", said.body, said.status)
    else:
        response = HttpResponse(_encode(said.body), status=said.status, content_type="application/json")
    if said.replayed:
        response[REPLAYED] = "true"
    return response
