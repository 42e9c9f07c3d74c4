"""Partitions of auctions and bids, and who may see what of a sale."""

from django.db import migrations

from accounts import tenancy
from exchange.intake.partitions import partitioned


class Migration(migrations.Migration):
    """Auctions, settlements and sales are the exchange's; each party reads its bids and its side of a sale."""

    dependencies = (("auction", "0001_initial"), ("intake", "0002_doors"))

    operations = (
        partitioned("auction_auction"),
        partitioned("auction_bid"),
        tenancy.exchange_only("auction_auction"),
        tenancy.owned("auction_bid", writable=False),
        tenancy.exchange_only("auction_quotesettlement"),
        tenancy.append_only("auction_quotesettlement"),
        tenancy.exchange_only("auction_sale"),
        tenancy.append_only("auction_sale"),
        tenancy.owned("auction_saleside", writable=False),
    )
