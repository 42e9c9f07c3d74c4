"""Django app of auctions and sales."""

from __future__ import annotations

from django.apps import AppConfig


class AuctionConfig(AppConfig):
    """Auctions, bids, sales, counters."""

    name = "exchange.auction"
    label = "auction"
