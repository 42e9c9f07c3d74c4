"""What publishers configure."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.tenancy import OwnedModel, Uuid7Field


class Source(OwnedModel):
    """Where a publisher's leads come from. An empty list of verticals means all; the margin is the exchange's to set.

    `sales_max`: to how many advertisers a lead may go where its ping does not say.
    """

    STATUSES = (("active", "Active"), ("paused", "Paused"), ("archived", "Archived"))
    MARGINS = (("percent", "Percent"), ("absolute", "Absolute"))

    id = Uuid7Field()
    name = models.CharField(max_length=120)
    status = models.CharField(max_length=8, choices=STATUSES, default="active")
    verticals = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    allowed_advertisers = ArrayField(models.UUIDField(), default=list, blank=True)
    blocked_advertisers = ArrayField(models.UUIDField(), default=list, blank=True)
    sales_max = models.PositiveSmallIntegerField(default=1, db_default=1)
    margin_kind = models.CharField(max_length=8, choices=MARGINS, default="percent")
    margin_value = models.DecimalField(max_digits=20, decimal_places=4, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = (models.Index(fields=("organization", "id"), name="source_of_owner"),)

    def __str__(self) -> str:
        return self.name


class FloorRule(OwnedModel):
    """The smallest payout, of a whole publisher or of one source; an empty vertical or sub-id means every one."""

    id = Uuid7Field()
    source = models.ForeignKey(Source, on_delete=models.CASCADE, null=True, blank=True, related_name="floors")
    vertical = models.CharField(max_length=40, default="", blank=True)
    sub_id = models.CharField(max_length=80, default="", blank=True)
    floor_price = models.BigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "source", "vertical", "sub_id"), nulls_distinct=False, name="floor_rule_once"
            ),
            models.CheckConstraint(condition=models.Q(floor_price__gte=0), name="floor_not_negative"),
        )

    def __str__(self) -> str:
        return f"{self.vertical or 'all'} {self.sub_id} {self.floor_price}"
