"""GET /api/v1/pings/{id}, /leads/{id} and /sales: what each side may read of what happened, and why it happened."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.core.clock import utc_now
from accounts.core.errors import FieldError, invalid, not_found
from accounts.core.ids import BadId, decode
from accounts.rest.bodies import PAGE, day_asked
from accounts.rest.pages import page_of
from accounts.rest.views import TenantView
from reporting import documents, examples
from reporting.lead_timing import timing_of
from reporting.selectors import BoughtLead, get_lead, get_ping, list_sales, reach, records_of, sale_facts
from reporting.shapes import lead_out, ping_out, sale_out, timing_out

SIDES = ("advertiser", "publisher")


class PingView(TenantView):
    """One ping."""

    scopes: ClassVar[dict[str, str]] = {"GET": "leads:read"}

    @extend_schema(
        operation_id="getPing",
        tags=["Leads"],
        responses={200: documents.PING},
        examples=[examples.PING_OF_PUBLISHER, examples.PING_OF_BUYER],
        parameters=[OpenApiParameter("ping_id", str, OpenApiParameter.PATH, description="png_...")],
    )
    def get(self, request: Request, ping_id: str) -> Response:
        """Read a ping: its publisher everything but the buyers' amounts, an advertiser its own bids."""
        decision = get_ping(self.caller, _id("ping", ping_id))
        return Response(ping_out(decision, self.caller.organization_id))


class LeadView(TenantView):
    """One lead."""

    scopes: ClassVar[dict[str, str]] = {"GET": "leads:read"}

    @extend_schema(
        operation_id="getLead",
        tags=["Leads"],
        responses={200: documents.LEAD},
        examples=[examples.LEAD_OF_PUBLISHER, examples.LEAD_OF_BUYER],
        parameters=[OpenApiParameter("lead_id", str, OpenApiParameter.PATH, description="led_...")],
    )
    def get(self, request: Request, lead_id: str) -> Response:
        """Read a lead: its publisher how the post ended, an advertiser what it bought, its delivery and when to call."""
        lead = get_lead(self.caller, _id("lead", lead_id))
        if isinstance(lead, BoughtLead):
            timing = timing_out(timing_of(self.caller, lead, at=utc_now()))
            return Response(lead_out(lead, self.caller.organization_id) | {"timing": timing})
        return Response(lead_out(lead, self.caller.organization_id))


class SalesView(TenantView):
    """The caller's side of its sales."""

    scopes: ClassVar[dict[str, str]] = {"GET": "leads:read"}

    @extend_schema(
        operation_id="listSales",
        tags=["Leads"],
        responses={200: documents.SalesOut},
        examples=[examples.SALES],
        parameters=[
            *PAGE,
            OpenApiParameter("side", str, enum=SIDES, description="Only what you bought, or only what you sold."),
            OpenApiParameter("from", date, description="First day, UTC."),
            OpenApiParameter("to", date, description="Last day, UTC, itself included."),
        ],
    )
    def get(self, request: Request) -> Response:
        """List your sales, newest first, each with the trace of its auction."""
        side, since, until = _side(request), day_asked(request, "from"), day_asked(request, "to")
        after = None if until is None else until + timedelta(days=1)
        with reach(self.caller):
            rows = list_sales(self.caller, side=side, since=since, until=after)
            page = page_of(request, rows, "sale", lambda row: {"sale": sale_facts(row)})
        sales = [shown["sale"] for shown in page["data"]]
        return Response({**page, "data": self._rows(sales)})

    def _rows(self, sales: list[Any]) -> list[dict[str, Any]]:
        records, operator = records_of(sales), self.caller.kind == "operator"
        reader = self.caller.organization_id
        return [sale_out(sale, records.get(sale.sale_id), reader, operator=operator) for sale in sales]


def _id(kind: str, text: str) -> UUID:
    try:
        return decode(kind, text)
    except BadId as error:
        raise not_found(kind) from error


def _side(request: Request) -> str | None:
    text = request.query_params.get("side", "")
    if text and text not in SIDES:
        raise invalid([FieldError("/side", "unknown", f"Choose one of {', '.join(SIDES)}.")])
    return text or None
