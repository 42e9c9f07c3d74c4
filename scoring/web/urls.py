"""Addresses of models below /o/<slug>/."""

from __future__ import annotations

from django.urls import URLPattern, path

from scoring.web import models

inside: list[URLPattern] = [
    path("models/", models.models, name="models"),
    path("models/<str:vertical>", models.model, name="model"),
    path("models/<str:vertical>/train", models.model_train, name="model_train"),
    path("models/<str:vertical>/roll-back", models.model_roll_back, name="model_roll_back"),
    path("models/<str:vertical>/<int:number>", models.version, name="version"),
    path("models/<str:vertical>/<int:number>/card.md", models.version_card, name="version_card"),
    path("models/<str:vertical>/<int:number>/promote", models.version_promote, name="version_promote"),
]
