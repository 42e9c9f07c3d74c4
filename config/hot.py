"""The hot path's URLs: served by the market pool, described with the rest."""

from __future__ import annotations

from django.db import transaction
from django.urls import URLPattern, path

from exchange.api.compat import PingFace, SubmitFace
from exchange.api.views import LeadView, PingView, PostView

# A ping opens no transaction at all, a post exactly one: its own.
urlpatterns: list[URLPattern] = [
    path("pings", transaction.non_atomic_requests(PingView.as_view())),
    path("posts", transaction.non_atomic_requests(PostView.as_view())),
    path("leads", transaction.non_atomic_requests(LeadView.as_view())),
    path("compat/leadconduit/<str:source_id>/ping", transaction.non_atomic_requests(PingFace.as_view())),
    path("compat/leadconduit/<str:source_id>/submit", transaction.non_atomic_requests(SubmitFace.as_view())),
]
