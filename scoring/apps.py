"""Django app of scoring."""

from __future__ import annotations

from django.apps import AppConfig


class ScoringConfig(AppConfig):
    """Models, their versions, and the examples they learn from."""

    name = "scoring"
    default_auto_field = "django.db.models.BigAutoField"
