"""Addresses of campaigns and sources below /o/<slug>/."""

from __future__ import annotations

from django.urls import URLPattern, path

from campaigns.web import campaigns, editing, sources

inside: list[URLPattern] = [
    path("campaigns/", campaigns.campaigns, name="campaigns"),
    path("campaigns/new", campaigns.campaign_new, name="campaign_new"),
    path("campaigns/<str:campaign_id>", campaigns.campaign, name="campaign"),
    path("campaigns/<str:campaign_id>/edit", editing.campaign_edit, name="campaign_edit"),
    path("campaigns/<str:campaign_id>/publish", campaigns.campaign_publish, name="campaign_publish"),
    path("campaigns/<str:campaign_id>/pause", campaigns.campaign_pause, name="campaign_pause"),
    path("campaigns/<str:campaign_id>/resume", campaigns.campaign_resume, name="campaign_resume"),
    path("campaigns/<str:campaign_id>/archive", campaigns.campaign_archive, name="campaign_archive"),
    path("campaigns/<str:campaign_id>/revisions/<int:number>", campaigns.campaign_revision, name="campaign_revision"),
    path("sources/", sources.sources, name="sources"),
    path("sources/new", sources.source_new, name="source_new"),
    path("sources/<str:source_id>", sources.source, name="source"),
    path("sources/<str:source_id>/edit", sources.source_edit, name="source_edit"),
    path("sources/<str:source_id>/archive", sources.source_archive, name="source_archive"),
]
