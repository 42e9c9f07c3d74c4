"""Pages of scoring below /o/<slug>/."""

from __future__ import annotations

from django.urls import URLPattern, path

from scoring.web import alerts, calibration, drift

inside: list[URLPattern] = [
    path("scoring/calibration", calibration.calibration, name="calibration"),
    path("scoring/drift", drift.drift, name="drift"),
    path("scoring/alerts", alerts.alerts, name="alerts"),
    path("scoring/alerts/<str:alert_id>/acknowledge", alerts.acknowledge, name="alert_acknowledge"),
]
