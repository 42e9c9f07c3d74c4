"""Everything that is mounted, and reporting's endpoints where config mounts them."""

from __future__ import annotations

from django.urls import include, path

from reporting.api import LeadView, PingView, SalesView
from reporting.web.status import status

urlpatterns = [
    path("status.json", status),
    path("api/v1/pings/<str:ping_id>", PingView.as_view()),
    path("api/v1/leads/<str:lead_id>", LeadView.as_view()),
    path("api/v1/sales", SalesView.as_view()),
    path("", include("config.urls")),
]
