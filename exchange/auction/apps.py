"""Django app of auctions and sales."""

from __future__ import annotations

from django.apps import AppConfig


class AuctionConfig(AppConfig):
    """Auctions, bids, sales, counters."""

    name = "exchange.auction"
    label = "auction"

    def ready(self) -> None:
        """Hear of changed credit."""
        from accounts.ledger import services as ledger
        from exchange.auction import credit

        ledger.on_credit_changed.append(credit.raise_credit)
        ledger.before_credit_decrease.append(credit.lower_credit)
