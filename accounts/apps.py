"""Django app of identity."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Organizations, users, keys, audit."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the check that each model says who owns its rows."""
        from accounts import checks  # noqa: F401  registering is the import's effect
