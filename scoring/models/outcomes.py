"""What became of each sale, as far as its advertiser told."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.tenancy import ExchangeModel
from scoring.core.labels import STAGES


class Outcome(ExchangeModel):
    """One sale with the report that counts. `outcome` is what that report alone decides; the rest is decided by time, when read.

    `revision` counts the reports that changed what stands: 0 for a sale of which nothing was told. `first_known_at` is when its
    advertiser first told anything. `swept` says that the sale was known here before any report on it. `clearing_price` in micros
    is what the advertiser paid, None for sales from before it was kept. `known_at` is when what stands was first told. A lead
    that was read for the level before it was due keeps that reading for good: when, how it stood, its share of a win.
    """

    sale_id = models.UUIDField(primary_key=True, editable=False)
    ping_id = models.UUIDField(null=True)
    organization_id = models.UUIDField()
    campaign_id = models.UUIDField(null=True)
    vertical = models.CharField(max_length=60)
    mode = models.CharField(max_length=4)
    horizon_days = models.PositiveSmallIntegerField()
    sold_at = models.DateTimeField()
    stage = models.CharField(max_length=8, choices=[(stage, stage.capitalize()) for stage in STAGES])
    outcome = models.BooleanField(null=True)
    report_id = models.UUIDField(null=True)
    occurred_at = models.DateTimeField(null=True)
    known_at = models.DateTimeField(null=True)
    first_known_at = models.DateTimeField(null=True)
    revision = models.PositiveIntegerField(default=0)
    swept = models.BooleanField(default=False)
    clearing_price = models.BigIntegerField(null=True)
    read_at = models.DateTimeField(null=True)
    read_won = models.BooleanField(null=True)
    read_share = models.FloatField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(name="outcome_mode", condition=Q(mode__in=("live", "test"))),
            models.CheckConstraint(
                name="outcome_told",
                condition=Q(stage="silent", outcome__isnull=True, report_id__isnull=True, revision=0)
                | (
                    ~Q(stage="silent")
                    & Q(report_id__isnull=False, occurred_at__isnull=False, known_at__isnull=False, revision__gt=0)
                ),
            ),
            models.CheckConstraint(
                name="outcome_read",
                condition=Q(read_at__isnull=True, read_won__isnull=True, read_share__isnull=True)
                | Q(read_at__isnull=False, read_won__isnull=False, read_share__gt=0, read_share__lte=1),
            ),
        )
        indexes = (
            models.Index(fields=("mode", "vertical", "sold_at"), name="outcome_window"),
            models.Index(fields=("vertical", "known_at"), name="outcome_told_when", condition=Q(known_at__isnull=False)),
            models.Index(fields=("campaign_id",), name="outcome_of_campaign"),
            models.Index(fields=("sold_at",), name="outcome_swept", condition=Q(swept=True)),
        )

    def __str__(self) -> str:
        return f"{self.sale_id} {self.stage}"
