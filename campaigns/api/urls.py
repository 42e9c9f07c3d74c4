"""Addresses of /sources and /campaigns, below /api/v1/."""

from __future__ import annotations

from django.urls import URLPattern, path

from campaigns.api.campaigns import CampaignsView, CampaignView, PauseView, PublishView, ResumeView
from campaigns.api.sources import SourcesView, SourceView

urlpatterns: list[URLPattern] = [
    path("sources", SourcesView.as_view()),
    path("sources/<str:source_id>", SourceView.as_view()),
    path("campaigns", CampaignsView.as_view()),
    path("campaigns/<str:campaign_id>", CampaignView.as_view()),
    path("campaigns/<str:campaign_id>/publish", PublishView.as_view()),
    path("campaigns/<str:campaign_id>/pause", PauseView.as_view()),
    path("campaigns/<str:campaign_id>/resume", ResumeView.as_view()),
]
