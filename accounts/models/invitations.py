"""Invitations into an organization: only a keyed hash of the link's token is stored."""

from __future__ import annotations

from django.db import models

from accounts.tenancy import OwnedModel, Uuid7Field


class Invitation(OwnedModel):
    """An e-mail address that may join with a role, once, until it expires. `digest` is HMAC-SHA256(pepper, token)."""

    id = Uuid7Field()
    email = models.EmailField()
    role = models.CharField(max_length=12)
    digest = models.BinaryField(max_length=32, unique=True)
    invited_by = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "email"),
                name="invitation_open_once",
                condition=models.Q(accepted_at__isnull=True, revoked_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return str(self.id)
