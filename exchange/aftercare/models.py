"""Tables of what advertisers report."""

from __future__ import annotations

from django.db import models

from accounts.tenancy import OwnedModel, Uuid7Field
from exchange.core.dispositions import STAGES


class Disposition(OwnedModel):
    """One report on one purchase. Never changed: a correction is another row, and the latest by `occurred_at` counts.

    `fingerprint` makes a repetition the same report. `revenue` in micros of the market's currency.
    """

    id = Uuid7Field()
    sale_id = models.UUIDField()
    lead_id = models.UUIDField()
    ping_id = models.UUIDField(null=True)
    campaign_id = models.UUIDField(null=True)
    vertical = models.CharField(max_length=40)
    status = models.CharField(max_length=40)
    stage = models.CharField(max_length=8, choices=[(stage, stage.capitalize()) for stage in STAGES])
    occurred_at = models.DateTimeField()
    revenue = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3)
    agent = models.CharField(max_length=120, blank=True, default="")
    fingerprint = models.CharField(max_length=64)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("organization", "fingerprint"), name="disposition_once"),)
        indexes = (
            models.Index(fields=("organization", "id"), name="disposition_of_organization"),
            models.Index(fields=("organization", "sale_id"), name="disposition_of_sale"),
            models.Index(fields=("organization", "lead_id"), name="disposition_of_lead"),
        )

    def __str__(self) -> str:
        return f"{self.sale_id} {self.status}"
