"""Django app of the demo market."""

from __future__ import annotations

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """No tables: everything it makes belongs to the apps below."""

    name = "demo"
