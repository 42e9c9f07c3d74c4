"""Tables of the market. Auction and Sale are the exchange's; each party reads its own Bid and SaleSide."""

from __future__ import annotations

from django.db import models

from accounts.tenancy import ExchangeModel, JournalModel, OwnedModel, Uuid7Field


class Auction(ExchangeModel):
    """One auction with everything a replay needs. Written by the journal; partitioned by day."""

    id = Uuid7Field()
    ping_id = models.UUIDField()
    publisher_id = models.UUIDField()
    mode = models.CharField(max_length=4)
    vertical = models.CharField(max_length=40)
    status = models.CharField(max_length=10)
    engine_version = models.PositiveSmallIntegerField()
    snapshot_version = models.BigIntegerField()
    record = models.JSONField()
    quotes = models.JSONField(default=list)
    expires_at = models.DateTimeField(null=True)
    at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=("ping_id",), name="auction_of_ping"),
            models.Index(fields=("expires_at",), name="auction_expiry"),
        )

    def __str__(self) -> str:
        return str(self.id)


class Bid(JournalModel):
    """One campaign's bid in one auction and, when lost, the reason; the record says how it came about. Partitioned by day."""

    id = Uuid7Field()
    auction_id = models.UUIDField()
    ping_id = models.UUIDField()
    campaign_id = models.UUIDField()
    revision_id = models.UUIDField()
    quote_id = models.UUIDField(null=True)
    status = models.CharField(max_length=6)
    reason = models.CharField(max_length=24, blank=True)
    bid_price = models.BigIntegerField()
    clearing_price = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=("organization", "id"), name="bid_of_organization"),
            models.Index(fields=("ping_id",), name="bid_of_ping"),
        )

    def __str__(self) -> str:
        return str(self.id)


class QuoteSettlement(ExchangeModel):
    """How a quote ended: exactly once, by its primary key. `answer` is what a repeated post gets again."""

    OUTCOMES = (("captured", "Captured"), ("refused", "Refused"), ("expired", "Expired"))

    quote_id = models.UUIDField(primary_key=True)
    ping_id = models.UUIDField()
    publisher_id = models.UUIDField()
    outcome = models.CharField(max_length=8, choices=OUTCOMES)
    fingerprint = models.CharField(max_length=64, blank=True)
    answer = models.JSONField(null=True)
    settled_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("ping_id",), name="settlement_of_ping"),)

    def __str__(self) -> str:
        return f"{self.quote_id} {self.outcome}"


class Sale(ExchangeModel):
    """A quote that was captured. `counted_at` is the quote's time, so a rebuild counts it in the window it was held in."""

    id = Uuid7Field()
    quote_id = models.UUIDField(unique=True)
    auction_id = models.UUIDField()
    ping_id = models.UUIDField()
    lead_id = models.UUIDField()
    source_id = models.UUIDField()
    publisher_id = models.UUIDField()
    advertiser_id = models.UUIDField()
    account_id = models.UUIDField()
    campaign_id = models.UUIDField()
    revision_id = models.UUIDField()
    mode = models.CharField(max_length=4)
    vertical = models.CharField(max_length=40)
    pricing = models.CharField(max_length=16)
    price = models.BigIntegerField()
    payout_amount = models.BigIntegerField()
    margin_amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    holds = models.JSONField(default=list)
    contact_keys = models.JSONField(default=dict)
    counted_at = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=("counted_at",), name="sale_counted"),
            models.Index(fields=("lead_id",), name="sale_of_lead"),
            models.Index(fields=("ping_id",), name="sale_of_ping"),
        )

    def __str__(self) -> str:
        return str(self.id)


class SaleSide(OwnedModel):
    """A sale as one party sees it: the advertiser its charge, the publisher its payout."""

    SIDES = (("advertiser", "Advertiser"), ("publisher", "Publisher"))

    id = Uuid7Field()
    sale_id = models.UUIDField()
    side = models.CharField(max_length=10, choices=SIDES)
    status = models.CharField(max_length=10, default="sold")
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    vertical = models.CharField(max_length=40)
    quote_id = models.UUIDField()
    ping_id = models.UUIDField(null=True)
    lead_id = models.UUIDField()
    source_id = models.UUIDField(null=True)
    campaign_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("sale_id", "side"), name="sale_side_once"),)
        indexes = (models.Index(fields=("organization", "id"), name="sale_side_of_organization"),)

    def __str__(self) -> str:
        return f"{self.sale_id} {self.side}"
