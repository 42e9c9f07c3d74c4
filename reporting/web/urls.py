"""Pages of reporting below /o/<slug>/."""

from __future__ import annotations

from django.urls import URLPattern, path

from reporting.web import (
    attribution,
    daily,
    decisions,
    evidence,
    experiments,
    health,
    leads,
    learning,
    live,
    money,
    organizations,
    segments,
    timing,
)

inside: list[URLPattern] = [
    path("live", live.live, name="live"),
    path("live/market", live.market, name="live_market"),
    path("pings", leads.pings, name="pings"),
    path("pings/<str:ping_id>", decisions.decision, name="decision"),
    path("sources/<str:source_id>/pings", leads.source_pings, name="source_pings"),
    path("auctions", leads.auctions, name="auctions"),
    path("leads", leads.leads, name="leads"),
    path("leads/<str:lead_id>", leads.lead, name="lead"),
    path("money", money.wallet, name="wallet"),
    path("earnings", daily.earnings, name="earnings"),
    path("earnings.csv", daily.earnings_csv, name="earnings_csv"),
    path("spend", daily.spend, name="spend"),
    path("spend.csv", daily.spend_csv, name="spend_csv"),
    path("ledger", money.books, name="books"),
    path("health", health.health, name="health"),
    path("organizations", organizations.organizations, name="organizations"),
    path("organizations/new", organizations.organization_new, name="organization_new"),
    path("organizations/<str:organization_id>", organizations.organization, name="organization"),
    path("organizations/<str:organization_id>/deposit", organizations.deposit, name="organization_deposit"),
    path("organizations/<str:organization_id>/credit", organizations.credit, name="organization_credit"),
    path("campaigns/<str:campaign_id>/learning", learning.campaign_learning, name="campaign_learning"),
    path("scoring/segments", segments.segments, name="segments"),
    path("experiments", experiments.experiments, name="experiments"),
    path("experiments/new", experiments.experiment_new, name="experiment_new"),
    path("experiments/<str:experiment_id>", experiments.experiment, name="experiment"),
    path("experiments/<str:experiment_id>/start", experiments.experiment_start, name="experiment_start"),
    path("experiments/<str:experiment_id>/stop", experiments.experiment_stop, name="experiment_stop"),
    path("attribution", attribution.attribution, name="attribution"),
    path("attribution.csv", attribution.attribution_csv, name="attribution_csv"),
    path("timing", timing.timing, name="timing"),
    path("evidence", evidence.evidence, name="evidence"),
    path("evidence.jsonl", evidence.evidence_file, name="evidence_file"),
    path("find", decisions.find, name="find"),
]
