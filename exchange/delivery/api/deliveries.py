"""GET /api/v1/deliveries and /deliveries/{id}, and sending again: one, or all since an instant."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.core.clock import utc_now
from accounts.core.errors import FieldError, invalid
from accounts.core.ids import BadId, decode
from accounts.rest.bodies import PAGE, answered, asked, body_of, choice_asked, id_asked, id_of, instant_of, page
from accounts.rest.pages import page_of
from accounts.rest.repeats import KEY
from accounts.rest.views import TenantView
from exchange.delivery import selectors, services
from exchange.delivery.api.shapes import (
    ATTEMPT,
    DELIVERY,
    STATE_NAMES,
    DeliveriesOut,
    DeliveryDetailOut,
    DeliveryOut,
    ResendIn,
    ResentOut,
    show_attempt,
    show_delivery,
)

TAGS = ["Deliveries"]
SINCE = {"since": "2026-11-22T09:00:00Z", "campaign_id": DELIVERY["campaign_id"]}


class DeliveriesView(TenantView):
    """All deliveries of the caller's organization."""

    scopes: ClassVar[dict[str, str]] = {"GET": "leads:read"}

    @extend_schema(
        operation_id="listDeliveries",
        tags=TAGS,
        responses={200: DeliveriesOut},
        examples=[answered("One that waits", page(DELIVERY))],
        parameters=[
            *PAGE,
            OpenApiParameter("state", str, enum=STATE_NAMES, description="Only those in this state."),
            OpenApiParameter("campaign_id", str, description="Only those of one campaign."),
        ],
    )
    def get(self, request: Request) -> Response:
        """List your deliveries, newest first."""
        state, campaign_id = choice_asked(request, "state", STATE_NAMES), id_asked(request, "campaign_id", "campaign")
        rows = selectors.delivery_rows(state=state, campaign_id=campaign_id)
        return Response(page_of(request, rows, "delivery", lambda row: show_delivery(selectors.delivery_facts(row))))


class DeliveryView(TenantView):
    """One delivery."""

    scopes: ClassVar[dict[str, str]] = {"GET": "leads:read"}

    @extend_schema(
        operation_id="getDelivery",
        tags=TAGS,
        responses={200: DeliveryDetailOut},
        examples=[answered("One attempt so far", {**DELIVERY, "tries": [ATTEMPT]})],
    )
    def get(self, request: Request, delivery_id: str) -> Response:
        """Read a delivery with every attempt: what was asked, what came back, how long it took."""
        return Response(_detail(id_of("delivery", delivery_id)))


class ResendView(TenantView):
    """Send one again."""

    scopes: ClassVar[dict[str, str]] = {"POST": "campaigns:write"}

    @extend_schema(
        operation_id="resendDelivery",
        tags=TAGS,
        parameters=[KEY],
        request=None,
        responses={200: DeliveryOut},
        examples=[answered("Queued again", {**DELIVERY, "state": "queued", "reason": None})],
    )
    def post(self, request: Request, delivery_id: str) -> Response:
        """Send a delivery again at once, also an accepted one; the webhook-id stays the same."""
        found = id_of("delivery", delivery_id)
        services.resend(organization_id=self.caller.organization_id, delivery_id=found, actor=self.actor, at=utc_now())
        return Response(show_delivery(selectors.get_delivery(found)))


class ResendManyView(TenantView):
    """Send many again."""

    scopes: ClassVar[dict[str, str]] = {"POST": "campaigns:write"}

    @extend_schema(
        operation_id="resendDeliveries",
        tags=TAGS,
        parameters=[KEY],
        request=ResendIn,
        responses={200: ResentOut},
        examples=[asked("After an outage", SINCE), answered("Queued again", {"resent": 17})],
    )
    def post(self, request: Request) -> Response:
        """Send everything again that was sold since an instant and is not accepted; what is in flight is left alone."""
        body = body_of(request)
        since, campaign = instant_of(body.pop("since", None), "/since"), body.pop("campaign_id", None)
        _refuse_others(body)
        count = services.resend_since(
            organization_id=self.caller.organization_id,
            since=since,
            campaign_id=None if campaign is None else _campaign(campaign),
            actor=self.actor,
            at=utc_now(),
        )
        return Response({"resent": count})


def _detail(delivery_id: Any) -> dict[str, Any]:
    shown = show_delivery(selectors.get_delivery(delivery_id))
    return {**shown, "tries": [show_attempt(one) for one in selectors.list_attempts(delivery_id)]}


def _campaign(value: Any) -> Any:
    try:
        return decode("campaign", value if isinstance(value, str) else "")
    except BadId as error:
        raise invalid([FieldError("/campaign_id", "invalid_id", f"{error}.")]) from None


def _refuse_others(body: dict[str, Any]) -> None:
    if body:
        raise invalid([FieldError(f"/{name[:60]}", "unknown_field", "Known are since and campaign_id.") for name in body])
