"""POST /pings, /posts and /leads."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from accounts.rest.repeats import KEY
from accounts.rest.schemas import problems
from exchange import flow
from exchange.api import schemas
from exchange.api.lean import LeanView

# The source, ping or quote that a body names may be unknown.
REFUSALS = problems(404)


def _bodies(shape: type[Serializer[Any]]) -> dict[str, Any]:
    """Say that a body may come in all three kinds."""
    return dict.fromkeys(("application/json", "application/x-www-form-urlencoded", "application/xml"), shape)


def _answers(status: int, shape: type[Serializer[Any]]) -> dict[Any, Any]:
    """Say that an answer comes as JSON or as XML, and how it is refused."""
    return {(status, kind): shape for kind in ("application/json", "application/xml")} | REFUSALS


class PingView(LeanView):
    """A lead without personal data, for a quote."""

    def run(self, call: flow.Call) -> flow.Answer:
        """Run the flow of a ping."""
        return flow.ping(call)

    @extend_schema(
        operation_id="createPing",
        tags=["Ping and post"],
        summary="Ask for quotes",
        parameters=[KEY],
        request=_bodies(schemas.PingIn),
        responses=_answers(200, schemas.PingOut),
        examples=schemas.PING_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        """Answer with firm quotes, or with the reasons why there is none. Personal data is refused (422)."""
        raise AssertionError("dispatch answers; this method carries the schema")


class PostView(LeanView):
    """The full lead against its quotes."""

    def run(self, call: flow.Call) -> flow.Answer:
        """Run the flow of a post."""
        return flow.post(call)

    @extend_schema(
        operation_id="createPost",
        tags=["Ping and post"],
        summary="Sell a lead on its quotes",
        parameters=[KEY],
        request=_bodies(schemas.PostIn),
        responses=_answers(201, schemas.PostOut),
        examples=schemas.POST_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        """Store the lead and sell it. A quote is the key: the same body gives the first answer again, another 409 quote_used."""
        raise AssertionError("dispatch answers; this method carries the schema")


class LeadView(LeanView):
    """Ping and post in one call."""

    def run(self, call: flow.Call) -> flow.Answer:
        """Run the flow of a lead."""
        return flow.lead(call)

    @extend_schema(
        operation_id="createLead",
        tags=["Ping and post"],
        summary="Sell a lead in one call",
        parameters=[KEY],
        request=_bodies(schemas.LeadIn),
        responses=_answers(201, schemas.PostOut),
        examples=schemas.LEAD_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        """Quote and sell at once. Needs an Idempotency-Key header or external_id (unique per source)."""
        raise AssertionError("dispatch answers; this method carries the schema")
