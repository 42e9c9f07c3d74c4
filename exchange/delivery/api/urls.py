"""Addresses of /deliveries, /webhooks and of a campaign's test lead, below /api/v1/."""

from __future__ import annotations

from django.urls import URLPattern, path

from exchange.delivery.api.deliveries import DeliveriesView, DeliveryView, ResendManyView, ResendView
from exchange.delivery.api.messages import MessagesView, MessageView, ResendMessagesView, ResendMessageView
from exchange.delivery.api.trials import LeadTrialView
from exchange.delivery.api.webhooks import EventTrialView, RotateView, WebhooksView, WebhookView

urlpatterns: list[URLPattern] = [
    path("deliveries", DeliveriesView.as_view()),
    path("deliveries/resend", ResendManyView.as_view()),
    path("deliveries/<str:delivery_id>", DeliveryView.as_view()),
    path("deliveries/<str:delivery_id>/resend", ResendView.as_view()),
    path("campaigns/<str:campaign_id>/test-lead", LeadTrialView.as_view()),
    path("webhooks", WebhooksView.as_view()),
    path("webhooks/<str:webhook_id>", WebhookView.as_view()),
    path("webhooks/<str:webhook_id>/rotate", RotateView.as_view()),
    path("webhooks/<str:webhook_id>/test", EventTrialView.as_view()),
    path("webhooks/<str:webhook_id>/deliveries", MessagesView.as_view()),
    path("webhooks/<str:webhook_id>/deliveries/resend", ResendMessagesView.as_view()),
    path("webhooks/<str:webhook_id>/deliveries/<str:event_id>", MessageView.as_view()),
    path("webhooks/<str:webhook_id>/deliveries/<str:event_id>/resend", ResendMessageView.as_view()),
]
