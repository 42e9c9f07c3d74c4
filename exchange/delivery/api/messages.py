"""The log of a webhook: /api/v1/webhooks/{id}/deliveries, and sending events again."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.core.clock import utc_now
from accounts.core.errors import FieldError, invalid
from accounts.rest.bodies import PAGE, answered, asked, body_of, choice_asked, id_of, instant_of, page
from accounts.rest.pages import page_of
from accounts.rest.repeats import KEY
from accounts.rest.views import TenantView
from exchange.delivery import selectors, webhooks
from exchange.delivery.api.shapes import STATE_NAMES, ResentOut, show_attempt
from exchange.delivery.api.webhook_shapes import (
    MESSAGE,
    TRIED,
    MessageDetailOut,
    MessageOut,
    MessagesOut,
    SinceIn,
    show_message,
)

TAGS = ["Webhooks"]


class MessagesView(TenantView):
    """The events of one webhook."""

    scopes: ClassVar[dict[str, str]] = {"GET": "webhooks:read"}

    @extend_schema(
        operation_id="listWebhookDeliveries",
        tags=TAGS,
        responses={200: MessagesOut},
        examples=[answered("One event", page(MESSAGE))],
        parameters=[*PAGE, OpenApiParameter("state", str, enum=STATE_NAMES, description="Only those in this state.")],
    )
    def get(self, request: Request, webhook_id: str) -> Response:
        """List what was sent to a webhook, newest first."""
        webhook = selectors.get_webhook(id_of("webhook", webhook_id))
        rows = selectors.message_rows(webhook.id, state=choice_asked(request, "state", STATE_NAMES))
        return Response(page_of(request, rows, "event", show_message))


class MessageView(TenantView):
    """One event of a webhook."""

    scopes: ClassVar[dict[str, str]] = {"GET": "webhooks:read"}

    @extend_schema(
        operation_id="getWebhookDelivery",
        tags=TAGS,
        responses={200: MessageDetailOut},
        examples=[answered("Accepted at once", {**MESSAGE, "tries": [TRIED]})],
    )
    def get(self, request: Request, webhook_id: str, event_id: str) -> Response:
        """Read an event with every attempt: what was asked, what came back, how long it took."""
        row = selectors.get_message(id_of("webhook", webhook_id), id_of("event", event_id))
        tries = [show_attempt(one) for one in selectors.list_message_attempts(row.id)]
        return Response({**show_message(row), "tries": tries})


class ResendMessageView(TenantView):
    """Send one event again."""

    scopes: ClassVar[dict[str, str]] = {"POST": "webhooks:write"}

    @extend_schema(
        operation_id="resendWebhookDelivery",
        tags=TAGS,
        parameters=[KEY],
        request=None,
        responses={200: MessageOut},
        examples=[answered("Queued again", {**MESSAGE, "state": "queued", "ended_at": None})],
    )
    def post(self, request: Request, webhook_id: str, event_id: str) -> Response:
        """Send an event again at once, also an accepted one; webhook-id and body stay the same."""
        webhook, message_id = selectors.get_webhook(id_of("webhook", webhook_id)), id_of("event", event_id)
        webhooks.resend_message(**self._who(webhook.id), message_id=message_id)
        return Response(show_message(selectors.get_message(webhook.id, message_id)))

    def _who(self, webhook_id: Any) -> dict[str, Any]:
        owner = self.caller.organization_id
        return {"organization_id": owner, "webhook_id": webhook_id, "actor": self.actor, "at": utc_now()}


class ResendMessagesView(ResendMessageView):
    """Send many events again."""

    @extend_schema(
        operation_id="resendWebhookDeliveries",
        tags=TAGS,
        parameters=[KEY],
        request=SinceIn,
        responses={200: ResentOut},
        examples=[asked("After an outage", {"since": "2026-11-22T09:00:00Z"}), answered("Queued again", {"resent": 17})],
    )
    def post(self, request: Request, webhook_id: str) -> Response:  # type: ignore[override]
        """Send every event again that was written since an instant and is not accepted."""
        webhook, body = selectors.get_webhook(id_of("webhook", webhook_id)), body_of(request)
        since = instant_of(body.pop("since", None), "/since")
        if body:
            raise invalid([FieldError(f"/{name[:60]}", "unknown_field", "Known is since.") for name in body])
        return Response({"resent": webhooks.resend_messages_since(**self._who(webhook.id), since=since)})
