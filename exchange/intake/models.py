"""Tables of what publishers sent. Each row belongs to its publisher."""

from __future__ import annotations

from django.db import models

from accounts.tenancy import JournalModel, OwnedModel, Uuid7Field


class Ping(JournalModel):
    """A lead without personal data, as accepted. Written by the journal; partitioned by day on its UUIDv7 key."""

    id = Uuid7Field()
    source_id = models.UUIDField()
    vertical = models.CharField(max_length=40)
    kind = models.CharField(max_length=16)
    status = models.CharField(max_length=10)
    lead = models.JSONField()
    sub_ids = models.JSONField(default=list)
    behaviour = models.JSONField(default=dict)
    touchpoints = models.JSONField(default=list)
    consent = models.JSONField(default=dict)
    contact_keys = models.JSONField(default=dict)
    payout_min = models.BigIntegerField(default=0)
    payout_amount = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    reasons = models.JSONField(default=list)
    score = models.SmallIntegerField(null=True)
    percentile = models.FloatField(null=True)
    auction_id = models.UUIDField()
    request_id = models.CharField(max_length=80, default="")
    received_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("organization", "id"), name="ping_of_organization"),)

    def __str__(self) -> str:
        return str(self.id)


class Lead(OwnedModel):
    """A full lead. `personal` is the only place where its personal data stands, sealed."""

    STATUSES = (("sold", "Sold"), ("rejected", "Rejected"), ("duplicate", "Duplicate"), ("queued", "Queued"))

    id = Uuid7Field()
    ping_id = models.UUIDField()
    source = models.ForeignKey("campaigns.Source", on_delete=models.PROTECT, related_name="+")
    vertical = models.CharField(max_length=40)
    status = models.CharField(max_length=10, choices=STATUSES)
    reasons = models.JSONField(default=list)
    fields = models.JSONField(default=dict)
    personal = models.BinaryField()
    phone_key = models.CharField(max_length=64, blank=True)
    email_key = models.CharField(max_length=64, blank=True)
    payout_amount = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    external_id = models.CharField(max_length=120, null=True, blank=True)
    received_at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=("organization", "id"), name="lead_of_organization"),
            models.Index(fields=("organization", "ping_id"), name="lead_of_ping"),
            models.Index(fields=("organization", "phone_key"), name="lead_by_phone"),
            models.Index(fields=("organization", "email_key"), name="lead_by_email"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("source", "external_id"), name="lead_external_once", condition=models.Q(external_id__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return str(self.id)


class ConsentRecord(OwnedModel):
    """Proof of consent as it came with the lead: immutable. `facts` holds every field without personal data."""

    id = Uuid7Field()
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="+")
    method = models.CharField(max_length=24, blank=True)
    text_sha256 = models.CharField(max_length=64, blank=True)
    captured_at = models.DateTimeField(null=True)
    sellers = models.JSONField(default=list)
    facts = models.JSONField(default=dict)
    decision = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("organization", "lead"), name="consent_of_lead"),)

    def __str__(self) -> str:
        return str(self.id)


class Suppression(OwnedModel):
    """A person who must not be sold to this organization; the operator's list holds for everybody. Keyed hashes only.

    `contact` is the key of SHA-256, the same in all rows of one contact.
    """

    id = Uuid7Field()
    kind = models.CharField(max_length=5, choices=(("phone", "Phone"), ("email", "E-mail")))
    key = models.CharField(max_length=64)
    contact = models.CharField(max_length=64, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("organization", "kind", "key"), name="suppression_once"),)
        indexes = (models.Index(fields=("organization", "contact"), name="suppression_of_contact"),)

    def __str__(self) -> str:
        return str(self.id)
