"""Every REST endpoint, and the OpenAPI document made from them."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from accounts.api import MeView
from accounts.ledger.api import BalanceView, EntriesView
from reporting import evidence_api, experiments_api
from reporting.api import LeadView, PingView, SalesView

urlpatterns: list[URLPattern | URLResolver] = [
    path("me", MeView.as_view()),
    path("", include("config.hot")),
    path("", include("campaigns.api.urls")),
    path("", include("exchange.delivery.api.urls")),
    path("", include("exchange.aftercare.api.urls")),
    path("pings/<str:ping_id>", PingView.as_view()),
    path("leads/<str:lead_id>", LeadView.as_view()),
    path("sales", SalesView.as_view()),
    path("experiments", experiments_api.ExperimentsView.as_view()),
    path("experiments/<str:experiment_id>", experiments_api.ExperimentView.as_view()),
    path("experiments/<str:experiment_id>/start", experiments_api.StartView.as_view()),
    path("experiments/<str:experiment_id>/stop", experiments_api.StopView.as_view()),
    path("evidence", evidence_api.EvidenceView.as_view()),
    path("evidence/file", evidence_api.EvidenceFileView.as_view()),
    path("ledger/balance", BalanceView.as_view()),
    path("ledger/entries", EntriesView.as_view()),
]
