"""What advertisers configure."""

from __future__ import annotations

from django.db import models

from accounts.tenancy import OwnedModel, Uuid7Field
from campaigns.core.limits import LEVELS, UNITS, WINDOWS


def _choices(words: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((word, word.capitalize()) for word in words)


class Campaign(OwnedModel):
    """A standing wish to buy leads of one vertical. `draft` holds the rules being edited, `published` those in force.

    `priority` is the tier that comes before price; only the exchange sets it. `paused_reason` is set when the exchange paused it.
    """

    STATUSES = (("draft", "Draft"), ("active", "Active"), ("paused", "Paused"), ("archived", "Archived"))

    id = Uuid7Field()
    name = models.CharField(max_length=120)
    vertical = models.CharField(max_length=40)
    status = models.CharField(max_length=8, choices=STATUSES, default="draft")
    draft = models.JSONField(default=dict)
    published = models.ForeignKey("CampaignRevision", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    priority = models.SmallIntegerField(default=0)
    paused_reason = models.CharField(max_length=600, blank=True, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = (models.Index(fields=("organization", "id"), name="campaign_of_owner"),)

    def __str__(self) -> str:
        return self.name


class CampaignRevision(OwnedModel):
    """The rules of a campaign as published once: never changed, so that an auction can be replayed with them."""

    id = Uuid7Field()
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    vertical_version = models.PositiveIntegerField()
    terms = models.JSONField()
    actor = models.CharField(max_length=64)
    published_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("campaign", "number"), name="revision_number_once"),)

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.number}"


class Limit(OwnedModel):
    """A cap or budget in force. Its id names the counter, so the row outlives edits: amount and zone change, the id never does.

    Without a campaign it holds for all campaigns of its advertiser. A limit no longer wanted is not in force, and not deleted:
    when it comes back it counts on.
    """

    id = Uuid7Field()
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, null=True, blank=True, related_name="limits")
    level = models.CharField(max_length=10, choices=_choices(LEVELS))
    unit = models.CharField(max_length=5, choices=_choices(UNITS))
    window = models.CharField(max_length=5, choices=_choices(WINDOWS))
    source_id = models.UUIDField(null=True, blank=True)
    limit = models.BigIntegerField()
    zone = models.CharField(max_length=64)
    in_force = models.BooleanField(default=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "campaign", "unit", "window", "source_id"), nulls_distinct=False, name="limit_once"
            ),
            models.CheckConstraint(condition=models.Q(limit__gte=0), name="limit_not_negative"),
        )

    def __str__(self) -> str:
        return f"{self.unit} {self.limit} a {self.window}"


class Destination(OwnedModel):
    """Where a campaign's leads go. `credentials` seals the signing secret and the headers, bound to the row's id."""

    KINDS = (("http", "HTTP"),)

    id = Uuid7Field()
    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, related_name="destination")
    kind = models.CharField(max_length=8, choices=KINDS, default="http")
    url = models.CharField(max_length=500)
    credentials = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.kind} of {self.campaign_id}"
