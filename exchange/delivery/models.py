"""Tables of what was handed over, and of what was announced. Only the exchange writes what is on its way."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.tenancy import OwnedModel, Uuid7Field

QUEUED, SENT, ACCEPTED, REFUSED, FAILED, DEAD = "queued", "sent", "accepted", "refused", "failed", "dead"
OPEN_STATES = (QUEUED, SENT, FAILED)
STATES = (
    (QUEUED, "Queued"),
    (SENT, "Sent, no answer yet"),
    (ACCEPTED, "Accepted"),
    (REFUSED, "Refused"),
    (FAILED, "Failed, will be tried again"),
    (DEAD, "Given up"),
)
_OPEN_OR_ENDED = Q(state__in=OPEN_STATES, ended_at__isnull=True, next_attempt_at__isnull=False) | (
    ~Q(state__in=OPEN_STATES) & Q(ended_at__isnull=False, next_attempt_at__isnull=True)
)


class OutgoingRow(OwnedModel):
    """Something on its way to one address.

    `next_attempt_at` is when somebody may take the row: the first attempt, the next one, or, while it is `sent`, the end of the
    worker's lease; empty at the end. `attempts` counts since it was last (re)sent, `earlier_attempts` those before.
    `destination` is where the last attempt went.
    """

    id = Uuid7Field()
    destination = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=STATES, default=QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    earlier_attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.id)


class AttemptRow(OwnedModel):
    """One try: what was asked, what came back, how long it took. Holds no personal data."""

    id = Uuid7Field()
    number = models.PositiveSmallIntegerField()
    request = models.JSONField(default=dict)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(blank=True)
    error = models.CharField(max_length=300, blank=True)
    duration_ms = models.PositiveIntegerField()
    started_at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.id} {self.number}"


class Delivery(OutgoingRow):
    """A sold lead on its way to its buyer. `payload` is the buyer's only copy of the personal data, sealed."""

    sale_id = models.UUIDField()
    lead_id = models.UUIDField()
    campaign_id = models.UUIDField()
    payload = models.BinaryField()
    disclosed = models.JSONField(default=list)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("sale_id",), name="delivery_of_sale_once"),
            models.CheckConstraint(name="delivery_open_or_ended", condition=_OPEN_OR_ENDED),
        )
        indexes = (
            models.Index(fields=("organization", "id"), name="delivery_of_organization"),
            models.Index(fields=("organization", "lead_id"), name="delivery_of_lead"),
            models.Index(fields=("next_attempt_at",), name="delivery_due", condition=Q(next_attempt_at__isnull=False)),
        )


class Attempt(AttemptRow):
    """One try of a delivery."""

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = (models.Index(fields=("organization", "delivery"), name="attempt_of_delivery"),)


class DestinationHealth(OwnedModel):
    """How a campaign's destination answers: since when nothing was accepted, and until when nothing is sent there.

    `failures` counts rounds of failures, not single ones. There is no row before the first failure.
    """

    id = Uuid7Field()
    campaign_id = models.UUIDField(unique=True)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField()
    held_until = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = (models.Index(fields=("organization", "campaign_id"), name="health_of_campaign"),)

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.failures}"


class WebhookEndpoint(OwnedModel):
    """An address of either side or the operator that hears of events.

    `secrets` is sealed, bound to the row's id; the first is the present one.
    `failures`, `failing_since`, `failed_at` and `held_until` are as in DestinationHealth.
    """

    STATUSES = (("active", "Active"), ("disabled", "Disabled"), ("deleted", "Deleted"))

    id = Uuid7Field()
    url = models.CharField(max_length=500)
    description = models.CharField(max_length=200, blank=True, default="")
    secrets = models.BinaryField()
    events = models.JSONField(default=list)
    status = models.CharField(max_length=8, choices=STATUSES, default="active")
    disabled_reason = models.CharField(max_length=600, blank=True, default="")
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = (models.Index(fields=("organization", "id"), name="webhook_of_organization"),)

    def __str__(self) -> str:
        return str(self.id)


class WebhookMessage(OutgoingRow):
    """One event on its way to one endpoint, told once per subject. `body` is sent as it stands; its id is the webhook-id."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="+")
    type = models.CharField(max_length=24)
    subject_id = models.UUIDField()
    body = models.TextField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("endpoint", "type", "subject_id"), name="message_once"),
            models.CheckConstraint(name="message_open_or_ended", condition=_OPEN_OR_ENDED),
        )
        indexes = (
            models.Index(fields=("organization", "endpoint", "id"), name="message_of_endpoint"),
            models.Index(fields=("next_attempt_at",), name="message_due", condition=Q(next_attempt_at__isnull=False)),
        )


class WebhookAttempt(AttemptRow):
    """One try of a webhook message."""

    message = models.ForeignKey(WebhookMessage, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = (models.Index(fields=("organization", "message"), name="attempt_of_message"),)
