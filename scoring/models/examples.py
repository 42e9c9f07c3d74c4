"""Examples: what was served for each ping. What became of it stands in the outcomes of its sales."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.tenancy import ExchangeModel


class TrainingExample(ExchangeModel):
    """One scored ping, keyed by its id without a foreign key: features as served, as doubles in the version's order.

    `base_probability` is what the version itself said, `probability` what was served after the level of the vertical.
    """

    MODES = (("live", "Live"), ("test", "Test"))

    ping_id = models.UUIDField(primary_key=True, editable=False)
    mode = models.CharField(max_length=4, choices=MODES)
    vertical = models.CharField(max_length=60)
    features = models.BinaryField()
    probability = models.FloatField()
    base_probability = models.FloatField()
    model_version = models.CharField(max_length=80)
    source_id = models.UUIDField()
    sub_id = models.CharField(max_length=200, blank=True, default="")
    state = models.CharField(max_length=200, blank=True, default="")
    served_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(name="example_probability", condition=Q(probability__gt=0, probability__lt=1)),
            models.CheckConstraint(name="example_base_probability", condition=Q(base_probability__gt=0, base_probability__lt=1)),
            models.CheckConstraint(name="example_mode", condition=Q(mode__in=("live", "test"))),
        )
        indexes = (models.Index(fields=("mode", "vertical", "served_at"), name="example_window"),)

    def __str__(self) -> str:
        return f"{self.vertical} {self.ping_id}"
