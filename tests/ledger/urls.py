"""The ledger's endpoints where config mounts them."""

from __future__ import annotations

from django.urls import path

from accounts.ledger.api import BalanceView, EntriesView

urlpatterns = [
    path("api/v1/ledger/balance", BalanceView.as_view()),
    path("api/v1/ledger/entries", EntriesView.as_view()),
]
