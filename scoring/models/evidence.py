"""What was promised about a lead before anybody knew its outcome; a trigger refuses every change."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.tenancy import ExchangeModel


class ScoreCommitment(ExchangeModel):
    """A served score and the salted hash that commits to it, in one partition a day by the ping's id.

    `committed_at` is the database's own clock; `form` says which lines were hashed, see docs/algorithms/evidence.md.
    """

    ping_id = models.UUIDField(primary_key=True, editable=False)
    mode = models.CharField(max_length=4)
    vertical = models.CharField(max_length=60)
    model_version = models.CharField(max_length=80)
    probability = models.FloatField()
    state = models.CharField(max_length=200, blank=True, default="")
    salt = models.BinaryField()
    digest = models.BinaryField()
    form = models.SmallIntegerField(db_default=1)
    served_at = models.DateTimeField()
    committed_at = models.DateTimeField()

    class Meta:
        constraints = (models.CheckConstraint(name="commitment_probability", condition=Q(probability__gt=0, probability__lt=1)),)
        indexes = (models.Index(fields=("mode", "model_version", "served_at"), name="commitment_of_version"),)

    def __str__(self) -> str:
        return f"{self.ping_id} {self.model_version}"
