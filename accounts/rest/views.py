"""The base of every REST view: the tenant's door around its whole work."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.core.ids import encode
from accounts.identity import Caller
from accounts.rest.authentication import authenticate
from accounts.rest.problems import problem_of, respond
from accounts.tenancy import act_as


class TenantView(APIView):
    """A REST view whose whole work happens inside the door of the key's organization."""

    scopes: ClassVar[dict[str, str]] = {}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Find the caller first, then enter its door; schema and errors stay DRF's."""
        try:
            caller = authenticate(request)
        except Exception as error:
            return respond(problem_of(error), request)
        with act_as(caller.organization_id):
            response = cast(Response, super().dispatch(request, *args, **kwargs))
            # Rendered here: a lazy body would be written outside the door.
            return cast(HttpResponseBase, response.render())

    @property
    def caller(self) -> Caller:
        """Who is asking."""
        return cast(Caller, self.request.user)

    @property
    def actor(self) -> str:
        """How the audit trail names the caller."""
        return f"key:{encode('key', self.caller.key_id)}"
