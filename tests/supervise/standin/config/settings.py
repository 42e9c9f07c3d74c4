"""Stands in for Django's settings, which Celery looks for by name."""

SECRET_KEY = "stand-in"
