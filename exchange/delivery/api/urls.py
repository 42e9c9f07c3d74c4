"""Addresses of /deliveries and of a campaign's test lead, below /api/v1/."""

from __future__ import annotations

from django.urls import URLPattern, path

from exchange.delivery.api.deliveries import DeliveriesView, DeliveryView, ResendManyView, ResendView
from exchange.delivery.api.trials import LeadTrialView

urlpatterns: list[URLPattern] = [
    path("deliveries", DeliveriesView.as_view()),
    path("deliveries/resend", ResendManyView.as_view()),
    path("deliveries/<str:delivery_id>", DeliveryView.as_view()),
    path("deliveries/<str:delivery_id>/resend", ResendView.as_view()),
    path("campaigns/<str:campaign_id>/test-lead", LeadTrialView.as_view()),
]
