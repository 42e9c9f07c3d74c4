"""What was done, by whom: append-only."""

from __future__ import annotations

from django.db import models

from accounts.core.trail import OFTEN
from accounts.tenancy import OwnedModel, Uuid7Field


class AuditEntry(OwnedModel):
    """One change: actor, verb, subject, and what changed. A trigger forbids updates and deletes."""

    id = Uuid7Field()
    actor = models.CharField(max_length=64)
    verb = models.CharField(max_length=48)
    subject = models.CharField(max_length=64)
    changes = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=("organization", "subject", "id"), name="audit_subject"),
            models.Index(fields=("organization", "id"), name="audit_newest"),
            # Every sale writes a lead.disclosed; what people look for stands between thousands of them.
            models.Index(fields=("organization", "id"), name="audit_changes", condition=~models.Q(verb=OFTEN)),
        )

    def __str__(self) -> str:
        return f"{self.verb} {self.subject}"
