"""Addresses of dispositions below /o/<slug>/; they stand before those of single leads."""

from __future__ import annotations

from django.urls import URLPattern, path

from exchange.aftercare.web import dispositions

inside: list[URLPattern] = [
    path("leads/dispositions", dispositions.dispositions, name="dispositions"),
    path("leads/dispositions/<str:sale_id>", dispositions.sale_dispositions, name="sale_dispositions"),
]
