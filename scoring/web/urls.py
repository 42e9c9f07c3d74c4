"""Pages of scoring below /o/<slug>/."""

from __future__ import annotations

from django.urls import URLPattern, path

from scoring.web import alerts, calibration, drift, models

inside: list[URLPattern] = [
    path("scoring/calibration", calibration.calibration, name="calibration"),
    path("scoring/drift", drift.drift, name="drift"),
    path("scoring/alerts", alerts.alerts, name="alerts"),
    path("scoring/alerts/<str:alert_id>/acknowledge", alerts.acknowledge, name="alert_acknowledge"),
    path("models/", models.models, name="models"),
    path("models/<str:vertical>", models.model, name="model"),
    path("models/<str:vertical>/train", models.model_train, name="model_train"),
    path("models/<str:vertical>/roll-back", models.model_roll_back, name="model_roll_back"),
    path("models/<str:vertical>/<int:number>", models.version, name="version"),
    path("models/<str:vertical>/<int:number>/card.md", models.version_card, name="version_card"),
    path("models/<str:vertical>/<int:number>/promote", models.version_promote, name="version_promote"),
]
