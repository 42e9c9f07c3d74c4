"""Every REST endpoint, and the OpenAPI document made from them."""

from __future__ import annotations

from django.urls import URLPattern, path

from accounts.api import MeView

urlpatterns: list[URLPattern] = [
    path("me", MeView.as_view()),
]
