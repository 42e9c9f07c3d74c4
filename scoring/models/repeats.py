"""How often sources bring persons the exchange knew already."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from accounts.tenancy import ExchangeModel


class SourceRepeats(ExchangeModel):
    """Leads of a sub-id of a source in the 90 days before `counted_at`, and how many were repeats; sub-id "" is all the others.

    Written by scoring.repeats, all rows at once; nobody is in them.
    """

    id = models.BigAutoField(primary_key=True)
    vertical = models.CharField(max_length=60)
    source_id = models.UUIDField()
    sub_id = models.CharField(max_length=200, blank=True, default="")
    leads = models.PositiveIntegerField()
    repeats = models.PositiveIntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("vertical", "source_id", "sub_id"), name="source_repeats_once"),
            models.CheckConstraint(name="source_repeats_of_leads", condition=Q(repeats__lte=F("leads"))),
        )

    def __str__(self) -> str:
        return f"{self.source_id} {self.repeats}/{self.leads}"
