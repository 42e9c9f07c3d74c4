"""Pages of scoring below /o/<slug>/."""

from __future__ import annotations

from django.urls import URLPattern, path

from scoring.web import alerts, calibration, drift, histories, history_columns, history_scores, models

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
    path("scoring/history", histories.histories, name="histories"),
    path("scoring/history/upload", histories.history_upload, name="history_upload"),
    path("scoring/history/<str:history_id>", histories.history, name="history"),
    path("scoring/history/<str:history_id>/columns", history_columns.history_columns, name="history_columns"),
    path("scoring/history/<str:history_id>/again", histories.history_again, name="history_again"),
    path("scoring/history/<str:history_id>/score", history_scores.history_score, name="history_score"),
    path("scoring/history/<str:history_id>/scored.csv", history_scores.history_scored, name="history_scored"),
    path("scoring/history/<str:history_id>/delete", histories.history_delete, name="history_delete"),
    path("scoring/history/<str:history_id>/report.json", histories.history_report, name="history_report"),
]
