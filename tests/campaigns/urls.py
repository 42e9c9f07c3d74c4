"""The endpoints of supply and demand where config mounts them."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("api/v1/", include("campaigns.api.urls"))]
