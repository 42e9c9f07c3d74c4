"""Organizations, their sandbox twins, and who belongs to them."""

from __future__ import annotations

from django.db import models

from accounts.tenancy import ExchangeModel, OwnedModel, Uuid7Field


class Organization(ExchangeModel):
    """A publisher, an advertiser, both, or the operator. Its test mode is another organization: its twin.

    `pools_outcomes`: what it reports of its purchases may teach the models that everybody is served by.
    """

    KINDS = (
        ("publisher", "Publisher"),
        ("advertiser", "Advertiser"),
        ("both", "Publisher and advertiser"),
        ("operator", "Operator"),
    )
    MODES = (("live", "Live"), ("test", "Test"))

    id = Uuid7Field()
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    kind = models.CharField(max_length=12, choices=KINDS)
    mode = models.CharField(max_length=4, choices=MODES)
    live = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="sandbox")
    pools_outcomes = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="organization_twin",
                condition=models.Q(mode="live", live__isnull=True) | models.Q(mode="test", live__isnull=False),
                violation_error_message="A test organization is the twin of a live one.",
            ),
        )

    def __str__(self) -> str:
        return self.slug


class Membership(OwnedModel):
    """A user's role in an organization."""

    id = Uuid7Field()
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("organization", "user"), name="membership_once"),)

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"
