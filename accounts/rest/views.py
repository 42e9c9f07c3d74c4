"""The base of every REST view: the tenant's door around its whole work, once per key of idempotency."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, ClassVar, cast

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.core.clock import utc_now
from accounts.core.ids import encode
from accounts.idempotency import Ask, keep, take
from accounts.identity import Caller
from accounts.rest.authentication import authenticate, require_scope_of
from accounts.rest.limits import limit_key
from accounts.rest.problems import problem_of, respond
from accounts.rest.repeats import ask_of, replay, without_secrets
from accounts.tenancy import Door, act_as


class TenantView(APIView):
    """A REST view whose whole work happens inside the door of the key's organization."""

    scopes: ClassVar[dict[str, str]] = {}
    operator_scope: ClassVar[str | None] = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Find the caller first, then enter its door, answer a repeated key there; schema and errors stay DRF's."""
        try:
            caller = authenticate(request)
            limit_key(request, caller)
            # Before the key: who may not ask must not read what a colleague was answered.
            require_scope_of(caller, self, request.method)
            ask = ask_of(request, caller)
            with act_as(caller.organization_id) as door:
                kept = take(ask, at=utc_now())
                return self._first_time(request, ask, door, args, kwargs) if kept is None else replay(kept)
        except Exception as error:
            return respond(problem_of(error), request)

    def _first_time(
        self, request: HttpRequest, ask: Ask, door: Door, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase:
        response = cast(Response, super().dispatch(request, *args, **kwargs))
        if response.status_code < HTTPStatus.BAD_REQUEST:
            keep(ask, response.status_code, without_secrets(response.data))
        else:
            door.roll_back()
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
