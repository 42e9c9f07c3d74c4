"""Addresses of /dispositions, below /api/v1/."""

from __future__ import annotations

from django.urls import URLPattern, path

from exchange.aftercare.api.dispositions import DispositionsCsvView, DispositionsView

urlpatterns: list[URLPattern] = [
    path("dispositions", DispositionsView.as_view()),
    path("dispositions/csv", DispositionsCsvView.as_view()),
]
