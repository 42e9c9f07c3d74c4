"""API keys: only a keyed hash is stored."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.tenancy import OwnedModel, Uuid7Field


class ApiKey(OwnedModel):
    """A key of one organization. `digest` is HMAC-SHA256(pepper, key); the key itself is shown once."""

    id = Uuid7Field()
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    last4 = models.CharField(max_length=4)
    digest = models.BinaryField(max_length=32, unique=True)
    scopes = ArrayField(models.CharField(max_length=24))
    ip_allow = ArrayField(models.CharField(max_length=43), default=list, blank=True)
    rate_limit = models.PositiveIntegerField(
        null=True, blank=True, help_text="requests a second; the exchange's default for null"
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.prefix}…{self.last4}"
