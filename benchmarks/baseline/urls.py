"""The baseline's only route."""

from __future__ import annotations

from django.urls import path

from benchmarks.baseline.views import PingView

urlpatterns = [path("api/v1/pings", PingView.as_view())]
