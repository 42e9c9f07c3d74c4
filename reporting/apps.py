"""Django app of reporting."""

from __future__ import annotations

from django.apps import AppConfig


class ReportingConfig(AppConfig):
    """Projections for each side, status, live feed."""

    name = "reporting"
    default_auto_field = "django.db.models.BigAutoField"
