"""Wiring only: settings, URL tables, server entry points. No logic lives here, and nothing below may import it."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
