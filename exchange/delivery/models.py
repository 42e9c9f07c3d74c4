"""Tables of what was handed over. Each row belongs to the advertiser that bought the lead; only the exchange writes."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.tenancy import OwnedModel, Uuid7Field

QUEUED, SENT, ACCEPTED, REFUSED, FAILED, DEAD = "queued", "sent", "accepted", "refused", "failed", "dead"
OPEN_STATES = (QUEUED, SENT, FAILED)


class Delivery(OwnedModel):
    """A sold lead on its way to one destination. `payload` is the buyer's only copy of the personal data, sealed.

    `next_attempt_at` is when somebody may take the row: the first attempt, the next one, or, while it is `sent`, the end of the
    worker's lease; empty at the end. `destination` is where the last attempt went.
    """

    STATES = (
        (QUEUED, "Queued"),
        (SENT, "Sent, no answer yet"),
        (ACCEPTED, "Accepted"),
        (REFUSED, "Refused"),
        (FAILED, "Failed, will be tried again"),
        (DEAD, "Given up"),
    )

    id = Uuid7Field()
    sale_id = models.UUIDField()
    lead_id = models.UUIDField()
    campaign_id = models.UUIDField()
    destination = models.JSONField(default=dict)
    payload = models.BinaryField()
    disclosed = models.JSONField(default=list)
    state = models.CharField(max_length=8, choices=STATES, default=QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("sale_id",), name="delivery_of_sale_once"),
            models.CheckConstraint(
                name="delivery_open_or_ended",
                condition=Q(state__in=OPEN_STATES, ended_at__isnull=True, next_attempt_at__isnull=False)
                | (~Q(state__in=OPEN_STATES) & Q(ended_at__isnull=False, next_attempt_at__isnull=True)),
            ),
        )
        indexes = (
            models.Index(fields=("organization", "id"), name="delivery_of_organization"),
            models.Index(fields=("organization", "lead_id"), name="delivery_of_lead"),
            models.Index(fields=("next_attempt_at",), name="delivery_due", condition=Q(next_attempt_at__isnull=False)),
        )

    def __str__(self) -> str:
        return str(self.id)


class Attempt(OwnedModel):
    """One try: what was asked, what came back, how long it took. Holds no personal data."""

    id = Uuid7Field()
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    request = models.JSONField(default=dict)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(blank=True)
    error = models.CharField(max_length=300, blank=True)
    duration_ms = models.PositiveIntegerField()
    started_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("organization", "delivery"), name="attempt_of_delivery"),)

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.number}"
