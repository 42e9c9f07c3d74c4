"""LeadConduit's shape of ping and post: any of its accounts is a publisher without a mapping. Flat fields in, its outcome out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.core.bodies import fingerprint
from accounts.core.errors import Problem
from accounts.rest.bodies import id_of
from accounts.rest.repeats import KEY
from campaigns.core.fields import Vertical
from campaigns.core.supply import SourceFacts
from exchange import flow
from exchange.api import compat_schemas as schemas
from exchange.api.lean import LeanView, answer
from exchange.auction import snapshot
from exchange.core import leadconduit
from exchange.intake import pings

BODY_KEPT_FOR = timedelta(hours=24)


class Face(LeanView):
    """What both steps share: the source stands in the address, and a refusal has LeadConduit's shape too."""

    def refuse(self, problem: Problem, request: HttpRequest) -> HttpResponse:
        """Answer with outcome and reason: its clients read nothing else, whatever the status."""
        response = answer(request, flow.Answer(problem.status, leadconduit.refusal(problem)))
        for name, value in problem.headers.items():
            response[name] = value
        return response


def _read(call: flow.Call, source_id: str) -> tuple[flow.Call, Vertical]:
    """Leave out what is empty, and find the vertical: the source's only one, else that of the field `vertical`."""
    market = snapshot.current(call.caller.mode)
    source = snapshot.find_source(market, id_of("source", source_id), call.caller.organization_id)
    said = {name: _text(value) for name, value in call.body.items() if value not in (None, "")}
    return replace(call, body=said, loose=True), pings.find_vertical(market.verticals, _slug(source, said))


def _text(value: Any) -> Any:
    """Read a number of JSON as the text a form would send: a zip or phone may come as either."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _slug(source: SourceFacts, said: dict[str, Any]) -> str:
    return next(iter(source.verticals)) if len(source.verticals) == 1 else str(said.get("vertical", ""))


class PingFace(Face):
    """A lead without personal data, for its price."""

    def call(self, request: HttpRequest, **kwargs: str) -> flow.Call:
        """Read LeadConduit's fields as a ping; its id of the lead is the key of idempotency."""
        source_id = kwargs["source_id"]
        call, vertical = _read(super().call(request, **kwargs), source_id)
        # Before fields are left out: a name that is not read would still have been sent.
        pings.refuse_personal_data(call.body)
        known = leadconduit.vendor_id(call.body)
        key = call.idempotency_key or (known and fingerprint([source_id, known]))
        return replace(call, body=leadconduit.ping_body(call.body, source_id, vertical), idempotency_key=key)

    def run(self, call: flow.Call) -> flow.Answer:
        """Run the flow of a ping."""
        said = flow.ping(call)
        return replace(said, body=leadconduit.ping_answer(said.body))

    @extend_schema(
        operation_id="createLeadConduitPing",
        tags=["Old clients"],
        summary="Ask for a price, as LeadConduit does",
        parameters=[KEY],
        request=schemas.BODIES,
        responses=schemas.PING_ANSWERS,
        examples=schemas.PING_EXAMPLES,
    )
    def post(self, request: Request, source_id: str) -> Response:
        """Answer with the payout and an id for submit. Personal data is refused; hashes of phone and e-mail are welcome."""
        raise AssertionError("dispatch answers; this method carries the schema")


class SubmitFace(Face):
    """The full lead, after a ping or without one."""

    def call(self, request: HttpRequest, **kwargs: str) -> flow.Call:
        """Read LeadConduit's fields as a post when they name a ping, else as a direct lead that is sold once."""
        source_id = kwargs["source_id"]
        call, vertical = _read(super().call(request, **kwargs), source_id)
        if leadconduit.ping_id(call.body):
            return replace(call, body=leadconduit.post_body(call.body, vertical))
        body = leadconduit.lead_body(call.body, source_id, vertical)
        if call.idempotency_key or "external_id" in body:
            return replace(call, body=body)
        return replace(call, body=body, idempotency_key=f"body:{fingerprint(body)}", key_kept_for=BODY_KEPT_FOR)

    def run(self, call: flow.Call) -> flow.Answer:
        """Run the flow of a post or of a direct lead."""
        said = flow.post(call) if "ping_id" in call.body else flow.lead(call)
        return replace(said, body=leadconduit.submit_answer(said.body))

    @extend_schema(
        operation_id="createLeadConduitSubmit",
        tags=["Old clients"],
        summary="Sell a lead, as LeadConduit does",
        parameters=[KEY],
        request=schemas.BODIES,
        responses=schemas.SUBMIT_ANSWERS,
        examples=schemas.SUBMIT_EXAMPLES,
    )
    def post(self, request: Request, source_id: str) -> Response:
        """Sell on the quotes of the ping that is named, or at once. The same lead twice has one answer and one sale."""
        raise AssertionError("dispatch answers; this method carries the schema")
