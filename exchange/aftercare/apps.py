"""Django app of what comes after the sale."""

from __future__ import annotations

from django.apps import AppConfig


class AftercareConfig(AppConfig):
    """Dispositions."""

    name = "exchange.aftercare"
    label = "aftercare"
