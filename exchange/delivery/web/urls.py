"""Addresses of deliveries, of a campaign's destination and of webhooks below /o/<slug>/."""

from __future__ import annotations

from django.urls import URLPattern, path

from exchange.delivery.web import deliveries, destinations, events, webhooks

inside: list[URLPattern] = [
    path("deliveries", deliveries.deliveries, name="deliveries"),
    path("deliveries/resend", deliveries.deliveries_resend, name="deliveries_resend"),
    path("deliveries/<str:delivery_id>/resend", deliveries.delivery_resend, name="delivery_resend"),
    path("campaigns/<str:campaign_id>/destination", destinations.destination, name="destination"),
    path("campaigns/<str:campaign_id>/destination/test", destinations.destination_test, name="destination_test"),
    path("webhooks", webhooks.webhooks, name="webhooks"),
    path("webhooks/new", webhooks.webhook_new, name="webhook_new"),
    path("webhooks/<str:webhook_id>", webhooks.webhook, name="webhook"),
    path("webhooks/<str:webhook_id>/edit", webhooks.webhook_edit, name="webhook_edit"),
    path("webhooks/<str:webhook_id>/delete", webhooks.webhook_delete, name="webhook_delete"),
    path("webhooks/<str:webhook_id>/rotate", webhooks.webhook_rotate, name="webhook_rotate"),
    path("webhooks/<str:webhook_id>/test", webhooks.webhook_test, name="webhook_test"),
    path("webhooks/<str:webhook_id>/events/resend", events.events_resend, name="events_resend"),
    path("webhooks/<str:webhook_id>/events/<str:event_id>", events.event, name="event"),
    path("webhooks/<str:webhook_id>/events/<str:event_id>/resend", events.event_resend, name="event_resend"),
]
