"""CRUD /api/v1/webhooks: endpoints, their secrets, the test event."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.core.clock import utc_now
from accounts.core.errors import FieldError, invalid
from accounts.core.ids import encode
from accounts.rest.bodies import PAGE, answered, asked, body_of, id_of, page
from accounts.rest.pages import page_of
from accounts.rest.repeats import KEY
from accounts.rest.views import TenantView
from exchange.core.webhooks import OVERLAP_HOURS, OVERLAP_HOURS_MAX
from exchange.delivery import selectors, webhooks
from exchange.delivery.api.shapes import show_trial
from exchange.delivery.api.webhook_shapes import (
    EVENT_TRIAL,
    WEBHOOK,
    WEBHOOK_IN,
    WITH_SECRET,
    EventTrialOut,
    RotateIn,
    WebhookIn,
    WebhookOut,
    WebhookPatch,
    WebhooksOut,
    show_webhook,
)

TAGS = ["Webhooks"]


class WebhooksView(TenantView):
    """All webhooks of the caller's organization."""

    scopes: ClassVar[dict[str, str]] = {"GET": "webhooks:read", "POST": "webhooks:write"}

    @extend_schema(
        operation_id="listWebhooks",
        tags=TAGS,
        parameters=PAGE,
        responses={200: WebhooksOut},
        examples=[answered("One webhook", page(WEBHOOK))],
    )
    def get(self, request: Request) -> Response:
        """List your webhooks, newest first."""
        return Response(page_of(request, selectors.webhook_rows(), "webhook", show_webhook))

    @extend_schema(
        operation_id="createWebhook",
        tags=TAGS,
        parameters=[KEY],
        request=WebhookIn,
        responses={201: WebhookOut},
        examples=[asked("Sales and deliveries", WEBHOOK_IN), answered("With its secret", WITH_SECRET, "201")],
    )
    def post(self, request: Request) -> Response:
        """Create a webhook; each request is signed as a Standard Webhook. The secret is shown only here."""
        owner = self.caller.organization_id
        row, secret = webhooks.create_webhook(organization_id=owner, data=body_of(request), actor=self.actor)
        return Response(show_webhook(row, secret), status=201)


class WebhookView(TenantView):
    """One webhook."""

    scopes: ClassVar[dict[str, str]] = {"GET": "webhooks:read", "PATCH": "webhooks:write", "DELETE": "webhooks:write"}

    @extend_schema(
        operation_id="getWebhook",
        tags=TAGS,
        responses={200: WebhookOut},
        examples=[answered("A webhook", WEBHOOK)],
    )
    def get(self, request: Request, webhook_id: str) -> Response:
        """Read a webhook."""
        return Response(show_webhook(selectors.get_webhook(id_of("webhook", webhook_id))))

    @extend_schema(
        operation_id="updateWebhook",
        tags=TAGS,
        request=WebhookPatch,
        responses={200: WebhookOut},
        examples=[asked("Enable it again", {"status": "active"}), answered("Active", WEBHOOK)],
    )
    def patch(self, request: Request, webhook_id: str) -> Response:
        """Change parts of a webhook; what waits for it is sent to the new address."""
        row = webhooks.update_webhook(
            organization_id=self.caller.organization_id,
            webhook_id=id_of("webhook", webhook_id),
            data=body_of(request),
            actor=self.actor,
        )
        return Response(show_webhook(row))

    @extend_schema(operation_id="deleteWebhook", tags=TAGS, responses={204: None})
    def delete(self, request: Request, webhook_id: str) -> Response:
        """Delete a webhook for good; what waits for it is given up."""
        webhooks.delete_webhook(
            organization_id=self.caller.organization_id, webhook_id=id_of("webhook", webhook_id), actor=self.actor
        )
        return Response(status=204)


class RotateView(TenantView):
    """A new secret."""

    scopes: ClassVar[dict[str, str]] = {"POST": "webhooks:write"}

    @extend_schema(
        operation_id="rotateWebhookSecret",
        tags=TAGS,
        parameters=[KEY],
        request=RotateIn,
        responses={200: WebhookOut},
        examples=[asked("Overlapping for a day", {"overlap_hours": 24}), answered("With its new secret", WITH_SECRET)],
    )
    def post(self, request: Request, webhook_id: str) -> Response:
        """Give a webhook a new secret, shown only here; for some hours each request carries both signatures."""
        row, secret = webhooks.rotate_secret(
            organization_id=self.caller.organization_id,
            webhook_id=id_of("webhook", webhook_id),
            overlap_hours=_overlap(request),
            actor=self.actor,
            at=utc_now(),
        )
        return Response(show_webhook(row, secret))


class EventTrialView(TenantView):
    """A test event."""

    scopes: ClassVar[dict[str, str]] = {"POST": "webhooks:write"}

    @extend_schema(
        operation_id="sendTestEvent",
        tags=TAGS,
        parameters=[KEY],
        request=None,
        responses={200: EventTrialOut},
        examples=[answered("It was accepted", EVENT_TRIAL)],
    )
    def post(self, request: Request, webhook_id: str) -> Response:
        """Send an event of type webhook.test now, also to a disabled webhook; gives the real answer."""
        trial = webhooks.send_test_event(webhook_id=id_of("webhook", webhook_id), actor=self.actor, at=utc_now())
        return Response({**show_trial(trial), "id": encode("event", trial.message_id)})


def _overlap(request: Request) -> int:
    body = body_of(request) if request.data else {}
    hours = body.pop("overlap_hours", OVERLAP_HOURS)
    errors = [FieldError(f"/{name[:60]}", "unknown_field", "Known is overlap_hours.") for name in body]
    if type(hours) is not int or not 0 <= hours <= OVERLAP_HOURS_MAX:
        errors.append(FieldError("/overlap_hours", "out_of_range", f"Must be a whole number from 0 to {OVERLAP_HOURS_MAX}."))
    if errors:
        raise invalid(errors)
    return int(hours)
