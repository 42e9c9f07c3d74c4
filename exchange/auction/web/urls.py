"""Addresses of suppression lists below /o/<slug>/."""

from __future__ import annotations

from django.urls import URLPattern, path

from exchange.auction.web import suppression

inside: list[URLPattern] = [
    path("suppression", suppression.suppression, name="suppression"),
    path("suppression/find", suppression.suppression_find, name="suppression_find"),
    path("suppression/add", suppression.suppression_add, name="suppression_add"),
    path("suppression/remove", suppression.suppression_remove, name="suppression_remove"),
]
