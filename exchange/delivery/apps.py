"""Django app of deliveries."""

from __future__ import annotations

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Deliveries and attempts."""

    name = "exchange.delivery"
    label = "delivery"
