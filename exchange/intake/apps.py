"""Django app of what came in."""

from __future__ import annotations

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    """Pings, leads, consent."""

    name = "exchange.intake"
    label = "intake"
