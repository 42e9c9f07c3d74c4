"""What makes a request happen once."""

from __future__ import annotations

from django.db import models

from accounts.tenancy import OwnedModel, Uuid7Field


class IdempotencyKey(OwnedModel):
    """A used key of idempotency with the first answer, written in the same transaction as what the request caused.

    `answer` is null only inside that transaction. It never holds a secret.
    """

    id = Uuid7Field()
    route = models.CharField(max_length=80)
    key = models.CharField(max_length=160)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("organization", "route", "key"), name="idempotency_once"),)

    def __str__(self) -> str:
        return self.route
