"""Addresses of dispositions below /o/<slug>/."""

from __future__ import annotations

from django.urls import URLPattern, path

from exchange.aftercare.web import dispositions

inside: list[URLPattern] = [
    path("dispositions", dispositions.dispositions, name="dispositions"),
    path("sales/<str:sale_id>/dispositions", dispositions.sale_dispositions, name="sale_dispositions"),
]
