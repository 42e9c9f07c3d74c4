"""URLs of the portal pool: everything but the hot path."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("config.api")),
]

handler404 = "accounts.rest.problems.not_found_page"
handler500 = "accounts.rest.problems.failed_page"
